package dev.millrace.cli.http;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLSocket;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.NoHttpResponseException;

/// Fetches a URL over a stack, and follows redirects, on the same connection where the server keeps it.
final class Fetch implements AutoCloseable {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<String> FOR_FIRST_ONLY = Set.of("authorization", "proxy-authorization", "cookie", "host");
    /// What the body of a redirect may have for the connection to be worth keeping.
    private static final long MAX_DRAINED = 256 * 1024;
    private static final int CHUNK = 256 * 1024;

    /// How to fetch.
    ///
    /// @param method `GET` or `HEAD`
    /// @param headers to add to each request
    /// @param maxRedirects how many to follow
    /// @param connectTimeout for each address
    /// @param readTimeout how long the server may be silent
    record Settings(String method, List<Header> headers, int maxRedirects, Duration connectTimeout, Duration readTimeout) {
    }

    /// What came of it.
    ///
    /// @param url the last one
    /// @param status of the last response
    /// @param redirects the URLs before the last one
    /// @param remote where the last response came from
    /// @param bytes of the body
    /// @param sha256 of the body, in hexadecimal digits
    /// @param times in milliseconds since the beginning: `resolve`, `connect`, `tls`, `first_byte` of the last request,
    ///     `total`
    /// @param addresses what the last name resolved to
    record Outcome(URI url, int status, List<URI> redirects, List<InetAddress> addresses, InetSocketAddress local,
            InetSocketAddress remote, long bytes, String sha256, Map<String, Double> times) {
    }

    /// Where the body goes, opened when there is one.
    interface Body {
        OutputStream open() throws IOException;
    }

    private final Stack stack;
    private final Names names;
    private final Tls tls;
    private final Settings settings;
    private final FetchReport report;
    private final Map<String, Double> times = new LinkedHashMap<>();
    private final long begun = System.nanoTime();
    private HttpConnection connection;
    private HttpConnection.Server firstServer;
    private List<InetAddress> addresses = List.of();

    Fetch(Stack stack, Names names, Tls tls, Settings settings, FetchReport report) {
        this.stack = stack;
        this.names = names;
        this.tls = tls;
        this.settings = settings;
        this.report = report;
    }

    private void took(String what) {
        times.put(what, (System.nanoTime() - begun) / 1e6);
    }

    /// Fetches, and writes the body of the last response to `body`.
    ///
    /// @throws IOException if that fails; the message says what to do where there is something to do
    Outcome run(URI first, Body body) throws IOException {
        firstServer = HttpConnection.Server.of(first);
        List<URI> before = new ArrayList<>();
        URI url = first;
        while (true) {
            ClassicHttpResponse response = request(url);
            report.response(response);
            URI next = redirect(url, response);
            if (next == null) {
                return finish(url, before, response, body);
            }
            if (before.size() >= settings.maxRedirects()) {
                throw new IOException("more than " + settings.maxRedirects() + " redirects; the last one leads to " + next
                        + " (--max-redirects N allows more)");
            }
            drain(response);
            before.add(url);
            report.redirect(next, connection != null && connection.isReusable()
                    && connection.server().equals(HttpConnection.Server.of(next)));
            url = next;
        }
    }

    private ClassicHttpResponse request(URI url) throws IOException {
        var server = HttpConnection.Server.of(url);
        if (connection != null && connection.isReusable() && connection.server().equals(server)) {
            try {
                return send(url);
            } catch (ConnectionClosedException | NoHttpResponseException | SocketException e) {
                // RFC 9112 §9.3.1: a server may close an idle connection at any moment; GET may be repeated.
                report.reconnect();
            }
        }
        close();
        connection = connect(server);
        return send(url);
    }

    private ClassicHttpResponse send(URI url) throws IOException {
        report.request(settings.method(), url);
        try {
            ClassicHttpResponse response = connection.request(settings.method(), url, headers());
            took("first_byte");
            return response;
        } catch (SocketTimeoutException e) {
            throw timeout("no answer from " + connection.server().host() + " in " + seconds(settings.readTimeout()), e);
        }
    }

    /// The user's headers; to other servers than the first without those that are secrets between the user and that one,
    /// and without its name.
    private List<Header> headers() {
        return connection.server().equals(firstServer) ? settings.headers() : settings.headers().stream()
                .filter(h -> !FOR_FIRST_ONLY.contains(h.getName().toLowerCase(Locale.ROOT))).toList();
    }

    private static SocketTimeoutException timeout(String message, Exception cause) {
        var e = new SocketTimeoutException(message);
        e.initCause(cause);
        return e;
    }

    private static String seconds(Duration d) {
        return d.toMillis() / 1000.0 + " s";
    }

    private HttpConnection connect(HttpConnection.Server server) throws IOException {
        String host = server.host().startsWith("[") ? server.host().substring(1, server.host().length() - 1) : server.host();
        addresses = names.resolve(host);
        took("resolve");
        report.resolved(host, addresses);
        IOException failure = null;
        for (InetAddress address : addresses) {
            try {
                return connect(server, host, new InetSocketAddress(address, server.port()));
            } catch (java.io.InterruptedIOException | SocketException e) {
                report.failed(address, server.port(), e);
                failure = explain(address, server.port(), e);
            }
        }
        throw failure == null ? new IOException(host + " has no address") : failure;
    }

    private static IOException explain(InetAddress address, int port, IOException e) {
        String advice = e instanceof SocketTimeoutException
                ? " (is the device up, and is there a way back? millrace doctor looks)" : "";
        return new IOException(address.getHostAddress() + " port " + port + ": " + e.getMessage() + advice, e);
    }

    private HttpConnection connect(HttpConnection.Server server, String host, InetSocketAddress remote) throws IOException {
        long until = System.nanoTime() + settings.connectTimeout().toNanos();
        TcpSocket socket = stack.tcp().connect(remote, settings.connectTimeout());
        took("connect");
        try {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            var adapted = new TimedSocket(socket);
            report.connected(socket.localAddress(), remote);
            SSLSocket secure = null;
            if (server.scheme().equals("https")) {
                // One time for each address, however many messages the handshake has.
                adapted.setReadDeadline(until);
                secure = tls.connect(adapted, host);
                adapted.clearReadDeadline();
                took("tls");
                report.secured(secure.getSession());
            }
            return new HttpConnection(server, adapted, secure, settings.readTimeout());
        } catch (IOException | RuntimeException e) {
            socket.abort();
            throw e;
        }
    }

    private static URI redirect(URI url, ClassicHttpResponse response) throws IOException {
        Header location = response.getFirstHeader("Location");
        if (!REDIRECTS.contains(response.getCode()) || location == null) {
            return null;
        }
        URI next;
        try {
            next = FetchUrl.resolve(url, location.getValue());
        } catch (IllegalArgumentException e) {
            throw new IOException("the server redirects to \"" + location.getValue() + "\", which is no URL", e);
        }
        String wrong = FetchUrl.problem(next);
        if (wrong != null) {
            throw new IOException("the server redirects to " + next + ": " + wrong);
        }
        return next;
    }

    /// Reads what comes with a redirect, so that the connection can go on; closes it if that is much.
    private void drain(ClassicHttpResponse response) throws IOException {
        HttpEntity entity = response.getEntity();
        if (entity == null) {
            return;
        }
        if (entity.getContentLength() > MAX_DRAINED) {
            close();
            return;
        }
        InputStream in = entity.getContent();
        long left = MAX_DRAINED;
        byte[] chunk = new byte[8192];
        try {
            int n;
            while (left > 0 && (n = in.read(chunk)) >= 0) {
                left -= n;
            }
        } catch (IOException e) {
            // Nobody wants that body; the next request needs a connection of its own then.
            left = 0;
        }
        if (left <= 0) {
            close();
        }
    }

    private Outcome finish(URI url, List<URI> before, ClassicHttpResponse response, Body body) throws IOException {
        MessageDigest digest = sha256();
        long bytes = 0;
        HttpEntity entity = response.getEntity();
        if (entity != null && settings.method().equals("GET")) {
            long expected = entity.getContentLength();
            // The stream is not closed: that would read all the rest, though what fails may be the disk.
            InputStream in = entity.getContent();
            try (var out = new DigestOutputStream(body.open(), digest)) {
                bytes = copy(in, out, expected);
            } catch (ConnectionClosedException | MalformedChunkCodingException | SocketException e) {
                throw new IOException("the body is incomplete: " + e.getMessage(), e);
            } catch (SocketTimeoutException e) {
                throw timeout("the server was silent for " + seconds(settings.readTimeout()) + " amid the body", e);
            }
        } else {
            body.open().close();
        }
        took("total");
        return new Outcome(url, response.getCode(), before, addresses, connection.local(), connection.remote(), bytes,
                HexFormat.of().formatHex(digest.digest()), times);
    }

    private long copy(InputStream in, OutputStream out, long expected) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long bytes = 0;
        int n;
        while ((n = in.read(chunk)) >= 0) {
            out.write(chunk, 0, n);
            bytes += n;
            report.progress(bytes, expected);
        }
        report.progressEnds();
        return bytes;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }
}
