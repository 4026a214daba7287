package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.jdk.JvmSockets;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tomcat on a host, as Spring Boot starts it, asked by the JDK's client on another. Both take the JVM's provider of channels.
@Timeout(120)
class TomcatTest {
    @TempDir
    private Path folder;

    @Test
    void answers() throws Exception {
        // At its end Tomcat wakes the thread that accepts by a `new Socket()` to it.
        JvmSockets.install();
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host clientHost = net.host("client", "10.0.0.1");
            Host serverHost = net.host("server", "10.0.0.2");
            var tomcat = new Tomcat();
            tomcat.setBaseDir(folder.toString());
            tomcat.setPort(8080);
            tomcat.getConnector().setProperty("address", serverHost.address().getHostAddress());
            Context context = tomcat.addContext("", folder.toString());
            Tomcat.addServlet(context, "echo", new Echo());
            context.addServletMappingDecoded("/", "echo");
            tomcat.start();
            try (HttpClient client = HttpClient.newBuilder().localAddress(clientHost.address()).build()) {
                String body = "x".repeat(300_000);
                for (int i = 0; i < 20; i++) {
                    HttpRequest request = HttpRequest.newBuilder(URI.create("http://10.0.0.2:8080/"))
                            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
                    assertEquals(body, client.send(request, HttpResponse.BodyHandlers.ofString()).body());
                }
            } finally {
                tomcat.stop();
                tomcat.destroy();
            }
        }
    }

    private static final class Echo extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            request.getInputStream().transferTo(response.getOutputStream());
        }
    }
}
