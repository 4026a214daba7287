package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/// Hosts, each with a full stack, and the packets between them, which the program moves: it takes each packet in flight,
/// and delivers it, late or twice, changes it, or drops it. Nothing arrives by itself.
///
/// ```java
/// try (Internet net = Internet.builder().open();
///      Host server = net.host("server", "10.0.0.1"); Host client = net.host("client", "10.0.0.2")) {
///   Thread.startVirtualThread(() -> { for (Frame f; (f = net.take()) != null;) net.deliver(f); });
///   TcpListener listener = server.stack().tcp().listen(80);
///   TcpSocket socket = client.connector().connect("tcp", "10.0.0.1:80", Duration.ofSeconds(5));
/// }
/// ```
///
/// Any thread may call any method.
public final class Internet implements AutoCloseable {
    /// Ethernet's MTU.
    public static final int MTU_ETHERNET = 1500;
    /// The smallest MTU that IPv6 allows (RFC 8200 §5).
    public static final int MTU_MINIMUM_IPV6 = 1280;
    /// That of jumbo frames.
    public static final int MTU_JUMBO = 9000;
    /// How many packets may be in flight if nothing else is said.
    public static final int DEFAULT_MAX_IN_FLIGHT = 1024;

    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private final InFlight inFlight;
    private final Routes routes = new Routes();
    private final Map<String, Host> hosts = new ConcurrentHashMap<>();
    private final int defaultMtu;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Internet(Builder builder) {
        inFlight = new InFlight(builder.maxInFlight, counter("overflows"));
        defaultMtu = builder.mtu;
        for (Delivery d : Delivery.values()) {
            counter(name(d));
        }
        counter("dropped-by-program");
    }

    private static String name(Delivery d) {
        return d.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private LongAdder counter(String name) {
        return counters.computeIfAbsent(name, _ -> new LongAdder());
    }

    /// Starts describing an Internet.
    public static Builder builder() {
        return new Builder();
    }

    /// Gathers what an Internet is to be like. Not safe for several threads at once.
    public static final class Builder {
        private int maxInFlight = DEFAULT_MAX_IN_FLIGHT;
        private int mtu = MTU_ETHERNET;

        private Builder() {
        }

        /// How many packets may be in flight, 0 to 2^20. What is sent beyond that is dropped and counted as `overflows`;
        /// with 0 a packet is dropped unless somebody waits in [Internet#take()].
        public Builder maxInFlight(int packets) {
            if (packets < 0 || packets > 1 << 20) {
                throw new IllegalArgumentException("maxInFlight must be 0 to 2^20, not " + packets);
            }
            maxInFlight = packets;
            return this;
        }

        /// The MTU of hosts in bytes, 1280 to 65535.
        public Builder mtu(int bytes) {
            if (bytes < MTU_MINIMUM_IPV6 || bytes > 65535) {
                throw new IllegalArgumentException("the MTU must be 1280 to 65535, not " + bytes);
            }
            mtu = bytes;
            return this;
        }

        /// The Internet, without hosts.
        public Internet open() {
            return new Internet(this);
        }
    }

    InFlight inFlight() {
        return inFlight;
    }

    void droppedByProgram() {
        counter("dropped-by-program").increment();
    }

    // ---- hosts and routes

    /// Adds a host.
    ///
    /// @param name unique
    /// @param addresses IPv4 and IPv6 addresses
    /// @throws IllegalArgumentException if the name or an address is taken, or is none; nothing stays behind then
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, String... addresses) throws IOException {
        return host(name, defaultMtu, List.of(addresses), _ -> {
        });
    }

    /// Adds a host.
    ///
    /// @param mtu in bytes
    /// @param settings further settings of its stack, such as options of TCP
    /// @throws IllegalArgumentException if the name or an address is taken, or is none; nothing stays behind then
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, int mtu, List<String> addresses, java.util.function.Consumer<Stack.Builder> settings)
            throws IOException {
        if (closed.get()) {
            throw new IllegalStateException("the Internet is closed");
        }
        List<Cidr> all = new ArrayList<>();
        for (String a : addresses) {
            IpAddress address = IpAddress.parse(a);
            all.add(new Cidr(address, address.isV4() ? 32 : 128));
        }
        var host = new Host(this, name, all, mtu);
        if (hosts.putIfAbsent(name, host) != null) {
            throw new IllegalArgumentException("there is a host \"" + name + "\" already");
        }
        try {
            routes.add(host, all);
            Stack.Builder builder = Stack.builder().name(name)
                    .nic("nic", host.link(), nic -> all.forEach(a -> nic.address(a.toString()))).route("default", "nic");
            settings.accept(builder);
            host.setStack(builder.open());
            return host;
        } catch (Throwable t) {
            forget(host);
            throw t;
        }
    }

    void forget(Host host) {
        routes.removeAll(host);
        hosts.remove(host.name(), host);
    }

    /// The host of this name.
    public Optional<Host> host(String name) {
        return Optional.ofNullable(hosts.get(name));
    }

    /// All hosts that are open, by name.
    public Map<String, Host> hosts() {
        return new TreeMap<>(hosts);
    }

    /// Leads further addresses or networks to a host, which does not have them as its own: it must own or forward them.
    ///
    /// @throws IllegalArgumentException if one leads to a host already; then none is added
    public void addRoute(Host host, String... networks) {
        List<Cidr> all = new ArrayList<>();
        for (String n : networks) {
            all.add(cidr(n));
        }
        routes.add(host, all);
    }

    /// Removes the route to exactly this address or network; `false` if there is none.
    public boolean removeRoute(String network) {
        return routes.remove(cidr(network));
    }

    private static Cidr cidr(String text) {
        if (text.contains("/")) {
            return Cidr.parse(text);
        }
        IpAddress address = IpAddress.parse(text);
        return new Cidr(address, address.isV4() ? 32 : 128);
    }

    // ---- packets

    /// Waits for a packet in flight and takes it; `null` once the Internet is closed.
    public Frame take() throws InterruptedException {
        return inFlight.poll(Long.MAX_VALUE);
    }

    /// Waits for a packet in flight and takes it; `null` if none came for that long, or the Internet is closed.
    public Frame take(Duration timeout) throws InterruptedException {
        return inFlight.poll(InFlight.nanos(timeout));
    }

    /// Takes a packet in flight, or returns `null` if there is none.
    public Frame tryTake() {
        return inFlight.poll();
    }

    /// How many packets are in flight.
    public int inFlightCount() {
        return inFlight.size();
    }

    /// Delivers a frame to the host that its destination leads to; the frame is used up. The host's stack has processed it
    /// when the call returns.
    public Delivery deliver(Frame frame) {
        return deliver(frame.take());
    }

    /// Delivers a copy of a packet that the program made. Its checksums are verified.
    public Delivery deliver(byte[] packet) {
        return deliver(Packet.copyOf(packet));
    }

    private Delivery deliver(Packet packet) {
        Delivery result = Destination.problem(packet);
        IpAddress to = result == null ? Destination.read(packet, false) : null;
        Host host = null;
        if (result == null && Destination.isNotUnicast(to)) {
            result = Delivery.NOT_UNICAST;
        } else if (result == null) {
            host = routes.find(to);
            result = closed.get() ? Delivery.CLOSED : host == null ? Delivery.NO_ROUTE : null;
        }
        if (result != null) {
            packet.release();
        } else {
            packet.handOver(packet.checksumming() == Checksumming.PARTIAL ? Checksumming.PARTIAL : Checksumming.ON_WIRE);
            result = host.link().receive(packet);
        }
        counter(name(result)).increment();
        return result;
    }

    /// What was counted: `delivered`, each reason for which a delivery was refused, `overflows` of the packets in flight,
    /// `dropped-by-program`.
    public Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        counters.forEach((name, n) -> all.put(name, n.sum()));
        return all;
    }

    /// Closes all hosts and releases the packets in flight. Further calls do nothing.
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            inFlight.close();
            hosts.values().forEach(Host::close);
        }
    }
}
