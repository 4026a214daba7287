package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.internet.InternetBuilder.Mode;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.RealClockwork;
import dev.millrace.internet.time.VirtualClockwork;
import dev.millrace.internet.waiting.SimulatedLock;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.Surroundings;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// Hosts in one JVM, each with a full stack, and the network between them.
///
/// ```java
/// try (Internet net = Internet.virtualTime(42)) {
///   Host server = net.host("server", "10.0.0.1");
///   Host client = net.host("client", "10.0.0.2");
///   net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(40)).loss(0.02));
///   server.run(() -> serve(server.stack().tcp().listen(80)));
///   Program<String> page = client.call(() -> fetch(client.stack().tcp(), "10.0.0.1", 80));
///   net.at(Duration.ofSeconds(5)).cut("client", "server", Duration.ofSeconds(20));
///   page.get();
/// }
/// ```
///
/// In *simulated time* programs that [Host#run] starts go on one at a time, time jumps to what happens next, and all is a
/// function of the seed. In *real time* everything is as slow as it says, and programs may use any threads. In *manual* mode
/// nothing arrives by itself: the program takes each packet in flight and delivers it, late or twice, changed, or not at all.
///
/// Any thread may call any method; in simulated time, whichever has the turn.
public final class Internet implements AutoCloseable {
    /// Ethernet's MTU.
    public static final int MTU_ETHERNET = 1500;
    /// The smallest MTU that IPv6 allows (RFC 8200 §5).
    public static final int MTU_MINIMUM_IPV6 = 1280;
    /// That of jumbo frames.
    public static final int MTU_JUMBO = 9000;
    /// How many packets may be in flight if nothing else is said.
    public static final int DEFAULT_MAX_IN_FLIGHT = 1024;

    private final long seed;
    private final int defaultMtu;
    private final boolean goesOnAfterFailures;
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private final Realm realm = new Realm(new Routes(), null);
    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    /// How often there was a host, by name.
    private final Map<String, Integer> lives = new ConcurrentHashMap<>();
    /// Those that run, and those that have failed without anybody asking how.
    private final Set<Program<?>> programs = ConcurrentHashMap.newKeySet();
    /// Those that somebody still uses, perhaps.
    private final List<WeakReference<SimulatedLock>> locks = new ArrayList<>();
    private int locksToClean = 64;
    private final AtomicLong programNumbers = new AtomicLong();
    private volatile Host nameServer;
    private volatile NameServer names;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Chance chance;
    private final StackProvider stacks = StackProvider.find();
    /// Only when the program moves the packets.
    private final InFlight inFlight;
    /// Only when they move by themselves.
    private final Fabric fabric;
    private final NetworkFaults networkFaults;
    /// `null` if nothing is to be remembered.
    private final RecentPackets recent;

    Internet(InternetBuilder b) {
        if (b.mode == Mode.REAL && b.script != null && b.script.events().stream()
                .anyMatch(e -> e instanceof ScriptEvent.Trouble t && t.kind() == ScriptEvent.TroubleKind.PAUSE)) {
            throw new UnsupportedOperationException(NetworkFaults.NO_PAUSES);
        }
        seed = b.seed;
        defaultMtu = b.mtu;
        goesOnAfterFailures = b.goOnAfterFailures;
        chance = new Chance(seed, b.script, b.record);
        if (b.mode == Mode.MANUAL) {
            inFlight = new InFlight(b.maxInFlight, counter("overflows"));
            fabric = null;
            networkFaults = null;
            recent = null;
        } else {
            inFlight = null;
            Clockwork clockwork = b.mode == Mode.REAL ? new RealClockwork()
                    : new VirtualClockwork(chance::pick, b.limit, b.stall);
            fabric = new Fabric(clockwork, chance, realm, b.conditions, n -> nodes.get(n.name()) == n);
            nodes.put(Cloud.NAME, fabric.cloud());
            networkFaults = new NetworkFaults(fabric, nodes::containsKey, () -> hosts().keySet(), new Troublemaker(this));
            chance.troubles().forEach(networkFaults::schedule);
            recent = b.recentPackets == 0 ? null : new RecentPackets(fabric, b.recentPackets);
            if (recent != null) {
                fabric.observe(recent);
            }
        }
        for (Delivery d : Delivery.values()) {
            counter(name(d));
        }
        counter("dropped-by-program");
    }

    /// An Internet in simulated time that is a function of this seed.
    public static Internet virtualTime(long seed) {
        return builder().virtualTime(seed).open();
    }

    /// An Internet in real time.
    public static Internet realTime() {
        return builder().realTime().open();
    }

    /// An Internet whose packets the program moves.
    public static Internet manual() {
        return builder().manual().open();
    }

    /// Starts describing an Internet.
    public static InternetBuilder builder() {
        return new InternetBuilder();
    }

    static String name(Delivery d) {
        return d.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private LongAdder counter(String name) {
        return counters.computeIfAbsent(name, _ -> new LongAdder());
    }

    int mtu() {
        return defaultMtu;
    }

    /// What chance follows from.
    public long seed() {
        return seed;
    }

    // ---- for its parts

    Fabric fabric() {
        if (fabric == null) {
            throw new IllegalStateException("in this Internet the program moves the packets; for links, time and faults open "
                    + "it with Internet.virtualTime(seed) or Internet.realTime()");
        }
        return fabric;
    }

    Clockwork clockwork() {
        return fabric().clockwork();
    }

    private InFlight inFlight() {
        if (inFlight == null) {
            throw new IllegalStateException("in this Internet packets move by themselves; to move them yourself open it with "
                    + "Internet.manual()");
        }
        return inFlight;
    }

    long nowNs() {
        return fabric == null ? System.nanoTime() : clockwork().nowNs();
    }

    long epochNanos() {
        return fabric == null ? System.currentTimeMillis() * 1_000_000 : clockwork().epochNanos();
    }

    RandomGenerator generator(String name) {
        return new LockedRandom(chance.generator(name));
    }

    boolean endsAtFailure() {
        return !goesOnAfterFailures;
    }

    boolean hasNodes(Collection<String> names) {
        return nodes.keySet().containsAll(names);
    }

    void transmit(Station from, PacketList packets) {
        if (fabric == null) {
            inFlight.add(this, from.host(), packets);
        } else {
            fabric.transmit(from, packets);
        }
    }

    void droppedByProgram() {
        counter("dropped-by-program").increment();
    }

    // ---- hosts and other nodes

    /// Adds a host.
    ///
    /// @param name unique, without spaces, commas, > and *
    /// @param addresses IPv4 and IPv6 addresses; one with a prefix length, as `10.1.0.5/16`, says what subnet it is on
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
    public Host host(String name, int mtu, List<String> addresses, Consumer<Stack.Builder> settings) throws IOException {
        return host(realm, name, mtu, addresses, settings);
    }

    Host host(Realm in, String name, int mtu, List<String> addresses, Consumer<Stack.Builder> settings)
            throws IOException {
        return host(in, name, mtu, settings, List.of(NicPlan.of("nic", addresses.toArray(String[]::new))));
    }

    /// Adds a host with several NICs, or with one on an Ethernet. Its stack's NICs have the plans' names.
    ///
    /// @throws IllegalArgumentException if a name or an address is taken, or there is no plan; nothing stays behind then
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, NicPlan... nics) throws IOException {
        return host(name, List.of(nics), _ -> {
        });
    }

    /// Adds a host with several NICs, or with one on an Ethernet.
    ///
    /// @param settings further settings of its stack, such as routes and options of TCP
    /// @throws IllegalArgumentException if a name or an address is taken, or there is no plan; nothing stays behind then
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, List<NicPlan> nics, Consumer<Stack.Builder> settings) throws IOException {
        return host(realm, name, defaultMtu, settings, nics);
    }

    private Host host(Realm in, String name, int mtu, Consumer<Stack.Builder> settings, List<NicPlan> plans)
            throws IOException {
        if (plans.isEmpty()) {
            throw new IllegalArgumentException("\"" + name + "\" needs a NIC, such as NicPlan.of(\"nic\", \"10.0.0.1\")");
        }
        var host = new Host(this, in, name, plans, mtu, settings, nextLife(name));
        try {
            join(host);
            openStack(host);
        } catch (Throwable t) {
            lives.merge(name, -1, Integer::sum);
            throw t;
        }
        if (fabric != null) {
            fabric.hostAdded(host);
            networkFaults.hostAdded();
        }
        return host;
    }

    int nextLife(String name) {
        return lives.merge(name, 1, Integer::sum);
    }

    /// Gives a host its names and addresses, and what was linked to it when it was there before.
    private void join(Host host) {
        for (Station s : host.stations()) {
            makeWay(s);
        }
        add(host);
        try {
            for (Station s : host.stations()) {
                if (s != host) {
                    add(s);
                }
                host.realm().routes().add(s, s.cidrs().stream().map(c -> single(c.address())).toList());
                if (s.isOnEthernet()) {
                    s.ethernet().join(s);
                } else if (fabric != null) {
                    clockwork().now(() -> fabric.rejoin(s));
                }
            }
        } catch (Throwable t) {
            forget(host);
            throw t;
        }
    }

    /// A host that has crashed keeps its name and addresses until somebody wants them.
    private void makeWay(Station s) {
        Stream.concat(Stream.of(nodes.getOrDefault(s.name(), s)),
                s.cidrs().stream().map(c -> s.realm().routes().owner(c.address())).filter(Objects::nonNull)).toList().forEach(n -> {
                    if (n instanceof Station old && old.host() != s.host() && old.host().hasCrashed()) {
                        forget(old.host());
                    }
                });
    }

    private void openStack(Host host) throws IOException {
        try {
            Stack.Builder builder = HostStack.describe(host);
            host.settings().accept(builder);
            Surroundings surroundings = fabric == null ? null
                    : clockwork().surroundings(chance.seedOf("stack of " + host.lifeName()));
            host.setStack(surroundings == null ? stacks.open(builder.config()) : stacks.open(builder.config(), surroundings));
        } catch (Throwable t) {
            forget(host);
            throw t;
        }
    }

    /// A host starts again.
    ///
    /// @param there whether it still has its names and addresses
    void reopen(Host host, boolean there) throws IOException {
        if (closed.get()) {
            throw new IllegalStateException("the Internet is closed");
        }
        boolean still = there && nodes.get(host.name()) == host;
        if (!still) {
            try {
                join(host);
            } catch (IllegalArgumentException e) {
                throw new IllegalStateException("\"" + host.name() + "\" cannot start again: " + e.getMessage(), e);
            }
        }
        openStack(host);
        if (fabric != null) {
            fabric.started(host);
        }
    }

    private <N extends Node> N add(N node) {
        if (closed.get()) {
            throw new IllegalStateException("the Internet is closed");
        }
        if (nodes.putIfAbsent(node.name(), node) != null) {
            throw new IllegalArgumentException("there is a \"" + node.name() + "\" already");
        }
        return node;
    }

    void forget(Host host) {
        for (Station s : host.stations()) {
            host.realm().routes().removeAll(s);
            nodes.remove(s.name(), s);
            if (fabric != null) {
                fabric.forget(s);
            }
        }
    }

    /// The host of this name, even if it has crashed.
    public Optional<Host> host(String name) {
        return nodes.get(name) instanceof Host h ? Optional.of(h) : Optional.empty();
    }

    /// All hosts that are open, by name.
    public Map<String, Host> hosts() {
        var all = new TreeMap<String, Host>();
        nodes.forEach((name, n) -> {
            if (n instanceof Host h && h.isOpen()) {
                all.put(name, h);
            }
        });
        return all;
    }

    /// Adds a router. Link it to others; to the middle of the Internet, where the hosts are that have no link of their own, as
    /// `internet`.
    ///
    /// @param addresses at most one of each version, from which it answers; they belong to no host
    public Router router(String name, String... addresses) {
        List<IpAddress> own = routerAddresses(name, addresses);
        return addWithAddresses(new Router(fabric(), name, realm, own.get(0), own.get(1)),
                own.stream().filter(Objects::nonNull).map(Internet::single).toList());
    }

    /// An IPv4 and an IPv6 address, each of which may be `null`.
    private static List<IpAddress> routerAddresses(String name, String... addresses) {
        var own = new IpAddress[2];
        for (String a : addresses) {
            IpAddress address = IpAddress.parse(a);
            int i = address.isV4() ? 0 : 1;
            if (own[i] != null) {
                throw new IllegalArgumentException("\"" + name + "\" has two IPv" + address.version() + " addresses");
            }
            own[i] = address;
        }
        return Arrays.asList(own);
    }

    private <N extends Node> N addWithAddresses(N node, List<Cidr> addresses) {
        add(node);
        try {
            node.realm().routes().add(node, addresses);
        } catch (IllegalArgumentException e) {
            nodes.remove(node.name());
            throw e;
        }
        return node;
    }

    /// Adds a subnet, such as a LAN: what is linked to it reaches all else on it, and so do broadcasts and multicasts.
    ///
    /// @param network its addresses, such as `10.1.0.0/16`, or an empty string
    public Subnet subnet(String name, String network) {
        return add(new Subnet(fabric(), name, realm, network.isEmpty() ? null : Cidr.parse(network).network()));
    }

    /// Adds an Ethernet: a switch that passes frames. Hosts get NICs there with [NicPlan#on], and speak ARP and NDP.
    ///
    /// @param networks of the addresses that are found there, such as `10.1.0.0/16`, so that routers lead to it what is for
    ///     hosts that find their addresses by themselves; none if all hosts there are made with theirs
    public EthernetSwitch ethernet(String name, String... networks) {
        List<Cidr> all = List.of(networks).stream().map(n -> Cidr.parse(n).network()).toList();
        return addWithAddresses(new EthernetSwitch(this, name, realm, all), all);
    }

    EthernetGateway join(EthernetSwitch ethernet, Router router, List<Cidr> addresses) {
        if (addresses.stream().filter(a -> a.address().isV4()).count() > 1 || addresses.stream().filter(a -> !a.address().isV4()).count() > 1) {
            throw new IllegalArgumentException("\"" + router.name() + "\" can have one IPv4 and one IPv6 address on \""
                    + ethernet.name() + "\", not " + addresses);
        }
        var gateway = add(new EthernetGateway(this, router, ethernet, addresses));
        try {
            router.realm().routes().add(router, addresses.stream().map(a -> single(a.address())).toList());
            clockwork().now(() -> {
                fabric.link(gateway, router, LinkConditions.perfect().mtu(defaultMtu));
                fabric.link(gateway, ethernet, LinkConditions.perfect());
            });
            return gateway;
        } catch (IllegalArgumentException e) {
            nodes.remove(gateway.name(), gateway);
            throw e;
        }
    }

    /// Adds a translator of addresses. It is joined to the middle of the Internet until it is linked to something else; hosts
    /// behind it are added by [NatBox#host].
    ///
    /// @param outside its IPv4 address outside
    public NatBox nat(String name, String outside, NatOptions options) {
        NatBox box = nat(realm, name, outside, options);
        fabric.joinToCloud(box);
        return box;
    }

    NatBox nat(Realm in, String name, String outside, NatOptions options) {
        IpAddress address = IpAddress.parse(outside);
        // Nobody inside can have it, since it is for documents: it answers from there.
        IpAddress gateway = IpAddress.parse("192.0.2.254");
        List<Cidr> own = options.externalPrefix() == null ? List.of(single(address))
                : List.of(single(address), options.externalPrefix());
        return addWithAddresses(new NatBox(this, name, in, address, gateway, options, LinkConditions.perfect()), own);
    }

    /// Adds a firewall. It is joined to the middle of the Internet until it is linked to something else; hosts behind it are
    /// added by [FirewallBox#host].
    ///
    /// @param addresses at most one of each version, from which it answers what it rejects
    public FirewallBox firewall(String name, FirewallOptions options, String... addresses) {
        List<IpAddress> own = routerAddresses(name, addresses);
        FirewallBox box = addWithAddresses(new FirewallBox(this, name, realm, options, own.get(0), own.get(1),
                LinkConditions.perfect()), own.stream().filter(Objects::nonNull).map(Internet::single).toList());
        fabric.joinToCloud(box);
        return box;
    }

    /// Adds a host `dns` that serves the names of all hosts, and is what they ask from now on: [Host#resolve].
    ///
    /// @param addresses at least one; each host asks the first one of a version that it has an address of
    /// @throws IOException if its stack cannot be opened
    public NameServer nameServer(String... addresses) throws IOException {
        fabric();
        if (addresses.length == 0) {
            throw new IllegalArgumentException("a name server needs an address, such as 10.0.0.53");
        }
        Host host = host("dns", addresses);
        try {
            var server = new NameServer(this, host);
            server.start();
            nameServer = host;
            names = server;
            return server;
        } catch (Throwable t) {
            host.close();
            throw t;
        }
    }

    /// The host that serves names, or `null`.
    Host nameServerHost() {
        return nameServer;
    }

    NameServer nameServerOrNull() {
        return names;
    }

    Node node(String name) {
        Node node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException("there is no \"" + name + "\" in this Internet; "
                    + dev.millrace.Nearest.advice(name, nodes.keySet()));
        }
        return node;
    }

    void requireNodes(Collection<String> names) {
        names.forEach(this::node);
    }

    Map<String, Node> nodes() {
        return new TreeMap<>(nodes);
    }

    /// Links two nodes, in both directions under the same conditions. Two hosts get a path of their own through the Internet;
    /// what is linked to something else is reached over its links only. If there is a link, its conditions change.
    public NetworkLink link(String a, String b, LinkConditions conditions) {
        var link = new NetworkLink[1];
        Node one = node(a);
        Node other = node(b);
        fabric().clockwork().now(() -> link[0] = fabric.link(one, other, conditions));
        return link[0];
    }

    /// The link of two neighbours, or the path between two hosts.
    ///
    /// @throws IllegalArgumentException if there is none
    public NetworkLink link(String a, String b) {
        var link = new NetworkLink[1];
        Node one = node(a);
        Node other = node(b);
        fabric().clockwork().now(() -> link[0] = fabric.find(one, other));
        if (link[0] == null) {
            throw new IllegalArgumentException("there is no link between \"" + a + "\" and \"" + b + "\"");
        }
        return link[0];
    }

    /// Leads further addresses or networks to a host, which does not have them as its own: it must own or forward them.
    ///
    /// @throws IllegalArgumentException if one leads to a host already; then none is added
    public void addRoute(Host host, String... networks) {
        host.realm().routes().add(host, List.of(networks).stream().map(Internet::cidr).toList());
    }

    /// Removes the route to exactly this address or network; `false` if there is none.
    public boolean removeRoute(String network) {
        return realm.routes().remove(cidr(network));
    }

    static Cidr cidr(String text) {
        return text.contains("/") ? Cidr.parse(text) : single(IpAddress.parse(text));
    }

    private static Cidr single(IpAddress address) {
        return new Cidr(address, address.isV4() ? 32 : 128);
    }

    // ---- programs and time

    <T> Program<T> start(Host host, String name, Callable<T> body) {
        var program = new Program<>(host, name, clockwork(), programNumbers.getAndIncrement(), body, programs::remove);
        programs.add(program);
        program.start();
        return program;
    }

    void threadFailed(Host host, String name, Throwable failure) {
        Program<Void> program = Program.failed(host, name, clockwork(), programNumbers.getAndIncrement(), failure,
                programs::remove);
        programs.add(program);
        program.tellOfFailure();
    }

    /// A host dies: its programs go no further.
    void endPrograms(Host host, Object owner) {
        if (fabric != null) {
            String why = "its host \"" + host.name() + "\" has crashed, " + now() + " after the beginning";
            programs.stream().filter(p -> p.belongsTo(owner) && !p.isDone()).sorted(Comparator.comparing(Program::number))
                    .forEach(p -> p.end(why));
            clockwork().end(owner);
            List<SimulatedLock> all;
            synchronized (locks) {
                all = locks.stream().map(WeakReference::get).filter(Objects::nonNull).toList();
            }
            all.forEach(SimulatedLock::ownerMayBeGone);
        }
    }

    SimulatedLock added(SimulatedLock lock) {
        synchronized (locks) {
            if (locks.size() >= locksToClean) {
                locks.removeIf(r -> r.refersTo(null));
                locksToClean = 2 * locks.size() + 64;
            }
            locks.add(new WeakReference<>(lock));
        }
        return lock;
    }

    /// Does not return to a program whose host has died.
    void rest() {
        if (fabric != null) {
            clockwork().rest();
        }
    }

    void hurry(Object owner) {
        if (fabric != null && !closed.get()) {
            clockwork().hurry(owner);
        }
    }

    /// The programs that have failed without anybody asking how.
    public List<Program<?>> failures() {
        return programs.stream().filter(Program::failedUnseen).sorted(Comparator.comparing(Program::number))
                .<Program<?>>map(p -> p).toList();
    }

    /// How much time has passed since it was opened.
    public Duration now() {
        return Duration.ofNanos(clockwork().nowNs());
    }

    /// Lets so much time pass.
    public void runFor(Duration time) throws InterruptedException {
        clockwork().sleep(time.toNanos());
    }

    /// Lets time pass until a condition holds.
    ///
    /// @return `false` if it did not within that time
    public boolean runUntil(BooleanSupplier condition, Duration atMost) throws InterruptedException {
        return clockwork().runUntil(condition, clockwork().nowNs() + atMost.toNanos());
    }

    /// Says what is to happen when so much time has passed since the Internet was opened.
    public Moment at(Duration time) {
        fabric();
        return new Moment(this, time.toNanos());
    }

    // ---- faults

    private NetworkFaults networkFaults() {
        fabric();
        return networkFaults;
    }

    /// Cuts two neighbours off from each other, or two hosts, whatever ways lead from one to the other. Nobody is told.
    public Fault cut(String a, String b) {
        return networkFaults().cut(node(a), node(b));
    }

    /// Packets are one host's or another's, whatever NIC they leave by.
    private void requireHosts(Collection<String> names) {
        requireNodes(names);
        for (String name : names) {
            if (node(name) instanceof HostNic nic) {
                throw new IllegalArgumentException("\"" + name + "\" is a NIC: say \"" + nic.host().name()
                        + "\" for all of its host's, or cut the NIC's link: net.link(…).cut()");
            }
        }
    }

    /// Cuts a host off from all others.
    public Fault isolate(String host) {
        requireHosts(List.of(host));
        return networkFaults().separate("isolated", Set.of(host), Set.of(), false);
    }

    /// Loses what one host sends to another, on whatever way; what comes back passes.
    public Fault cutOneWay(String from, String to) {
        requireHosts(List.of(from, to));
        return networkFaults().separate("cut-one-way", Set.of(from), Set.of(to), true);
    }

    Fault separate(String name, Set<String> one, Set<String> other, boolean oneWay) {
        return networkFaults().separate(name, one, other, oneWay);
    }

    /// Lets packets between hosts and others take so much longer, both ways.
    ///
    /// @param others empty for all others
    public Fault slow(Collection<String> hosts, Collection<String> others, Duration by) {
        requireHosts(hosts);
        requireHosts(others);
        return networkFaults().slow(Set.copyOf(hosts), Set.copyOf(others), by.toNanos());
    }

    /// Resets the first TCP connection between two hosts that says anything while this lasts: both ends get an RST, as from
    /// somebody in between.
    public Fault reset(String a, String b) {
        requireHosts(List.of(a, b));
        return networkFaults().reset(Set.of(a), Set.of(b));
    }

    /// Tells those that look on.
    void note(String what) {
        if (fabric != null) {
            clockwork().now(() -> fabric.note(what));
        }
    }

    void requirePauses() {
        networkFaults().requirePauses();
    }

    /// @param others empty for all others
    Fault reset(Collection<String> hosts, Collection<String> others) {
        return networkFaults().reset(Set.copyOf(hosts), Set.copyOf(others));
    }

    Fault fault(String name, Runnable end) {
        return networkFaults().other(name, end);
    }

    /// Cuts each host of one group off from each of the other.
    public Fault partition(Collection<String> one, Collection<String> other) {
        requireHosts(one);
        requireHosts(other);
        return networkFaults().separate("partition", Set.copyOf(one), Set.copyOf(other), false);
    }

    /// Loses the packets for which this is true, wherever they enter a link.
    public Fault drop(Predicate<PacketView> which) {
        return drop("dropped-by-fault", which);
    }

    /// The same, under a name for counters and captures.
    public Fault drop(String name, Predicate<PacketView> which) {
        return networkFaults().drop(name, which);
    }

    /// Delays the packets for which this is true by so much on each link.
    public Fault delay(Predicate<PacketView> which, Duration by) {
        return networkFaults().delay(which, by.toNanos());
    }

    /// Ends what keeps two neighbours, or two hosts, apart.
    public void heal(String a, String b) {
        networkFaults().heal(node(a), node(b));
    }

    /// Ends all faults and cuts.
    public void healAll() {
        networkFaults().healAll();
    }

    /// The faults that are not healed.
    public List<Fault> faults() {
        return fabric == null ? List.of() : networkFaults.active();
    }

    /// Lets the seed choose troubles among the hosts that are there when time passes next or, if those are too few for any
    /// trouble, as soon as they are enough.
    public void chaos(Chaos chaos) {
        networkFaults().begin(chaos);
    }

    /// The troubles that the seed or the script has chosen, in the order of their times: a line for each, such as
    /// `5.200 s to 7.200 s: crash b`.
    public List<String> timeline() {
        return fabric == null ? List.of() : networkFaults.timeline();
    }

    /// Whether troubles that the seed chose had nobody that they could befall: they wait for hosts, or there was no name server.
    public boolean hasIdleChaos() {
        return fabric != null && networkFaults.hasWaiting();
    }

    /// What was said of this Internet and had no effect so far, in words: troubles without hosts, marks of ECN on packets whose
    /// senders do not understand them, lines of a script that met nothing.
    public List<String> warnings() {
        if (fabric == null) {
            return List.of();
        }
        var all = new ArrayList<String>(networkFaults.warnings());
        clockwork().now(() -> all.addAll(fabric.warnings()));
        all.addAll(chance.warnings());
        return all;
    }

    /// What chance has let happen so far, if that was to be remembered ([InternetBuilder#record]).
    public Script script() {
        return chance.recorded();
    }

    // ---- packets that the program moves

    /// Waits for a packet in flight and takes it; `null` once the Internet is closed.
    public Frame take() throws InterruptedException {
        return inFlight().poll(Long.MAX_VALUE);
    }

    /// Waits for a packet in flight and takes it; `null` if none came for that long, or the Internet is closed.
    public Frame take(Duration timeout) throws InterruptedException {
        return inFlight().poll(InFlight.nanos(timeout));
    }

    /// Takes a packet in flight, or returns `null` if there is none.
    public Frame tryTake() {
        return inFlight().poll();
    }

    /// How many packets are in flight.
    public int inFlightCount() {
        return inFlight().size();
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
        Station host = null;
        if (result == null && Destination.isNotUnicast(to)) {
            result = Delivery.NOT_UNICAST;
        } else if (result == null) {
            host = realm.routes().find(to) instanceof Station s ? s : null;
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

    // ---- looking at it

    /// What was counted: packets `sent` and `delivered`, and each reason for which one was lost or refused. When the program
    /// moves them also `overflows` of the packets in flight, and `dropped-by-program`.
    public Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        counters.forEach((name, n) -> all.put(name, n.sum()));
        if (fabric != null) {
            fabric.counters().forEach((name, n) -> all.merge(name, n, Long::sum));
        }
        return all;
    }

    /// Watches the packets that hosts send from now on and for which this is true. It must not change anything, nor block.
    public PacketWatch packets(Predicate<PacketView> which) {
        return new PacketWatch(fabric(), which);
    }

    /// What happened last to packets of these hosts, each with its fate, and which faults began and ended: lines with the time,
    /// if they were to be remembered ([InternetBuilder#rememberPackets]).
    ///
    /// @param hosts names; of all hosts if there are none
    /// @param number how many lines at most
    public List<String> recentPackets(Collection<String> hosts, int number) {
        var lines = new ArrayList<String>();
        if (recent != null) {
            clockwork().now(() -> lines.addAll(recent.of(hosts, number)));
        }
        return lines;
    }

    /// Writes all packets to a pcapng file from now on: what each host sends and receives, and what is lost on the way, with
    /// the reason. The file is finished when the Internet is closed, or the returned handle is.
    ///
    /// @throws IOException if the file cannot be made
    public NetworkRecording capture(Path file) throws IOException {
        return NetworkRecording.toFile(fabric(), file, hosts().values());
    }

    /// Tells each line of what happens: packets sent, received and lost, faults. In simulated time a function of the seed.
    public NetworkRecording log(Consumer<String> lines) {
        return NetworkRecording.toLines(fabric(), lines, hosts().values());
    }

    /// A picture of its hosts, boxes and links, with their conditions and what they have carried: SVG that needs nothing else.
    public String picture() {
        var svg = new String[1];
        fabric().clockwork().now(() -> svg[0] = new TopologyPicture(List.copyOf(nodes().values()), fabric.pipes()).svg());
        return svg[0];
    }

    /// Closes all hosts, ends their programs, and gives back all packets. Further calls do nothing.
    ///
    /// @throws SimulationException if a program does not end: all else is closed; or if a program or an action of a simulation
    ///     calls this: nothing is closed then
    @Override
    public void close() {
        if (fabric != null && !closed.get()) {
            clockwork().checkMayClose();
        }
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (inFlight != null) {
            inFlight.close();
        }
        List<Host> all = List.copyOf(hosts().values());
        // Nobody is left to be told that all the others end.
        all.forEach(Host::silence);
        all.forEach(Host::close);
        if (fabric != null) {
            try {
                clockwork().close();
            } finally {
                fabric.close();
            }
        }
    }
}
