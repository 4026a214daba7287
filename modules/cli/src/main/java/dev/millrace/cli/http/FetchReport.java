package dev.millrace.cli.http;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSession;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.net.URIAuthority;

/// Tells a person what happens, line by line on standard error; the body goes elsewhere.
final class FetchReport {
    private static final long EVERY_NS = 200_000_000L;
    private static final long NOT_BEFORE_NS = 1_000_000_000L;

    private final PrintWriter out;
    private final boolean silent;
    private final boolean terminal;
    private final long begun = System.nanoTime();
    private long shownNs = begun;
    private boolean shown;

    /// @param silent whether to tell nothing
    /// @param terminal whether a line may be written over and over
    FetchReport(PrintWriter out, boolean silent, boolean terminal) {
        this.out = out;
        this.silent = silent;
        this.terminal = terminal;
    }

    private void line(String text) {
        if (!silent) {
            out.println(printable(text));
            out.flush();
        }
    }

    /// A server's text must not control the terminal.
    private static String printable(String text) {
        return text.chars().mapToObj(c -> c < 0x20 || c >= 0x7f && c < 0xa0 ? "?" : Character.toString(c)).collect(Collectors.joining());
    }

    void resolved(String host, List<InetAddress> addresses) {
        List<String> texts = addresses.stream().map(InetAddress::getHostAddress).toList();
        if (!texts.equals(List.of(host))) {
            line("* " + host + " is " + String.join(", ", texts));
        }
    }

    void failed(InetAddress address, int port, IOException e) {
        line("* TCP connection to " + address.getHostAddress() + ":" + port + " failed: " + e.getMessage());
    }

    void connected(InetSocketAddress local, InetSocketAddress remote) {
        line("* TCP connection to " + text(remote) + " is successful, from " + text(local));
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    void secured(SSLSession session) {
        line("* " + session.getProtocol() + " with " + session.getCipherSuite());
    }

    void request(String method, URI url) {
        String path = url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
        line("> " + method + " " + path + " HTTP/1.1  (Host: " + new URIAuthority(url.getHost(), url.getPort()) + ")");
    }

    void reconnect() {
        line("* the server has closed the connection; trying a new one");
    }

    void response(ClassicHttpResponse response) {
        line("< " + response.getVersion() + " " + response.getCode()
                + (response.getReasonPhrase() == null ? "" : " " + response.getReasonPhrase()));
        for (Header h : response.getHeaders()) {
            line("< " + h.getName() + ": " + h.getValue());
        }
    }

    void redirect(URI to, boolean sameConnection) {
        line("* redirected to " + to + (sameConnection ? ", on the same connection" : ""));
    }

    /// Shows how far the body is, on a terminal, once it has taken a second.
    void progress(long bytes, long expected) {
        long now = System.nanoTime();
        if (silent || !terminal || now - begun < NOT_BEFORE_NS || now - shownNs < EVERY_NS) {
            return;
        }
        shownNs = now;
        shown = true;
        double rate = bytes / ((now - begun) / 1e9);
        String text = expected <= 0 ? size(bytes)
                : String.format(Locale.ROOT, "%s of %s, %d %%", size(bytes), size(expected), 100 * bytes / expected);
        out.printf(Locale.ROOT, "\r* %s, %s/s \u001b[K", text, size((long) rate));
        out.flush();
    }

    void progressEnds() {
        if (shown) {
            out.print("\r\u001b[K");
            out.flush();
        }
    }

    private static String size(long bytes) {
        return bytes < 10_000 ? bytes + " B" : bytes < 10_000_000 ? bytes / 1000 + " kB"
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    void done(Fetch.Outcome outcome) {
        line(String.format(Locale.ROOT, "* %d bytes in %.1f ms", outcome.bytes(), outcome.times().get("total")));
    }
}
