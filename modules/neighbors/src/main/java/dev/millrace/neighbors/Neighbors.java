package dev.millrace.neighbors;

import dev.millrace.wire.IpAddress;
import java.util.List;

/// The neighbours that a stack knows on its Ethernet NICs: `stack.service(Neighbors.class)`. Any thread may call any method.
public interface Neighbors {
    /// What is known of a neighbour's link-layer address (RFC 4861 §5.1, §7.3.2); ARP's entries go through the same states.
    enum State {
        /// It is being asked for.
        INCOMPLETE,
        /// Lately confirmed.
        REACHABLE,
        /// Known, but not confirmed lately.
        STALE,
        /// Used though it was stale: an upper layer has a moment to confirm it.
        DELAY,
        /// It is being asked whether it is there.
        PROBE,
        /// Entered by the program: never asked for, never forgotten.
        STATIC
    }

    /// One neighbour.
    ///
    /// @param nic the NIC's name
    /// @param address its IP address
    /// @param station its link-layer address in the low 48 bits, or 0 while it is not known
    /// @param state what is known of it
    /// @param isRouter whether it has said that it is a router (NDP only)
    record Neighbor(String nic, IpAddress address, long station, State state, boolean isRouter) {
    }

    /// All that are known now.
    List<Neighbor> list();

    /// Enters a neighbour that is not to be asked for.
    ///
    /// @param nic the name of an Ethernet NIC of the stack
    /// @param station its link-layer address, not one of a group
    /// @throws IllegalArgumentException if there is no such NIC, the address is none of one host, or the cache has no room
    void add(String nic, IpAddress address, long station);

    /// Forgets a neighbour, entered or found, and returns whether there was one. Packets that wait for it are dropped.
    boolean remove(String nic, IpAddress address);
}
