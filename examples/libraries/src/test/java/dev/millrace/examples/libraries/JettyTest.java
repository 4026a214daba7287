package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Jetty on a host, asked by the JDK's client on another, by HTTP/1.1 and HTTP/2. Both take the JVM's provider of channels.
@Timeout(120)
class JettyTest {
    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void answers(HttpClient.Version version) throws Exception {
        try (Internet net = Internet.realTime()) {
            Host clientHost = net.host("client", "10.0.0.1");
            Host serverHost = net.host("server", "10.0.0.2");
            var server = new Server();
            var settings = new HttpConfiguration();
            var connector = new ServerConnector(server, new HttpConnectionFactory(settings), new HTTP2CServerConnectionFactory(settings));
            connector.setHost(serverHost.address().getHostAddress());
            connector.setPort(8080);
            server.addConnector(connector);
            server.setHandler(new Handler.Abstract() {
                @Override
                public boolean handle(Request request, Response response, Callback callback) throws Exception {
                    String body = Content.Source.asString(request);
                    Content.Sink.write(response, true, request.getConnectionMetaData().getHttpVersion() + " " + body, callback);
                    return true;
                }
            });
            server.start();
            try (HttpClient client = HttpClient.newBuilder().version(version).localAddress(clientHost.address()).build()) {
                URI uri = URI.create("http://10.0.0.2:8080/");
                // Jetty changes to HTTP/2 at a request without a body.
                client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
                String body = "x".repeat(100_000);
                for (int i = 0; i < 50; i++) {
                    HttpRequest request = HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build();
                    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                    assertEquals(version, answer.version());
                    assertEquals((version == HttpClient.Version.HTTP_2 ? "HTTP/2.0 " : "HTTP/1.1 ") + body, answer.body());
                }
            } finally {
                server.stop();
            }
        }
    }
}
