package dev.millrace.spi;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;

/// A route as the stack chose it for one destination.
///
/// @param to the network that matched
/// @param via the gateway, or `null` if the destination is on the link
/// @param nic where packets leave; for an address of the stack itself, a port that leads back into it
/// @param local whether the destination is an address of the stack itself
/// @param generation rises with every change of addresses or routes; [#isCurrent()] compares
/// @param table what the route was taken from
public record Route(Cidr to, IpAddress via, NicPort nic, boolean local, long generation, Table table) {
    /// The table that a route was taken from.
    public interface Table {
        /// Rises with every change of addresses or routes.
        long generation();

        /// Whether packets may leave from this address.
        default boolean isOwn(IpAddress source) {
            return true;
        }
    }

    /// Whether packets from this address may still leave: also a path that is no longer current must not send from one that the
    /// stack has lost.
    public boolean allows(IpAddress source) {
        return isCurrent() || table.isOwn(source);
    }

    /// Whether nothing has changed since the route was chosen; if not, ask for it again.
    public boolean isCurrent() {
        return generation == table.generation();
    }

    /// Whether what goes this way does not leave the host, so that it may come from a loopback address (RFC 1122 §3.2.1.3 (g), RFC
    /// 4291 §2.5.3).
    public boolean staysInside() {
        return local || nic.link().isLoopback();
    }

    /// The neighbour to send to: the gateway, or the destination itself.
    public IpAddress nextHop(IpAddress destination) {
        return via == null ? destination : via;
    }
}
