package dev.millrace.ip;

import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// The paths over which ICMP answers lately went: a table of fixed size, so that a flood of forged sources costs look-ups
/// and not memory.
final class ReplyPaths {
    private static final int SLOTS = 64;

    private final AtomicReferenceArray<Path> recent = new AtomicReferenceArray<>(SLOTS);
    private final NetworkContext context;
    private final InternetProtocol owner;
    private final int protocol;

    ReplyPaths(NetworkContext context, InternetProtocol owner, int protocol) {
        this.context = context;
        this.owner = owner;
        this.protocol = protocol;
    }

    /// The path back to the sender of a packet, from the address that it was sent to if that is one of ours alone, else
    /// from the one the stack chooses; `null` if there is no way.
    Path back(Packet packet) {
        long hi = packet.sourceHi();
        long lo = packet.sourceLo();
        boolean group = packet.isBroadcast();
        long mixed = (hi ^ lo ^ packet.destinationLo()) * 0x9e37_79b9_7f4a_7c15L;
        int slot = (int) (mixed >>> 58) & SLOTS - 1;
        Path known = recent.get(slot);
        if (!group && known != null && isFor(known, packet) && known.isCurrent()) {
            return known;
        }
        var remote = new IpAddress(hi, lo);
        Route route = group ? context.route(remote)
                : context.route(remote, new IpAddress(packet.destinationHi(), packet.destinationLo()));
        if (route == null) {
            return null;
        }
        IpAddress local = group ? context.sourceFor(route, remote)
                : new IpAddress(packet.destinationHi(), packet.destinationLo());
        if (local == null) {
            return null;
        }
        Path path = owner.path(route, local, remote, protocol);
        if (!group) {
            recent.set(slot, path);
        }
        return path;
    }

    /// A path between two addresses, or `null` if there is no way.
    Path between(IpAddress local, IpAddress remote) {
        Route route = context.route(remote, local);
        return route == null ? null : owner.path(route, local, remote, protocol);
    }

    private static boolean isFor(Path path, Packet packet) {
        IpAddress remote = path.remote();
        IpAddress local = path.local();
        return remote.lo() == packet.sourceLo() && remote.hi() == packet.sourceHi()
                && local.lo() == packet.destinationLo() && local.hi() == packet.destinationHi();
    }
}
