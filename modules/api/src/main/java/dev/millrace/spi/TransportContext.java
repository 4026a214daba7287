package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;

/// What a transport protocol gets from its stack. Any thread may call any method.
public interface TransportContext extends StackContext {
    /// A path to `remote`.
    ///
    /// @param local the source address, one of the stack's, or `null` to have the stack choose
    /// @param remote the destination; an unspecified address means the stack itself
    /// @throws java.net.SocketException `Network is unreachable` if no route leads there, or
    ///     [java.net.BindException] if `local` is not one of the stack's addresses
    Path path(IpAddress local, IpAddress remote) throws IOException;

    /// A path to a multicast group by a NIC of the caller's choice.
    ///
    /// @param local as for [#path(IpAddress, IpAddress)]
    /// @param nic from [#groupNic]
    Path path(IpAddress local, IpAddress group, NicPort nic) throws IOException;

    /// The NIC on which a group is joined or sent to.
    ///
    /// @param nic its name, or `null` for the one that packets to the group leave by
    /// @throws IllegalArgumentException if there is no such NIC, or `group` is no multicast address
    /// @throws java.net.SocketException `Network is unreachable` if `nic` is `null` and no way leads to the group
    NicPort groupNic(IpAddress group, String nic) throws IOException;

    /// Has packets to a group that come in on a NIC taken from now on, and routers told of it. Joins are counted.
    ///
    /// @throws IOException if the stack has joined as many as it may
    void joinGroup(IpAddress group, NicPort nic) throws IOException;

    /// Undoes one [#joinGroup].
    void leaveGroup(IpAddress group, NicPort nic);

    /// Whether a socket may be bound to the address: one of the stack's, of a subnet that a NIC owns, or a broadcast or
    /// multicast address that the stack receives.
    boolean canBind(IpAddress address);

    /// Whether `address` is a broadcast address of one of the NICs' networks, or the limited one.
    boolean isBroadcast(IpAddress address);

    /// A new, empty table for the endpoints of this protocol.
    <E> EndpointTable<E> newEndpointTable();

    /// Answers a packet with an ICMP error; see [InternetProtocol#reject].
    void reject(Packet packet, InternetProtocol.Rejection why);

    /// The congestion control of this name.
    ///
    /// @throws dev.millrace.ConfigurationException if there is none; the message names those that are present
    CongestionControlFactory.Chosen congestionControl(String name);
}
