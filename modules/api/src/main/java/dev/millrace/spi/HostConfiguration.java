package dev.millrace.spi;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.util.List;

/// Through which a plug-in gives its stack what it has learned of how the host is to be configured: addresses, routes, name
/// servers, properties of a link ([NetworkContext#hostConfiguration]). All of it is kept apart from what the configuration says
/// and from what other plug-ins enter, and is shown with the plug-in's name as its origin. What has a lifetime is ended by the
/// stack when that is over. How much a plug-in enters is for the plug-in to bound.
///
/// Times are of the stack's clock, [#FOREVER] for no end. Any thread may call any method. What follows from a call may be told
/// the listener before the call returns.
public interface HostConfiguration {
    /// No end.
    long FOREVER = Long.MAX_VALUE;

    /// An address for a NIC.
    ///
    /// @param cidr the address with the length of its prefix
    /// @param onLink whether the addresses of the prefix are neighbours; if not, a route says what is (RFC 5942 §4)
    /// @param check whether neighbours are asked first whether one of them has it (RFC 4862 §5.4, RFC 5227)
    /// @param isTemporary whether it is one that changes (RFC 8981)
    /// @param preferredUntilNs when it is deprecated
    /// @param validUntilNs when it is removed
    record Assignment(Cidr cidr, boolean onLink, boolean check, boolean isTemporary, long preferredUntilNs,
            long validUntilNs) {
    }

    /// A route.
    ///
    /// @param to the network
    /// @param via the gateway, or `null` if the network is on the link
    /// @param preference among routes to the same network the higher is taken (RFC 4191 §2.1: -1 to 1)
    /// @param isReachable whether the gateway answers, as far as is known: one that does is taken before one that does not,
    ///     whatever they are preferred (RFC 4191 §3.2)
    /// @param untilNs when it is removed
    record LearnedRoute(Cidr to, IpAddress via, int preference, boolean isReachable, long untilNs) {
    }

    /// A name server.
    ///
    /// @param address where it is asked
    /// @param untilNs when it is removed
    record NameServer(IpAddress address, long untilNs) {
    }

    /// What a plug-in hears about the addresses that it has entered. Called without a lock; what it throws is contained.
    interface Listener {
        /// Nobody else has the address: it is used from now on. Only told of addresses that were checked.
        default void addressUsable(NicPort nic, IpAddress address) {
        }

        /// A neighbour has the address. It stays, as a duplicate that is not used, until it is removed or its lifetime ends.
        default void addressDuplicate(NicPort nic, IpAddress address) {
        }

        /// The address has gone: its lifetime is over, or the program has removed it.
        default void addressRemoved(NicPort nic, IpAddress address) {
        }
    }

    /// Adds an address to a NIC, or changes the lifetimes of one that this plug-in has added. Returns `false` if another
    /// has it (the configuration, another plug-in, another NIC), it can be no NIC's, or the stack is closed.
    boolean put(NicPort nic, Assignment address);

    /// Removes an address that this plug-in has added, and returns whether it was there. Connections from it lose their path.
    boolean remove(NicPort nic, IpAddress address);

    /// Adds a route, or changes one that this plug-in has added to the same network by the same gateway and NIC. Returns `false`
    /// if the stack is closed.
    boolean putRoute(NicPort nic, LearnedRoute route);

    /// Removes a route that this plug-in has added, and returns whether it was there.
    ///
    /// @param via the gateway, or `null`
    boolean removeRoute(NicPort nic, Cidr to, IpAddress via);

    /// Replaces the name servers that this plug-in has told for a NIC.
    void setNameServers(NicPort nic, List<NameServer> servers);

    /// Sets what a router wants of hosts on the NIC's link, for IPv6 (RFC 4861 §6.3.4).
    ///
    /// @param mtu the largest packet, 1280 to what the link carries, or 0 for the link's own
    /// @param hopLimit of packets sent, 1 to 255, or 0 for the protocol's own
    void setLink(NicPort nic, int mtu, int hopLimit);
}
