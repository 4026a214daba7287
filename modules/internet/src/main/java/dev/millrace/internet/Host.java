package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.dns.Resolver;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.Gone;
import dev.millrace.jdk.StackSockets;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// A host of an [Internet]: a full stack with addresses of its own, and the programs that run on it. Any thread may call any
/// method; in simulated time, whichever has the turn.
public final class Host extends Station implements AutoCloseable {
    private final Internet internet;
    /// The NICs behind the first one.
    private final List<HostNic> furtherNics;
    private final HostClock clock;
    private final Consumer<Stack.Builder> settings;
    private volatile RandomGenerator random;
    private volatile int life;
    /// What programs and threads of this life belong to.
    private volatile Life owner = new Life();
    private volatile boolean crashed;
    private volatile Boot boot;
    private final Disk disk = new Disk();
    private final StackSockets sockets = StackSockets.of(this::stack);
    private volatile Stack stack;
    private volatile FirewallBox firewall;
    private final HostNames names;
    private int programs;
    private final HostConcurrency concurrency;

    /// What a host does when it starts: see [#boot].
    @FunctionalInterface
    public interface Boot {
        /// Runs as a program of the host, and may fail in any way.
        void run(Host host) throws Exception;
    }

    /// @param plans of its NICs, one at least
    /// @param mtu of those that say none, in bytes
    /// @param settings further settings of its stack
    /// @param life how often there was a host of this name, with this one
    Host(Internet internet, Realm realm, String name, List<NicPlan> plans, int mtu, Consumer<Stack.Builder> settings, int life) {
        super(internet, name, realm, plans.getFirst(), mtu);
        this.internet = internet;
        concurrency = new HostConcurrency(internet, this);
        names = new HostNames(internet, this);
        this.settings = settings;
        this.life = life;
        furtherNics = plans.stream().skip(1).map(p -> new HostNic(internet, this, p, mtu)).toList();
        clock = new HostClock(internet::epochNanos, internet::nowNs);
        random = internet.generator("programs of " + lifeName());
    }

    void setStack(Stack opened) {
        opened.setNames(names);
        owner.begins(opened);
        stack = opened;
    }

    Consumer<Stack.Builder> settings() {
        return settings;
    }

    @Override
    int life() {
        return life;
    }

    boolean endsAtFailure() {
        return internet.endsAtFailure();
    }

    Life ownerOfPrograms() {
        return owner;
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

    /// The JDK's sockets, channels and factories on this host, for libraries that know nothing of it. What is made after it was started
    /// again belongs to its new life. Factories take names of hosts of this Internet.
    public StackSockets sockets() {
        return sockets;
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
        return names.resolver();
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
    ///
    /// @throws SimulationException if the host is closed or has crashed
    public <T> Program<T> call(Callable<T> body) {
        checkOpen();
        return internet.programs().start(this, name() + "/" + ++programs, body);
    }

    /// Makes threads that are programs of this host, for executors of programs that need several. Whoever gets one starts it.
    ///
    /// @throws SimulationException if the host is closed or has crashed; the factory throws it later
    public ThreadFactory threads() {
        checkOpen();
        ThreadFactory factory = clockwork().threads(owner, name() + "/thread");
        Life mine = owner;
        return body -> {
            if (mine != owner) {
                throw new SimulationException("\"" + name() + "\" has crashed since: ask it for its threads again");
            }
            checkOpen();
            return factory.newThread(() -> runThread(body, mine));
        };
    }

    /// How a thread fails that is no program is to be heard as well.
    private void runThread(Runnable body, Life mine) {
        try {
            mine.run(body);
        } catch (Gone e) {
            throw e;
        } catch (Throwable t) {
            if (mine == owner && isOpen()) {
                internet.programs().threadFailed(this, Thread.currentThread().getName(), t);
            }
        }
    }

    // ---- what programs wait for

    /// Waits for a future in simulated time: others go on meanwhile. It must be something that programs complete: what
    /// threads of the JDK do, such as those of the common pool, happens by the wall clock.
    ///
    /// @throws ExecutionException if it failed
    public <T> T await(Future<T> future) throws InterruptedException, ExecutionException {
        return concurrency.await(future);
    }

    /// A future that programs complete, as [CompletableFuture] but in simulated time: `get`, `join`, time-outs, and what is
    /// asynchronous of its stages, which runs on this host.
    public <T> CompletableFuture<T> future() {
        return concurrency.future();
    }

    /// Runs each task as a program of this host, and some at times, in simulated time. A crash ends them; close it, in a `try`
    /// block perhaps, to wait for all.
    public ScheduledExecutorService executor() {
        return executor(Integer.MAX_VALUE);
    }

    /// The same, with so many at once at most; others wait for their turns.
    ///
    /// @param threads at least 1
    public ScheduledExecutorService executor(int threads) {
        return concurrency.executor(threads);
    }

    /// A queue between programs, first in first out, whose waits take simulated time.
    public <E> BlockingQueue<E> queue() {
        return queue(Integer.MAX_VALUE);
    }

    /// The same, for so many at most.
    ///
    /// @param capacity at least 1
    public <E> BlockingQueue<E> queue(int capacity) {
        return concurrency.queue(capacity);
    }

    /// A latch whose waits take simulated time.
    ///
    /// @param count how often it is counted down until it is open
    public CountDownLatch latch(int count) {
        return concurrency.latch(count);
    }

    /// A semaphore whose waits take simulated time.
    public Semaphore semaphore(int permits) {
        return concurrency.semaphore(permits);
    }

    /// A lock that may be held while time passes, as by who waits for a packet: its owner may take it again, it has conditions. A
    /// crash of its owner's host frees it, as memory that is gone does.
    public Lock lock() {
        return concurrency.lock();
    }

    private void checkOpen() {
        if (!isOpen()) {
            throw new SimulationException("\"" + name() + "\" " + (crashed ? "has crashed" : "is closed")
                    + ": nothing runs on it until host.restart()");
        }
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

    /// Chance for its programs: a function of the seed, the host's name, and how often it has started.
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
        String apart = crashed ? "host-crashed" : fabric.faults().separation(nic, packet);
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

    /// The stack has closed its link, whoever began it: the addresses are free again, unless nobody is to notice.
    void linkClosed() {
        if (!crashed) {
            concurrency.endExecutors(false);
            internet.nodes().forget(this);
        }
    }

    boolean hasCrashed() {
        return crashed;
    }

    /// What it keeps over its lives.
    public Disk disk() {
        return disk;
    }

    /// Whether it has crashed, was that its end in this life, and its name is still its own.
    boolean isDeadSince(int someLife) {
        return crashed && life == someLife && internet.host(name()).orElse(null) == this;
    }

    // ---- its lives

    /// Says what this host does whenever it starts, from now on, and has it do so now.
    ///
    /// ```java
    /// server.boot(h -> serve(h.stack().tcp().listen(80)));
    /// net.at(Duration.ofSeconds(5)).crash("server", Duration.ofSeconds(2));
    /// ```
    ///
    /// @throws SimulationException if it is closed or has crashed
    public Program<Void> boot(Boot what) {
        boot = Objects.requireNonNull(what);
        return start();
    }

    /// Says what it does when it starts again, and does nothing now.
    void bootLater(Boot what) {
        boot = what;
    }

    private Program<Void> start() {
        Boot b = boot;
        return b == null ? null : run(() -> b.run(this));
    }

    /// Lets it die as if its power had failed, without a word: its programs and threads never go on, whatever they would do with
    /// interrupts, no `finally` of theirs runs in simulated time, and what is sent to it is lost. Its addresses stay its own until
    /// another host takes them or it is started again. What is left of its threads ends with the Internet. In real time, where
    /// threads cannot be stopped, they are interrupted.
    ///
    /// Called by a program of this host, it does not return. On a host that is closed or has crashed already it does nothing.
    public void crash() {
        die(true);
        internet.rest();
    }

    /// As [#crash], but routers notice: whoever sends to its addresses, which are free again, hears that there is no such
    /// host. Also for one that has crashed before.
    public void disappear() {
        if (crashed) {
            crashed = false;
            internet.nodes().forget(this);
        } else {
            die(false);
        }
        internet.rest();
    }

    /// Lets its programs and threads stand still until the fault is closed, as a process does after SIGSTOP: its stack, like a
    /// kernel's, goes on. In simulated time only. A program that pauses its own host comes back when somebody else ends that.
    public Fault pause() {
        Object mine = owner;
        clockwork().now(() -> clockwork().pause(mine, true));
        Fault fault = internet.fault("pause " + name(), () -> clockwork().pause(mine, false));
        internet.rest();
        return fault;
    }

    private void die(boolean silently) {
        if (!isOpen()) {
            return;
        }
        disk.crash();
        crashed = silently;
        silence();
        internet.note((silently ? "crash: " : "disappeared: ") + name());
        internet.endPrograms(this, owner);
        concurrency.endExecutors(true);
        close();
    }

    void silence() {
        stations().forEach(s -> s.link().silence());
    }

    /// Starts it again, as after a power failure if it is running: with a new stack under the same addresses, with the links
    /// that it had, and with what [#boot] said, if anything. What its programs left in memory the test has; of chance it
    /// gets another share.
    ///
    /// Called by a program of this host, it does not return.
    ///
    /// @throws IllegalStateException if another host has taken its name or one of its addresses meanwhile
    /// @throws IOException if its stack cannot be opened
    public void restart() throws IOException {
        die(true);
        // Of one that was closed some may go on.
        internet.endPrograms(this, owner);
        concurrency.endExecutors(true);
        owner = new Life();
        life = internet.nodes().beginLife(name());
        random = internet.generator("programs of " + lifeName());
        stations().forEach(Station::renewLink);
        boolean was = crashed;
        crashed = false;
        try {
            internet.reopen(this, was);
        } catch (Throwable t) {
            crashed = was;
            stations().forEach(s -> s.link().close());
            throw t;
        }
        start();
        internet.rest();
    }

    /// The same, and from now on it does something else when it starts.
    ///
    /// @throws IllegalStateException if another host has taken its name or one of its addresses meanwhile
    /// @throws IOException if its stack cannot be opened
    public void restart(Boot what) throws IOException {
        boot = Objects.requireNonNull(what);
        restart();
    }

    /// Closes its stack, which tells its peers, and frees its addresses. Further calls do nothing.
    @Override
    public void close() {
        Stack s = stack;
        if (s != null) {
            s.close();
            internet.hurry(owner);
        }
    }
}
