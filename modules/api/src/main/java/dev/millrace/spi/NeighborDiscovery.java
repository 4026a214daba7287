package dev.millrace.spi;

import dev.millrace.DropReason;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.function.Consumer;

/// Finds the link-layer addresses of neighbours on the NICs whose links have such addresses, and answers for ours: ARP
/// (RFC 826) and the neighbour part of NDP (RFC 4861). A network protocol offers it as a service; a stack with an Ethernet
/// link cannot do without. Any thread may call any method.
public interface NeighborDiscovery {
    /// The neighbour of this address on a NIC.
    ///
    /// @param neighbor a unicast address of the NIC's networks
    NextHop toward(NicPort nic, IpAddress neighbor);

    /// Takes a message of NDP: ICMPv6 of type 133 to 137, its checksum verified, addresses and hop limit set. Returns `null`
    /// if it was taken and so ended, or why it is not, the packet being still the caller's.
    DropReason receiveNdp(NicPort nic, Packet message);

    /// Takes a message of MLD: ICMPv6 of type 130, 131, 132 or 143, its checksum verified, addresses and hop limit set. Returns
    /// `null` if it was taken and so ended, or why it is not, the packet being still the caller's.
    default DropReason receiveMld(NicPort nic, Packet message) {
        return DropReason.ICMP_IGNORED;
    }

    /// Takes a message of IGMP, addresses set, its checksum not verified. Returns `null` if it was taken and so ended, or why it is
    /// not, the packet being still the caller's.
    default DropReason receiveIgmp(NicPort nic, Packet message) {
        return DropReason.ICMP_IGNORED;
    }

    /// A NIC is there, and packets may come from it: once for each, before it has addresses.
    default void attached(NicPort nic) {
    }

    /// A NIC has got an address: at the beginning, or while the stack runs. If it is tentative
    /// ([NetworkContext#addressState]), neighbours are to be asked whether one of them has it, and the stack to be told
    /// ([NetworkContext#addressChecked]).
    void addressAdded(NicPort nic, IpAddress address);

    /// A NIC has lost an address.
    void addressRemoved(NicPort nic, IpAddress address);

    /// Asks whether another station has an IPv4 address that a NIC is about to take (RFC 5227 §2.1), and goes on asking for as
    /// long as it is told.
    ///
    /// @param address one that no NIC of the stack has
    /// @param durationNs how long to wait for answers, nanoseconds
    /// @param answer told once whether the address is taken, on whatever thread finds out, without a lock; never if the stack
    ///     is closed before. Where nobody can ask it is told at once that it is not
    default void probe(NicPort nic, IpAddress address, long durationNs, Consumer<Boolean> answer) {
        answer.accept(false);
    }

    /// A NIC went up or down.
    void stateChanged(NicPort nic, boolean up);
}
