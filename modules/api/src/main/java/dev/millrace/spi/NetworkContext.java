package dev.millrace.spi;

import dev.millrace.Cidr;
import dev.millrace.NicAddress;
import dev.millrace.OptionValues;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.List;

/// What a network protocol gets from its stack. Any thread may call any method.
public interface NetworkContext extends StackContext {
    /// What a destination address means to the stack.
    enum Destination {
        /// An address of the stack, or of a subnet that a NIC owns.
        LOCAL,
        /// The limited broadcast address or a NIC's subnet broadcast address.
        BROADCAST,
        /// A multicast group that the NIC belongs to.
        MULTICAST,
        /// None of these.
        FOREIGN
    }

    /// The NICs of the stack, in the order of the configuration: none before all protocols are made.
    List<NicPort> nics();

    /// The addresses of a NIC that it may use.
    List<Cidr> addresses(NicPort nic);

    /// All addresses of a NIC, those included that it may not use.
    List<NicAddress> addressDetails(NicPort nic);

    /// What a NIC is told for this protocol: the options of [NetworkProtocolFactory#nicOptions].
    OptionValues nicOptions(NicPort nic);

    /// The state of an address, or `null` if the NIC has it not.
    NicAddress.State addressState(NicPort nic, IpAddress address);

    /// Whether a tentative address is this host's alone, which the neighbour discovery has found out. Nothing happens if it is
    /// not tentative any more.
    void addressChecked(NicPort nic, IpAddress address, boolean unique);

    /// Where a plug-in enters what it learns.
    ///
    /// @param origin its name, as it is shown: lower case with hyphens
    /// @param listener hears about the addresses that are entered here
    HostConfiguration hostConfiguration(String origin, HostConfiguration.Listener listener);

    /// What the destination of a packet that came in on `nic` means. Allocates nothing.
    Destination classify(NicPort nic, long hi, long lo);

    /// Gives a packet, starting at its transport header, addresses and IP facts set, to its transport, which owns it
    /// from then on. Returns `false`, the packet being still the caller's, if no transport takes `packet.protocol()`.
    boolean deliver(Packet packet);

    /// Shows a packet, as for [#deliver], to the raw sockets for its protocol, which copy it. Called for what the network
    /// protocol takes itself; [#deliver] does it for the rest. Cheap if there are none.
    void show(Packet packet);

    /// Tells whoever sends packets of the error's protocol about an ICMP error: the transport, or for ICMP the
    /// [InternetProtocol] itself.
    void deliverError(IcmpError error);

    /// The route to an address, or `null` if there is none.
    Route route(IpAddress destination);

    /// The route to an address for packets from `source`: where that is link-local and the destination is of a link, too, its
    /// NIC's (RFC 4007 §6).
    ///
    /// @param source an address of the stack
    Route route(IpAddress destination, IpAddress source);

    /// The address to send from to a destination over a route, or `null` if its NIC has none of that version.
    IpAddress sourceFor(Route route, IpAddress destination);
}
