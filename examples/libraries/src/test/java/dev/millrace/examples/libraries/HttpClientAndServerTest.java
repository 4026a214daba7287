package dev.millrace.examples.libraries;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.millrace.internet.Host;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The JDK's HTTP client and server between two hosts, unchanged. Neither takes a provider of channels, so the JVM has been started with
/// [dev.millrace.jdk.JvmSelectorProvider]; the server is on a host because it is bound to its address, the client because of its
/// `localAddress`. With `-Drequests=10000 -Dlarge=10000000` there is more.
@Timeout(600)
class HttpClientAndServerTest {
    private static final HttpLoad LOAD = new HttpLoad(Integer.getInteger("requests", 1000), Integer.getInteger("large", 1_000_000));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void manyRequestsAtOnce(boolean tls, boolean lossy) throws Exception {
        HttpLoad.betweenHosts(lossy, (client, server) -> ask(client, server, tls));
    }

    private void ask(Host clientHost, Host serverHost, boolean tls) throws Exception {
        InetSocketAddress address = new InetSocketAddress(serverHost.address(), 8080);
        SSLContext context = tls ? OwnCertificate.of(serverHost.address(), folder) : SSLContext.getDefault();
        HttpServer server = tls ? HttpsServer.create(address, 0) : HttpServer.create(address, 0);
        if (server instanceof HttpsServer https) {
            https.setHttpsConfigurator(new HttpsConfigurator(context));
        }
        try (var handlers = Executors.newVirtualThreadPerTaskExecutor();
             HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).localAddress(clientHost.address())
                     .sslContext(context).build()) {
            server.setExecutor(handlers);
            // Echoes.
            server.createContext("/", exchange -> {
                byte[] body = exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            LOAD.ask(client, URI.create((tls ? "https" : "http") + "://" + serverHost.address().getHostAddress() + ":8080/"));
        } finally {
            server.stop(0);
        }
    }
}
