package dev.millrace.tcp;

import dev.millrace.tcp.engine.Segment;
import dev.millrace.wire.FastOpenCookie;

/// What a listener makes of Fast Open's option in SYNs (RFC 7413 §4.2): what a cookie is worth, whether there is room for one
/// more connection that it opens, and what is answered. Any thread may call any method.
final class FastOpens {
    private final TcpProtocol protocol;
    private final SocketSettings chosen;
    private final FastOpenQueue queue = new FastOpenQueue();

    FastOpens(TcpProtocol protocol, SocketSettings chosen) {
        this.protocol = protocol;
        this.chosen = chosen;
    }

    /// Whether the client wants a cookie, or has one, and the listener hears of such.
    boolean isWanted(Segment syn) {
        return syn.options.fastOpenLength() >= 0 && chosen.fastOpenQueue() > 0;
    }

    /// The cookie to give to a client.
    FastOpenCookie cookie(HalfOpen record, long nowNs) {
        return protocol.fastOpenCookies.of(record.local, record.remote, nowNs);
    }

    /// What the cookie of a SYN is worth; nothing if there is to be no connection yet, valid as it may be.
    FastOpenCookies.Worth worth(HalfOpen record, Segment syn, long nowNs) {
        if (syn.options.fastOpenLength() == 0) {
            protocol.count("fast-open-cookie-requests", 1);
            return FastOpenCookies.Worth.NONE;
        }
        FastOpenCookies.Worth worth = protocol.fastOpenCookies.worth(record.local, record.remote, syn.options, nowNs);
        if (worth == FastOpenCookies.Worth.NONE) {
            protocol.count("fast-open-passive-failed", 1);
        } else if (chosen.deferAcceptNs() > 0 && syn.len == 0) {
            // DEFER_ACCEPT: a record until there is data, and no more.
            return FastOpenCookies.Worth.NONE;
        }
        return worth;
    }

    /// Room for one more, or `null`.
    FastOpenQueue.Place enter(long nowNs) {
        FastOpenQueue.Place place = queue.enter(chosen.fastOpenQueue(), nowNs);
        if (place == null) {
            protocol.count("fast-open-queue-overflows", 1);
        }
        return place;
    }

    /// How many connections count.
    int size(long nowNs) {
        return queue.size(nowNs);
    }
}
