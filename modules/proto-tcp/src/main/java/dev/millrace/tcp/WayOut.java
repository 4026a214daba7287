package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.spi.Path;
import dev.millrace.spi.TransportContext;
import dev.millrace.tcp.engine.MtuNews;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.wire.TcpHeader;
import java.io.IOException;

/// A connection's path through the network, and its renewal when routes, addresses or MTUs have changed. Guarded by the
/// endpoint's gate.
final class WayOut {
    private final TransportContext ctx;
    private Path path;
    private boolean doubtful;

    WayOut(TransportContext ctx, Path path) {
        this.ctx = ctx;
        this.path = path;
    }

    Path path() {
        return path;
    }

    /// The largest TCP payload, options not counted, that one packet carries.
    int payload() {
        return path.mtu() - TcpHeader.MIN_LENGTH;
    }

    /// The payload of the largest super-segment, whatever options its header has; 0 if there is no offload.
    int superPayload() {
        return Math.max(0, path.maxSuperSegment() - TcpHeader.MAX_LENGTH);
    }

    /// Lets the engine have another path if this one is no longer what routes say.
    void check(TcpConnection engine, long nowNs) {
        if (!path.isCurrent()) {
            renew(engine, false, nowNs);
        }
    }

    /// What a connection has found out about the path by itself is good for all that goes there.
    void learn(MtuNews news) {
        if (news.found() > 0) {
            path.packetTooBig(news.found());
        }
    }

    /// Whether the neighbour on the way is to be asked, once nobody has the lock.
    boolean takeDoubt() {
        boolean was = doubtful;
        doubtful = false;
        return was;
    }

    /// The engine suspects that nothing comes through any more.
    void suspect(TcpConnection engine, long nowNs) {
        doubtful = true;
        renew(engine, true, nowNs);
    }

    private void renew(TcpConnection engine, boolean onSuspicion, long nowNs) {
        try {
            int before = path.mtu();
            path = ctx.path(path.local(), path.remote());
            // A new path begins with a plain RTO; a mere suspicion must not end the backing off (RFC 6298 §5.5).
            if (!onSuspicion || path.mtu() != before) {
                engine.setPath(payload(), superPayload(), nowNs);
            }
        } catch (IOException e) {
            // The route may come back before the retransmissions run out; until then segments are lost on the old path,
            // where they are counted.
            ctx.countDrop(DropReason.NO_ROUTE);
        }
    }
}
