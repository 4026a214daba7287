package dev.millrace.examples.libraries;

import dev.millrace.internet.Host;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Jetty on a host, asked by the JDK's client on another, by HTTP/1.1 and HTTP/2, with TLS and without. Both take the JVM's provider of
/// channels. `-Drequests=10000 -Dlarge=10000000` asks that much of all.
@Timeout(600)
class JettyTest {
    private static final int PORT = 8080;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, false, 10000, 10000000", "HTTP_2, false, 1000, 1000000", "HTTP_1_1, true, 1000, 1000000",
        "HTTP_2, true, 10000, 10000000"})
    void manyRequestsAtOnce(HttpClient.Version version, boolean tls, int requests, int large) throws Exception {
        HttpLoad.betweenHosts(false, (client, server) -> ask(client, server, version, tls, load(requests, large)));
    }

    /// HTTP/2 has one connection, so that each loss holds up everybody.
    @ParameterizedTest
    @CsvSource({"HTTP_1_1, false, 10000, 1000000", "HTTP_2, true, 200, 100000"})
    void overALineThatIsLongAndLosesPackets(HttpClient.Version version, boolean tls, int requests, int large) throws Exception {
        HttpLoad.betweenHosts(true, (client, server) -> ask(client, server, version, tls, load(requests, large)));
    }

    private static HttpLoad load(int requests, int large) {
        return new HttpLoad(Integer.getInteger("requests", requests), Integer.getInteger("large", large));
    }

    private void ask(Host clientHost, Host serverHost, HttpClient.Version version, boolean tls, HttpLoad load) throws Exception {
        SSLContext context = tls ? OwnCertificate.of(serverHost.address(), folder) : SSLContext.getDefault();
        Server server = serve(serverHost.address(), tls ? context : null);
        try (HttpClient client = HttpClient.newBuilder().version(version).localAddress(clientHost.address()).sslContext(context).build()) {
            URI uri = URI.create((tls ? "https" : "http") + "://" + serverHost.address().getHostAddress() + ":" + PORT + "/");
            // Without TLS, Jetty changes to HTTP/2 at a request without a body.
            client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            load.ask(client, uri);
        } finally {
            server.stop();
        }
    }

    /// @param tls what the server proves who it is with, or `null` for a server without TLS
    private static Server serve(InetAddress address, SSLContext tls) throws Exception {
        var server = new Server();
        var settings = new HttpConfiguration();
        var http1 = new HttpConnectionFactory(settings);
        ServerConnector connector;
        if (tls == null) {
            connector = new ServerConnector(server, http1, all(new HTTP2CServerConnectionFactory(settings)));
        } else {
            var context = new SslContextFactory.Server();
            context.setSslContext(tls);
            var alpn = new ALPNServerConnectionFactory();
            alpn.setDefaultProtocol(http1.getProtocol());
            connector = new ServerConnector(server, new SslConnectionFactory(context, alpn.getProtocol()), alpn,
                    all(new HTTP2ServerConnectionFactory(settings)), http1);
        }
        connector.setHost(address.getHostAddress());
        connector.setPort(PORT);
        // A line that loses packets may keep one of many streams waiting for longer than the usual 30 s.
        connector.setIdleTimeout(600_000);
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                // All of it first: the JDK's client reads no answer while it sends what it asks.
                Content.Source.asByteArrayAsync(request, HttpLoad.LARGEST, Promise.Invocable.from(InvocationType.NON_BLOCKING,
                        body -> response.write(true, ByteBuffer.wrap(body), callback), callback::failed));
                return true;
            }
        });
        server.start();
        return server;
    }

    /// The JDK's client makes no second connection where one has as many streams as the server allows, 128 here: it fails.
    private static <F extends AbstractHTTP2ServerConnectionFactory> F all(F factory) {
        factory.setMaxConcurrentStreams(HttpLoad.AT_ONCE);
        return factory;
    }
}
