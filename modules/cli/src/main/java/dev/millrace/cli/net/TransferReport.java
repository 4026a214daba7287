package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.wire.IpAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// What was transferred, as a line and as JSON.
final class TransferReport {
    private TransferReport() {
    }

    static String text(InetSocketAddress a) {
        String host = IpAddress.of(a.getAddress()).toString();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + a.getPort();
    }

    static String lines(InetSocketAddress peer, Transfer t) {
        String text = String.format(Locale.ROOT, "%s: sent %d bytes, received %d bytes in %s ms", text(peer), t.sent().bytes(),
                t.received().bytes(), PingReport.milliseconds(t.elapsedNs()));
        if (t.sent().bytes() > 0) {
            text += "\n  sent     sha256 " + t.sent().sha256();
        }
        if (t.received().bytes() > 0) {
            text += "\n  received sha256 " + t.received().sha256();
        }
        return text;
    }

    /// Whether what came back is what was sent.
    static boolean isEcho(Transfer t) {
        return t.sent().bytes() == t.received().bytes() && t.sent().sha256().equals(t.received().sha256());
    }

    static ObjectNode json(InetSocketAddress local, InetSocketAddress peer, Transfer t) {
        return Commands.json().createObjectNode().put("local", text(local)).put("peer", text(peer))
                .put("sent_bytes", t.sent().bytes()).put("sent_sha256", t.sent().sha256())
                .put("received_bytes", t.received().bytes()).put("received_sha256", t.received().sha256())
                .put("ms", t.elapsedNs() / 1e6);
    }
}
