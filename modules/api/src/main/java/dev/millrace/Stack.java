package dev.millrace;

import dev.millrace.spi.Link;
import dev.millrace.spi.OpenStacks;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A TCP/IP stack inside this program: NICs, addresses, routes, protocols, sockets.
///
/// ```java
/// try (Stack stack = Stack.builder().nic("lo", "loopback:", "192.168.1.1/32").open();
///      TcpListener server = stack.tcp().listen(8080);
///      TcpSocket client = stack.tcp().connect(new InetSocketAddress("192.168.1.1", 8080), Duration.ofSeconds(5))) {
///   ...
/// }
/// ```
///
/// Any thread may call any method. [#close()] stops and joins everything that the stack started; callers blocked in its
/// sockets wake with an exception that carries [ErrorCode#STACK_CLOSED].
///
/// A stack that is open when the JVM ends, by `System.exit` or a signal as by the end of the program, is closed then, so that
/// its peers hear of it; one that a simulation or its caller steps is not. A program's own shutdown hook that wants to
/// close it in another way has half a second before.
public interface Stack extends AutoCloseable {
    /// Starts describing a stack.
    static Builder builder() {
        return new Builder();
    }

    /// Opens a stack from a finished configuration.
    ///
    /// @throws ConfigurationException if the configuration is wrong; nothing stays open
    /// @throws IOException if a link cannot be opened; nothing stays open
    static Stack open(StackConfig config) throws IOException {
        return StackProvider.find().open(config);
    }

    /// The open stack of this name, for programs that can be told no more than a name. Closed stacks are forgotten.
    ///
    /// @throws IllegalArgumentException if there is none or more than one; the message lists the names that there are
    static Stack named(String name) {
        return OpenStacks.named(name);
    }

    /// The stack's name.
    String name();

    /// Its TCP.
    ///
    /// @throws UnsupportedOperationException if no TCP plug-in is present; the message names the artifact to add
    Tcp tcp();

    /// Its UDP.
    ///
    /// @throws UnsupportedOperationException if no UDP plug-in is present; the message names the artifact to add
    Udp udp();

    /// Its raw sockets.
    Raw raw();

    /// Echo requests to an address, to be adjusted and begun: `stack.ping(address).count(3).run()`.
    ///
    /// @param destination an address of either IP version, of one host or of many
    Ping ping(InetAddress destination);

    /// Its network interfaces, in the order of the configuration.
    List<Nic> nics();

    /// The network interface of this name.
    Optional<Nic> nic(String name);

    /// The routes in the order in which they are tried, those of the NICs' own networks included.
    List<Route> routes();

    /// Adds a route at run time.
    ///
    /// @throws ConfigurationException if its NIC or gateway fits none of the stack's
    /// @throws IllegalStateException if the stack is closed
    void addRoute(RouteConfig route);

    /// Removes the routes to exactly this network (`null`: the default routes) and returns how many there were.
    int removeRoutes(Cidr to);

    /// What a protocol of the stack offers to programs under this type, if one does: [Tcp] and [Udp] are such types, and a
    /// plug-in has its own. [dev.millrace.spi.Waits] and [dev.millrace.spi.Clock] are how the stack's callers wait and what they
    /// wait by, for who builds sockets of other kinds upon its own.
    <T> Optional<T> service(Class<T> type);

    /// Has names of hosts answered for programs of this stack: by the factories of its JDK's sockets, and by the JVM itself where
    /// `millrace-jdk-names` is present. At first nobody answers them, and the JDK does as it always did.
    ///
    /// @param names such as `Resolver.builder(stack)…build()::resolve`; `null` for nobody
    void setNames(Names names);

    /// Who answers names of hosts, if somebody was set.
    Optional<Names> names();

    /// What was counted so far: by group (a NIC's name, `ipv4`, `tcp`, ..., `drops`), then by counter name. The group `tcp-open`
    /// says how many connections there are now, by state; it is counted out when this is called.
    Map<String, Map<String, Long>> counters();

    /// Starts capturing.
    ///
    /// @throws IOException if the file or the port cannot be opened
    Capture capture(CaptureRequest request) throws IOException;

    /// Whether [#close()] has not been called.
    boolean isOpen();

    /// Closes all sockets, stops and joins all threads and closes all links. Callable in any state, from any thread, more
    /// than once; returns when all is done, whoever began it.
    ///
    /// What sockets that were closed before have written, and datagrams that wait for a neighbour's answer, still go to their
    /// peers: the stack waits for that as long as its option `stack.close-timeout` says, two seconds if nothing does. It does not
    /// wait in a callback, in a stack that is stepped, nor when the thread is interrupted, and not for sockets that are open. From
    /// then on nobody is left to send again what is lost, as when a machine is switched off.
    @Override
    void close();

    /// A route in force.
    ///
    /// @param to the destination network
    /// @param via the gateway, or `null` if the destination is on the link
    /// @param nic the NIC's name
    /// @param origin where it comes from: [NicAddress#CONFIGURATION], or the name under which a plug-in enters routes, such as
    ///     `slaac` for what routers told
    /// @param remaining how much longer it is there, or `null` for ever
    record Route(Cidr to, InetAddress via, String nic, String origin, Duration remaining) {
    }

    /// Gathers a [StackConfig] and opens it. Not safe for several threads at once.
    final class Builder {
        private String name = "stack";
        private final List<NicConfig> nics = new ArrayList<>();
        private final List<RouteConfig> routes = new ArrayList<>();
        private final List<String> protocols = new ArrayList<>();
        private final Map<String, Map<String, String>> options = new HashMap<>();

        private Builder() {
        }

        /// Names the stack.
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        /// Adds a NIC on a link that a driver opens.
        ///
        /// @param name the NIC's name
        /// @param link the link's URI; the scheme chooses the driver
        /// @param addresses its addresses with prefixes, such as `10.0.0.2/24`, or sources of addresses, such as `dhcp`
        public Builder nic(String name, String link, String... addresses) {
            return nic(name, link, nic -> List.of(addresses).forEach(nic::address));
        }

        /// Adds a NIC on a link that a driver opens.
        public Builder nic(String name, String link, Consumer<NicBuilder> settings) {
            var nic = new NicBuilder(name, link, null);
            settings.accept(nic);
            nics.add(nic.build());
            return this;
        }

        /// Adds a NIC on a link that the program made itself; the stack closes it.
        public Builder nic(String name, Link link, Consumer<NicBuilder> settings) {
            var nic = new NicBuilder(name, "", link);
            settings.accept(nic);
            nics.add(nic.build());
            return this;
        }

        /// Adds a NIC that a configuration describes.
        public Builder nic(NicConfig nic) {
            nics.add(nic);
            return this;
        }

        /// Adds a route.
        ///
        /// @param to the destination network, or `default`
        /// @param viaOrNic the gateway's address, or the name of the NIC on whose link the destination is
        public Builder route(String to, String viaOrNic) {
            Cidr network = to.equals("default") ? null : Cidr.parse(to);
            boolean isNic = nics.stream().anyMatch(n -> n.name().equals(viaOrNic));
            routes.add(new RouteConfig(network, isNic ? null : IpAddress.parse(viaOrNic), isNic ? viaOrNic : ""));
            return this;
        }

        /// Adds a route that a configuration describes.
        public Builder route(RouteConfig route) {
            routes.add(route);
            return this;
        }

        /// Runs only the named protocols (`ipv4`, `ipv6`, `tcp`, `udp`, ...) instead of all that are present.
        public Builder protocols(String... names) {
            protocols.addAll(List.of(names));
            return this;
        }

        /// Sets an option of a protocol, such as `tcp`, `congestion-control`, `newreno`; or of the stack, as `stack`.
        public Builder option(String protocol, String option, String value) {
            options.computeIfAbsent(protocol, _ -> new LinkedHashMap<>()).put(option, value);
            return this;
        }

        /// What was gathered so far, as a value.
        public StackConfig config() {
            var copy = new HashMap<String, Map<String, String>>();
            options.forEach((k, v) -> copy.put(k, Map.copyOf(v)));
            return new StackConfig(name, nics, routes, protocols, copy);
        }

        /// Opens the stack.
        ///
        /// @throws ConfigurationException if the configuration is wrong; nothing stays open
        /// @throws IOException if a link cannot be opened; nothing stays open
        public Stack open() throws IOException {
            return Stack.open(config());
        }

        /// Opens the same stack without threads and clock, to be stepped by the caller; equal seeds and equal inputs
        /// give equal outputs.
        ///
        /// @throws ConfigurationException if the configuration is wrong; nothing stays open
        /// @throws IOException if a link cannot be opened; nothing stays open
        public ManualStack manual(long seed) throws IOException {
            return StackProvider.find().openManual(config(), seed);
        }
    }

    /// Gathers a [NicConfig].
    final class NicBuilder {
        private final String name;
        private final String link;
        private final Link open;
        private int mtu;
        private Boolean ownsSubnets;
        private final List<Cidr> addresses = new ArrayList<>();
        private final Map<String, String> options = new LinkedHashMap<>();

        NicBuilder(String name, String link, Link open) {
            this.name = name;
            this.link = link;
            this.open = open;
        }

        /// Adds an address with its prefix, such as `10.0.0.2/24`, or a source of addresses by its name, such as `dhcp`, which
        /// is the same as to set the option of this name to `true`.
        ///
        /// @throws IllegalArgumentException if it is neither
        public NicBuilder address(String cidr) {
            if (NicConfig.isAddressSource(cidr)) {
                return option(cidr, "true");
            }
            addresses.add(Cidr.parse(cidr));
            return this;
        }

        /// Sets the MTU, in bytes of an IP packet.
        public NicBuilder mtu(int bytes) {
            mtu = bytes;
            return this;
        }

        /// Says whether the NIC answers for every address of its prefixes.
        public NicBuilder ownsSubnets(boolean value) {
            ownsSubnets = value;
            return this;
        }

        /// Sets an option of the link's driver.
        public NicBuilder option(String option, String value) {
            options.put(option, value);
            return this;
        }

        NicConfig build() {
            return new NicConfig(name, link, open, mtu, addresses, ownsSubnets, options);
        }
    }
}
