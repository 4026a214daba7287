package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.internet.InternetBuilder.Mode;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.RealClockwork;
import dev.millrace.internet.time.Task;
import dev.millrace.internet.time.VirtualClockwork;
import dev.millrace.spi.OpenStacks;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.Surroundings;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
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
    private final Nodes nodes = new Nodes();
    private volatile NameServer names;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Chance chance;
    private final StackProvider stacks = StackProvider.find();
    /// Only when the program moves the packets.
    private final InFlight inFlight;
    /// Only when they move by themselves.
    private final Fabric fabric;
    private final NetworkFaults networkFaults;
    private final Programs programs;
    /// `null` if nothing is to be remembered.
    private final RecentPackets recent;
    /// Held here alone, so that it goes with this; `null` if the program moves the packets.
    private final OpenStacks.Guide guide;

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
            programs = null;
            recent = null;
            guide = null;
        } else {
            inFlight = null;
            Clockwork clockwork = b.mode == Mode.REAL ? new RealClockwork()
                    : new VirtualClockwork(chance::pick, b.limit, b.stall);
            fabric = new Fabric(clockwork, chance, realm, b.conditions, nodes::has);
            nodes.moveBy(fabric);
            programs = new Programs(clockwork);
            networkFaults = new NetworkFaults(fabric, nodes::has, () -> hosts().keySet(), new Troublemaker(this));
            chance.troubles().forEach(networkFaults::schedule);
            recent = b.recentPackets == 0 ? null : new RecentPackets(fabric, b.recentPackets);
            if (recent != null) {
                fabric.observe(recent);
            }
            guide = new ProgramGuide(nodes, () -> names);
            OpenStacks.add(guide);
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

    Nodes nodes() {
        return nodes;
    }

    Programs programs() {
        fabric();
        return programs;
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
        var host = new Host(this, in, name, plans, mtu, settings, nodes.beginLife(name));
        try {
            nodes.join(host);
            openStack(host);
        } catch (Throwable t) {
            nodes.undoLife(name);
            throw t;
        }
        if (fabric != null) {
            fabric.hostAdded(host);
            networkFaults.hostAdded();
        }
        return host;
    }

    private void openStack(Host host) throws IOException {
        try {
            Stack.Builder builder = HostStack.describe(host);
            host.settings().accept(builder);
            Surroundings surroundings = fabric == null ? null
                    : clockwork().surroundings(chance.seedOf("stack of " + host.lifeName()));
            host.setStack(surroundings == null ? stacks.open(builder.config()) : stacks.open(builder.config(), surroundings));
        } catch (Throwable t) {
            nodes.forget(host);
            throw t;
        }
    }

    /// A host starts again.
    ///
    /// @param kept whether it still has its names and addresses
    void reopen(Host host, boolean kept) throws IOException {
        nodes.rejoin(host, kept);
        openStack(host);
        if (fabric != null) {
            fabric.started(host);
        }
    }

    /// The host of this name, even if it has crashed.
    public Optional<Host> host(String name) {
        return nodes.find(name) instanceof Host h ? Optional.of(h) : Optional.empty();
    }

    /// All hosts that are open, by name.
    public Map<String, Host> hosts() {
        return nodes.hosts();
    }

    /// Adds a router. Link it to others; to the middle of the Internet, where the hosts are that have no link of their own, as
    /// `internet`.
    ///
    /// @param addresses at most one of each version, from which it answers; they belong to no host
    public Router router(String name, String... addresses) {
        List<IpAddress> own = Nodes.oneOfEach(name, addresses);
        return nodes.add(new Router(fabric(), name, realm, own.get(0), own.get(1)), Nodes.singles(own));
    }

    /// Adds a subnet, such as a LAN: what is linked to it reaches all else on it, and so do broadcasts and multicasts.
    ///
    /// @param network its addresses, such as `10.1.0.0/16`, or an empty string
    public Subnet subnet(String name, String network) {
        return nodes.add(new Subnet(fabric(), name, realm, network.isEmpty() ? null : Cidr.parse(network).network()));
    }

    /// Adds an Ethernet: a switch that passes frames. Hosts get NICs there with [NicPlan#on], and speak ARP and NDP.
    ///
    /// @param networks of the addresses that are found there, such as `10.1.0.0/16`, so that routers lead to it what is for
    ///     hosts that find their addresses by themselves; none if all hosts there are made with theirs
    public EthernetSwitch ethernet(String name, String... networks) {
        List<Cidr> all = List.of(networks).stream().map(n -> Cidr.parse(n).network()).toList();
        return nodes.add(new EthernetSwitch(this, name, realm, all), all);
    }

    EthernetGateway join(EthernetSwitch ethernet, Router router, List<Cidr> addresses) {
        for (boolean v4 : new boolean[] {true, false}) {
            if (addresses.stream().filter(a -> a.address().isV4() == v4).count() > 1) {
                throw new IllegalArgumentException("\"" + router.name() + "\" can have one IPv4 and one IPv6 address on \""
                        + ethernet.name() + "\", not " + addresses);
            }
        }
        var gateway = nodes.add(new EthernetGateway(this, router, ethernet, addresses), router,
                addresses.stream().map(a -> Nodes.single(a.address())).toList());
        clockwork().now(() -> {
            fabric.wiring().link(gateway, router, LinkConditions.perfect().mtu(defaultMtu));
            fabric.wiring().link(gateway, ethernet, LinkConditions.perfect());
        });
        return gateway;
    }

    /// Adds a translator of addresses. It is joined to the middle of the Internet until it is linked to something else; hosts
    /// behind it are added by [NatBox#host].
    ///
    /// @param outside its IPv4 address outside
    public NatBox nat(String name, String outside, NatOptions options) {
        NatBox box = nat(realm, name, outside, options);
        fabric.wiring().joinToCloud(box);
        return box;
    }

    NatBox nat(Realm in, String name, String outside, NatOptions options) {
        IpAddress address = IpAddress.parse(outside);
        // Nobody inside can have it, since it is for documents: it answers from there.
        IpAddress gateway = IpAddress.parse("192.0.2.254");
        List<Cidr> own = options.externalPrefix() == null ? List.of(Nodes.single(address))
                : List.of(Nodes.single(address), options.externalPrefix());
        return nodes.add(new NatBox(this, name, in, address, gateway, options, LinkConditions.perfect()), own);
    }

    /// Adds a firewall. It is joined to the middle of the Internet until it is linked to something else; hosts behind it are
    /// added by [FirewallBox#host].
    ///
    /// @param addresses at most one of each version, from which it answers what it rejects
    public FirewallBox firewall(String name, FirewallOptions options, String... addresses) {
        List<IpAddress> own = Nodes.oneOfEach(name, addresses);
        FirewallBox box = nodes.add(new FirewallBox(this, name, realm, options, own.get(0), own.get(1), LinkConditions.perfect()),
                Nodes.singles(own));
        fabric.wiring().joinToCloud(box);
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
            names = server;
            return server;
        } catch (Throwable t) {
            host.close();
            throw t;
        }
    }

    /// What serves names, or `null`.
    NameServer names() {
        return names;
    }

    /// Links two nodes, in both directions under the same conditions. Two hosts get a path of their own through the Internet;
    /// what is linked to something else is reached over its links only. If there is a link, its conditions change.
    public NetworkLink link(String a, String b, LinkConditions conditions) {
        var link = new NetworkLink[1];
        Node one = nodes.get(a);
        Node other = nodes.get(b);
        fabric().clockwork().now(() -> link[0] = fabric.wiring().link(one, other, conditions));
        return link[0];
    }

    /// The link of two neighbours, or the path between two hosts.
    ///
    /// @throws IllegalArgumentException if there is none
    public NetworkLink link(String a, String b) {
        var link = new NetworkLink[1];
        Node one = nodes.get(a);
        Node other = nodes.get(b);
        fabric().clockwork().now(() -> link[0] = fabric.wiring().find(one, other));
        if (link[0] == null) {
            throw new IllegalArgumentException("there is no link between \"" + a + "\" and \"" + b + "\"");
        }
        return link[0];
    }

    /// Leads further addresses or networks to a host, which does not have them as its own: it must own or forward them.
    ///
    /// @throws IllegalArgumentException if one leads to a host already; then none is added
    public void addRoute(Host host, String... networks) {
        host.realm().routes().add(host, List.of(networks).stream().map(Nodes::cidr).toList());
    }

    /// Removes the route to exactly this address or network; `false` if there is none.
    public boolean removeRoute(String network) {
        return realm.routes().remove(Nodes.cidr(network));
    }

    // ---- programs and time

    /// A host dies: what belongs to this life of it goes no further.
    void endPrograms(Host host, Object owner) {
        if (fabric != null) {
            programs.end(host, owner);
        }
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
        return fabric == null ? List.of() : programs.failures();
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
        return networkFaults().cut(nodes.get(a), nodes.get(b));
    }

    /// Cuts a host off from all others.
    public Fault isolate(String host) {
        nodes.requireHosts(List.of(host));
        return networkFaults().separate("isolated", Set.of(host), Set.of(), false);
    }

    /// Loses what one host sends to another, on whatever way; what comes back passes.
    public Fault cutOneWay(String from, String to) {
        nodes.requireHosts(List.of(from, to));
        return networkFaults().separate("cut-one-way", Set.of(from), Set.of(to), true);
    }

    Fault separate(String name, Set<String> one, Set<String> other, boolean oneWay) {
        return networkFaults().separate(name, one, other, oneWay);
    }

    /// Lets packets between hosts and others take so much longer, both ways.
    ///
    /// @param others empty for all others
    public Fault slow(Collection<String> hosts, Collection<String> others, Duration by) {
        nodes.requireHosts(hosts);
        nodes.requireHosts(others);
        return networkFaults().slow(Set.copyOf(hosts), Set.copyOf(others), by.toNanos());
    }

    /// Resets the first TCP connection between two hosts that says anything while this lasts: both ends get an RST, as from
    /// somebody in between.
    public Fault reset(String a, String b) {
        nodes.requireHosts(List.of(a, b));
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
        nodes.requireHosts(one);
        nodes.requireHosts(other);
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
        networkFaults().heal(nodes.get(a), nodes.get(b));
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
        clockwork().now(() -> all.addAll(fabric.wiring().warnings()));
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
        return NetworkRecording.toLines(fabric(), lines, false, hosts().values());
    }

    /// The same, with a checksum over each packet's bytes, so that runs whose packets differ in nothing but their contents have
    /// different lines.
    public NetworkRecording logContents(Consumer<String> lines) {
        return NetworkRecording.toLines(fabric(), lines, true, hosts().values());
    }

    /// A picture of its hosts, boxes and links, with their conditions and what they have carried: SVG that needs nothing else.
    public String picture() {
        var svg = new String[1];
        fabric().clockwork().now(() -> svg[0] = new TopologyPicture(List.copyOf(nodes.all().values()), fabric.wiring().pipes()).svg());
        return svg[0];
    }

    /// Of the host whose program is calling. Rarely asked, so that programs carry nothing for it.
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
        if (guide != null) {
            OpenStacks.remove(guide);
        }
        nodes.close();
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
