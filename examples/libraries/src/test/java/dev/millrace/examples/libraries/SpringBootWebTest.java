package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.jdk.JvmSockets;
import java.net.http.HttpClient;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;

/// A Spring Boot application, its Tomcat on a host, asked by Spring's `RestClient` on another. Tomcat and the JDK's client take the JVM's
/// provider of channels; `server.address` puts the one on its host, `localAddress` the other.
@Timeout(120)
class SpringBootWebTest {
    record Transfer(String to, int francs) {
    }

    record Receipt(int number, Transfer transfer) {
    }

    @RestController
    @EnableAutoConfiguration
    static class Bank {
        private int transfers;

        @PostMapping("/transfers")
        synchronized Receipt transfer(@RequestBody Transfer transfer) {
            if (transfer.francs() > 100) {
                throw new NotEnough();
            }
            return new Receipt(++transfers, transfer);
        }
    }

    @ResponseStatus(HttpStatus.PAYMENT_REQUIRED)
    private static final class NotEnough extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Test
    void transfers() throws Exception {
        // At its end Tomcat wakes the thread that accepts by a `new Socket()` to it.
        JvmSockets.install();
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host shop = net.host("shop", "10.0.0.1");
            Host bank = net.host("bank", "10.0.0.2");
            var application = new SpringApplication(Bank.class);
            application.setBannerMode(Banner.Mode.OFF);
            application.setDefaultProperties(Map.of("server.address", bank.address().getHostAddress(), "server.port", 8080));
            try (var running = application.run();
                 var http = HttpClient.newBuilder().localAddress(shop.address()).build()) {
                var requests = new JdkClientHttpRequestFactory(http);
                requests.setReadTimeout(Duration.ofSeconds(60));
                RestClient client = RestClient.builder().requestFactory(requests).baseUrl("http://10.0.0.2:8080").build();
                for (int i = 1; i <= 200; i++) {
                    var transfer = new Transfer("Ada", i % 100);
                    assertEquals(new Receipt(i, transfer), ask(client, transfer));
                }
                var refused = assertThrows(HttpClientErrorException.class, () -> ask(client, new Transfer("Ada", 101)));
                assertEquals(HttpStatus.PAYMENT_REQUIRED, refused.getStatusCode());

                requests.setReadTimeout(Duration.ofMillis(300));
                net.partition(List.of("shop"), List.of("bank"));
                var cut = assertThrows(ResourceAccessException.class, () -> ask(client, new Transfer("Ada", 1)));
                assertInstanceOf(HttpTimeoutException.class, cut.getCause());
            }
        }
    }

    private static Receipt ask(RestClient client, Transfer transfer) {
        return client.post().uri("/transfers").body(transfer).retrieve().body(Receipt.class);
    }
}
