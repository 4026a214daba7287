package dev.millrace.dhcp;

import dev.millrace.Cidr;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The DHCP client of a stack (RFC 2131): `stack.service(Dhcp.class)`, if a NIC asks for it with the option `dhcp` or with
/// `dhcp` among its addresses. Any thread may call any method.
public interface Dhcp {
    /// Where the client of a NIC stands (RFC 2131 §4.4, figure 5).
    enum State {
        /// It waits before it asks anew: its address was in use, or servers refused.
        INIT,
        /// It has asked who can lend it an address.
        SELECTING,
        /// It has asked for an address that was offered.
        REQUESTING,
        /// It has asked for the address that it had before, when the program or the link was down.
        REBOOTING,
        /// It asks its neighbours whether one of them has the address that it was granted.
        CHECKING,
        /// It has an address.
        BOUND,
        /// It has an address, and has asked its server for more time.
        RENEWING,
        /// It has an address, and has asked all servers for more time, since its own does not answer.
        REBINDING,
        /// It has given its address back, or was never started.
        STOPPED
    }

    /// What a NIC was lent.
    ///
    /// @param nic the NIC's name
    /// @param address its address with the prefix of its network
    /// @param server the server that lent it
    /// @param routers the network's routers, the best first
    /// @param routes the routes that came with it; the stack has them, unless `dhcp-routes` is `false`
    /// @param nameServers the name servers, the best first
    /// @param domain the domain that the network says it is, or an empty string: what a server says, and no more than that
    /// @param searchDomains the domains to look names up in
    /// @param mtu the network's MTU, bytes, or 0 if nothing was said
    /// @param began when it began, or was last renewed
    /// @param expires when it ends unless it is renewed, or [Instant#MAX] if never
    record Lease(String nic, Cidr address, InetAddress server, List<InetAddress> routers, List<Route> routes,
            List<InetAddress> nameServers, String domain, List<String> searchDomains, int mtu, Instant began, Instant expires) {
        /// Copies the lists.
        public Lease {
            routers = List.copyOf(routers);
            routes = List.copyOf(routes);
            nameServers = List.copyOf(nameServers);
            searchDomains = List.copyOf(searchDomains);
        }
    }

    /// A route that came with a lease.
    ///
    /// @param to the destination network
    /// @param via the gateway, or `null` if the destination is on the link
    record Route(Cidr to, InetAddress via) {
    }

    /// What has changed.
    ///
    /// @param nic the NIC's name
    /// @param state where its client stands
    /// @param lease what it has, or `null`
    record Change(String nic, State state, Lease lease) {
    }

    /// The names of the NICs that have a client.
    List<String> nics();

    /// Where the client of a NIC stands.
    ///
    /// @throws IllegalArgumentException if the NIC has none
    State state(String nic);

    /// What a NIC has been lent, if anything.
    ///
    /// @throws IllegalArgumentException if the NIC has no client
    Optional<Lease> lease(String nic);

    /// Waits until a NIC has an address, and returns what it was lent.
    ///
    /// @throws java.net.SocketTimeoutException if it has none when the time has passed
    /// @throws java.nio.channels.ClosedChannelException if the stack is closed, or the calling thread interrupted
    /// @throws IllegalArgumentException if the NIC has no client
    /// @throws IllegalStateException if it has no address and nobody can wait, as in a stepped stack
    Lease awaitLease(String nic, Duration timeout) throws IOException;

    /// Asks for more time now, or for an address if the NIC has none. Returns at once.
    ///
    /// @throws IllegalArgumentException if the NIC has no client
    void renew(String nic);

    /// Gives the address back, with all that came with it, and forgets what was kept in a file. The client stops until
    /// [#renew]. Returns at once.
    ///
    /// @throws IllegalArgumentException if the NIC has no client
    void release(String nic);

    /// Has `listener` called whenever the state of a client or what it was lent changes: on whatever thread found out, without
    /// a lock; it must not block. What it throws is counted and no more. One listener at most; `null` removes it.
    void onChange(Consumer<Change> listener);
}
