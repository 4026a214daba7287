package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.dns.Resolver;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// A host of an [Internet]: a full stack with addresses of its own, and the programs that run on it. Any thread may call any
/// method; in simulated time, whichever has the turn.
public final class Host extends Station implements AutoCloseable {
    private final Internet internet;
    /// The NICs behind the first one.
    private final List<HostNic> furtherNics;
    private final HostClock clock;
    private final RandomGenerator random;
    private volatile Stack stack;
    private volatile FirewallBox firewall;
    private volatile Asking asking;
    private int programs;

    /// Whom it asks for names.
    private record Asking(Host server, Resolver resolver) {
    }

    /// @param plans of its NICs, one at least
    /// @param mtu of those that say none, in bytes
    Host(Internet internet, Realm realm, String name, List<NicPlan> plans, int mtu) {
        super(internet, name, realm, plans.getFirst(), mtu);
        this.internet = internet;
        furtherNics = plans.stream().skip(1).map(p -> new HostNic(internet, this, p, mtu)).toList();
        clock = new HostClock(internet::epochNanos, internet::nowNs);
        random = internet.generator("programs of " + name);
    }

    void setStack(Stack opened) {
        stack = opened;
    }

    @Override
    Host host() {
        return this;
    }

    /// Its NICs, itself the first.
    List<Station> stations() {
        return Stream.concat(Stream.of(this), furtherNics.stream()).toList();
    }

    void putBehind(FirewallBox box) {
        firewall = box;
    }

    boolean isBehind(FirewallBox box) {
        return firewall == box;
    }

    /// The addresses of all its NICs: those that it was made with, and then those that its stack has found.
    public List<InetAddress> addresses() {
        Stream<Cidr> made = stations().stream().flatMap(s -> s.cidrs().stream());
        Stream<Cidr> found = stack == null || plansSay() ? Stream.of()
                : stack.nics().stream().flatMap(n -> n.addresses().stream()).filter(c -> !c.address().isLinkLocal());
        return Stream.concat(made, found).map(Cidr::inetAddress).distinct().toList();
    }

    /// Whether no NIC finds addresses by itself.
    private boolean plansSay() {
        return stations().stream().noneMatch(Station::isOnEthernet);
    }

    /// Its first address.
    ///
    /// @throws java.util.NoSuchElementException if it was made with none and has found none yet
    public InetAddress address() {
        return addresses().getFirst();
    }

    /// Its stack, with all that stacks can do.
    public Stack stack() {
        return stack;
    }

    /// Its TCP and UDP by addresses as text.
    public Connector connector() {
        return new Connector(stack);
    }

    /// The MTU of its first NIC in bytes.
    public int mtu() {
        return link().mtu();
    }

    /// Whether it is open.
    public boolean isOpen() {
        return !link().isClosed();
    }

    // ---- programs

    /// The addresses of a name, from the Internet's name server, IPv6 first; an address as text is its own answer. Blocks.
    ///
    /// @throws java.net.UnknownHostException if there is none; the message says why
    /// @throws IOException if this host is closed, or the calling thread interrupted
    public List<InetAddress> resolve(String hostName) throws IOException {
        return resolver().resolve(hostName);
    }

    /// What resolves names over this host's stack, with a cache of its own.
    ///
    /// @throws IllegalStateException if the Internet has no name server
    public Resolver resolver() {
        Host server = internet.nameServerHost();
        if (server == null) {
            throw new IllegalStateException("this Internet has no name server: add one with net.nameServer(\"10.0.0.53\")");
        }
        Asking a = asking;
        if (a == null || a.server != server) {
            InetAddress at = server.addresses().stream().filter(this::speaks).findFirst().orElse(server.address());
            a = new Asking(server, Resolver.builder(stack).server(new InetSocketAddress(at, Resolver.PORT))
                    .nanoTime(internet::nowNs).random(internet.generator("queries of " + name())).build());
            asking = a;
        }
        return a.resolver;
    }

    private boolean speaks(InetAddress other) {
        return addresses().stream().anyMatch(own -> own instanceof Inet4Address == other instanceof Inet4Address);
    }

    /// What a program does that returns nothing.
    @FunctionalInterface
    public interface Body {
        /// Runs, and may fail in any way.
        void run() throws Exception;
    }

    /// Starts a program on this host: ordinary blocking code, on a virtual thread. In simulated time it begins when time
    /// passes next, and may wait in [#sleep], in this Internet's sockets, and for other programs; whoever blocks elsewhere
    /// is told so by a [SimulationException].
    public Program<Void> run(Body body) {
        return call(() -> {
            body.run();
            return null;
        });
    }

    /// Starts a program on this host that returns something.
    public <T> Program<T> call(Callable<T> body) {
        return internet.start(this, name() + "/" + ++programs, body);
    }

    /// Makes threads that are programs of this host, for executors of programs that need several. Whoever gets one starts it.
    public ThreadFactory threads() {
        return clockwork().threads(name() + "/thread");
    }

    private Clockwork clockwork() {
        return internet.clockwork();
    }

    /// Lets the calling program wait.
    public void sleep(Duration time) throws InterruptedException {
        clockwork().sleep(time.toNanos());
    }

    /// The host's clock, which may be wrong: see [#setClock].
    public Clock clock() {
        return clock;
    }

    /// Sets the host's clock wrong.
    ///
    /// @param offset how far it is ahead now; negative if it is behind
    /// @param drift how much faster it goes: 1e-4 gains 0.1 ms each second
    public void setClock(Duration offset, double drift) {
        clock.set(offset, drift);
    }

    /// Chance for its programs: a function of the seed and the host's name.
    public RandomGenerator random() {
        return random;
    }

    // ---- packets

    @Override
    void receive(Packet packet, Pipe via) {
        receive(this, packet);
    }

    /// A packet has come to one of its NICs.
    void receive(Station nic, Packet packet) {
        Fabric fabric = internet.fabric();
        String apart = fabric.faults().separation(nic, packet);
        if (apart != null) {
            fabric.end(nic, packet, nic.isOnEthernet(), apart);
            return;
        }
        fabric.arrived(nic, packet);
        fabric.count(Internet.name(nic.link().receive(packet)));
    }

    /// Has `action` run once when the host is closed, without a lock; at once if it is closed already.
    public void onClose(Runnable action) {
        link().onClose(action);
    }

    /// The stack has closed its link, whoever began it: the addresses are free again.
    void linkClosed() {
        internet.forget(this);
    }

    /// Lets it vanish as if its power had failed: nobody is told, its programs are interrupted. Another host may take its name
    /// and its addresses.
    public void crash() {
        silence();
        internet.interruptPrograms(this);
        close();
    }

    void silence() {
        stations().forEach(s -> s.link().silence());
    }

    /// Closes its stack, which tells its peers, and frees its addresses. Further calls do nothing.
    @Override
    public void close() {
        Stack s = stack;
        if (s != null) {
            s.close();
        }
    }
}
