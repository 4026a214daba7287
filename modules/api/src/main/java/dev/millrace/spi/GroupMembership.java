package dev.millrace.spi;

import dev.millrace.wire.IpAddress;

/// Tells the routers and switches of a link which multicast groups its NIC listens to: MLD (RFC 3810) for IPv6, IGMP (RFC 3376) for IPv4. A network
/// protocol offers it as a service. It tells and does no more: which packets are taken is for the stack to say. Any thread may
/// call any method.
public interface GroupMembership {
    /// The NIC listens to a group from now on. Joins are counted: what was joined twice is to be left twice.
    ///
    /// @param group a multicast address of a version of IP that this protocol reports
    /// @return `false` if it reports no groups of that version, or too many are joined
    boolean join(NicPort nic, IpAddress group);

    /// One of those who joined does so no longer.
    void leave(NicPort nic, IpAddress group);
}
