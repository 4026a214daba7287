package dev.millrace.cli.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLSocket;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.http.protocol.HttpProcessor;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/// A connection to one server, for one request after another.
final class HttpConnection implements AutoCloseable {
    private static final Http1Config CONFIG = Http1Config.custom().setMaxLineLength(64 * 1024).setMaxHeaderCount(500)
            .setBufferSize(64 * 1024).build();

    /// Whom a connection leads to.
    record Server(String scheme, String host, int port) {
        static Server of(URI url) {
            String scheme = url.getScheme().toLowerCase(Locale.ROOT);
            int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? 443 : 80;
            return new Server(scheme, url.getHost().toLowerCase(Locale.ROOT), port);
        }
    }

    private final Server server;
    private final TimedSocket socket;
    private final Duration readTimeout;
    private final DefaultBHttpClientConnection http = new DefaultBHttpClientConnection(CONFIG, null, null, null,
            null, null, new DefaultHttpResponseParserFactory(CONFIG));
    private final HttpProcessor processor = HttpProcessors.client("millrace");
    private final HttpRequestExecutor executor = new HttpRequestExecutor();
    private boolean reusable = true;

    /// @param socket connected
    /// @param tls what was made of it, or `null` for plain HTTP
    HttpConnection(Server server, TimedSocket socket, SSLSocket tls, Duration readTimeout) throws IOException {
        this.server = server;
        this.socket = socket;
        this.readTimeout = readTimeout;
        if (tls == null) {
            http.bind(socket);
        } else {
            http.bind(tls, socket);
        }
        http.setSocketTimeout(Timeout.of(readTimeout));
    }

    Server server() {
        return server;
    }

    /// Whether another request may follow.
    boolean isReusable() {
        return reusable && http.isOpen();
    }

    InetSocketAddress local() {
        return (InetSocketAddress) http.getLocalAddress();
    }

    InetSocketAddress remote() {
        return (InetSocketAddress) http.getRemoteAddress();
    }

    /// Sends a request and returns the response, whose body is still to be read. All of the header has to come within the
    /// time-out, however often the server sends a byte of it; while it sends the body, it must not be silent for so long.
    ///
    /// @throws IOException if the connection fails or the server does not speak HTTP
    ClassicHttpResponse request(String method, URI url, List<Header> headers) throws IOException {
        ClassicHttpRequest request = ClassicRequestBuilder.create(method).setUri(url)
                .setHeader("Accept", "*/*").setHeader("User-Agent", "millrace").build();
        headers.forEach(request::setHeader);
        var context = HttpCoreContext.create();
        socket.setReadDeadline(System.nanoTime() + readTimeout.toNanos());
        try {
            executor.preProcess(request, processor, context);
            ClassicHttpResponse response = executor.execute(request, http, context);
            executor.postProcess(response, processor, context);
            reusable = executor.keepAlive(request, response, http, context);
            return response;
        } catch (HttpException e) {
            throw new IOException("no valid answer from " + server.host() + ": " + e.getMessage(), e);
        } finally {
            socket.clearReadDeadline();
        }
    }

    @Override
    public void close() {
        http.close(CloseMode.GRACEFUL);
    }
}
