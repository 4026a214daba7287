package dev.millrace.dhcp;

import dev.millrace.dhcp.Dhcp.Change;
import dev.millrace.dhcp.Dhcp.Lease;
import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.spi.Timers;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The client of one NIC in its stack: time, chance, packets and timers for a [DhcpClient], and what it wants done, done in
/// order by one thread at a time, without a lock.
final class NicClient {
    private static final Logger LOG = LoggerFactory.getLogger(NicClient.class);
    private static final int MIN_MESSAGE = 576;

    private final AddressSourceContext context;
    private final NicPort nic;
    private final DhcpSettings settings;
    private final LeaseFile file;
    private final Binding binding;
    private final DhcpClient client;
    private final Timers.Timer timer;
    private final Consumer<Change> listener;
    private final Set<Thread> waiting = ConcurrentHashMap.newKeySet();

    private final Object lock = new Object();
    /// Guarded by lock, as the client is.
    private final ArrayDeque<Runnable> todo = new ArrayDeque<>();
    private boolean working;
    /// An input was left in the middle, and not even that could be said.
    private boolean isInterrupted;
    private boolean closed;
    private Change told;

    private volatile Lease lease;
    private volatile State state = State.STOPPED;

    NicClient(AddressSourceContext context, NicPort nic, DhcpSettings settings, NicSettings own, Consumer<Change> listener) {
        this.context = context;
        this.nic = nic;
        this.settings = settings;
        this.listener = listener;
        file = own.file() == null ? null : new LeaseFile(own.file());
        binding = new Binding(context, nic, own.routes(), () -> run(c -> c.addressLost(now())));
        int longest = Math.clamp(nic.mtu(), MIN_MESSAGE, DhcpMessage.MAX_LENGTH);
        client = new DhcpClient(new RequestWriter(nic.stationAddress(), own.hostName(), longest), context.random());
        timer = context.timers().create(now -> run(c -> c.onTimer(now)));
    }

    String name() {
        return nic.name();
    }

    boolean isOf(NicPort port) {
        return nic == port;
    }

    State state() {
        return state;
    }

    Lease lease() {
        return lease;
    }

    /// Threads that wait for a change.
    Set<Thread> waiting() {
        return waiting;
    }

    // ---- inputs

    void begin() {
        LeaseFile.Saved saved = file == null ? null : file.read(nic.stationAddress(), epoch(now(), now()));
        if (saved == null && settings.startDelayNs() > 0) {
            long delay = context.random().nextLong(settings.startDelayNs());
            run(c -> c.startLater(delay, now()));
        } else {
            run(c -> c.start(saved == null ? null : saved.address(), now()));
        }
    }

    /// Whether the message was an answer to what this client asked last.
    boolean onMessage(DhcpMessage message) {
        boolean[] taken = new boolean[1];
        run(c -> taken[0] = c.onMessage(message, now()));
        return taken[0];
    }

    void renew() {
        run(c -> c.renew(now()));
    }

    void release() {
        run(c -> c.release(now()));
    }

    void linkUp() {
        run(c -> c.linkUp(now()));
    }

    /// The last input.
    void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
        }
        run(c -> {
            closed = true;
            c.close(file != null, now());
        });
        // Another thread may be at work, and the stack does not wait for it: what is left is done here.
        drain();
        if (file != null) {
            file.flush();
        }
        waiting.forEach(context.waits()::unpark);
    }

    private long now() {
        return context.clock().nanoTime();
    }

    /// Gives the client an input and does what it wants done then; if another thread is at that, it does it.
    private void run(Consumer<DhcpClient> input) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            boolean done = false;
            try {
                if (isInterrupted) {
                    client.failed(now());
                }
                input.accept(client);
                done = true;
            } catch (Throwable t) {
                // No input is more than an input: the timer, a stranger's message, a program at the end of its stack.
                context.failed("dhcp", t);
                client.failed(now());
                done = true;
            } finally {
                isInterrupted = !done;
            }
            for (Action a = client.poll(); a != null; a = client.poll()) {
                Action next = a;
                todo.add(() -> perform(next));
            }
            long deadline = client.nextDeadlineNs();
            if (deadline == DhcpClient.NEVER) {
                timer.cancel();
            } else {
                timer.set(deadline);
            }
            State after = client.state();
            todo.add(() -> tell(after));
        }
        work();
    }

    /// Does what is to be done unless another thread is at it. One that cannot go on, at the end of its stack, leaves the rest to who
    /// comes next.
    private void work() {
        synchronized (lock) {
            if (working) {
                return;
            }
            working = true;
        }
        boolean givenBack = false;
        try {
            drain();
            givenBack = true;
        } finally {
            if (!givenBack) {
                synchronized (lock) {
                    working = false;
                }
            }
        }
    }

    private void drain() {
        for (Runnable next = next(); next != null; next = next()) {
            doOne(next);
        }
    }

    /// The next thing to do; `null` if there is none, and then nobody is at work.
    private Runnable next() {
        synchronized (lock) {
            Runnable next = todo.poll();
            working = next != null;
            return next;
        }
    }

    private void doOne(Runnable next) {
        try {
            next.run();
        } catch (Throwable t) {
            context.failed("dhcp", t);
        }
    }

    // ---- what the client wants

    private void perform(Action action) {
        switch (action) {
            case Action.Send s -> send(s);
            case Action.Probe p -> orAbandon(() -> probe(p.address()));
            case Action.Use u -> orAbandon(() -> use(u.terms(), u.beganNs()));
            case Action.End e -> end(e.why());
            case Action.Note n -> LOG.info("{}/{}: {}", context.stackName(), nic.name(), n.text());
        }
    }

    /// The client waits for what comes of these, and would for ever.
    private void orAbandon(Runnable action) {
        try {
            action.run();
        } catch (Throwable t) {
            context.failed("dhcp", t);
            run(c -> c.abandon(now()));
        }
    }

    private void send(Action.Send s) {
        var packets = Envelope.wrap(s.bytes(), s.from(), s.to());
        if (s.to() == null) {
            nic.transmit(packets, EtherType.IPV4, MacAddress.BROADCAST);
            return;
        }
        Route route = context.route(s.to());
        boolean here = route != null && !route.local() && route.nic() == nic;
        boolean mayAsk = !context.isClosing() && context.addressState(nic, s.from()) != null;
        if (!mayAsk && s.isNear()) {
            // A release, when nobody can ask for the server's station any more. Differs: RFC 2131 §4.4.4 wants it unicast, which
            // it is for IP.
            nic.transmit(packets, EtherType.IPV4, MacAddress.BROADCAST);
        } else {
            nic.toward(here ? route.nextHop(s.to()) : s.to()).transmit(packets);
        }
    }

    private void probe(IpAddress address) {
        Consumer<Boolean> answer = taken -> run(c -> c.probed(address, taken, now()));
        NeighborDiscovery neighbors = context.service(NeighborDiscovery.class).orElse(null);
        if (context.classify(nic, address.hi(), address.lo()) == Destination.LOCAL) {
            // Of another NIC of this stack.
            answer.accept(true);
        } else if (settings.probeNs() == 0 || neighbors == null) {
            answer.accept(false);
        } else {
            neighbors.probe(nic, address, settings.probeNs(), answer);
        }
    }

    private void use(Terms terms, long beganNs) {
        if (!binding.use(terms, terms.isInfinite() ? HostConfiguration.FOREVER : beganNs + terms.leaseNs())) {
            if (!context.isClosing()) {
                LOG.warn("{}/{}: {} was granted and cannot be used", context.stackName(), nic.name(), terms.address());
                run(c -> c.decline(now()));
            }
            return;
        }
        boolean renewed = lease != null;
        lease = describe(terms, beganNs);
        if (!renewed) {
            LOG.info("{}/{} has {} from {} until {}", context.stackName(), nic.name(), terms.address(), terms.server(),
                    terms.isInfinite() ? "it is given back" : lease.expires());
        }
        save(new LeaseFile.Saved(nic.stationAddress(), terms.address().address(), lease.expires()));
    }

    private void end(String why) {
        Lease ended = lease;
        binding.undo();
        lease = null;
        save(null);
        if (ended != null) {
            LOG.info("{}/{} has {} no longer: {}", context.stackName(), nic.name(), ended.address(), why);
        }
    }

    private void save(LeaseFile.Saved saved) {
        if (file != null) {
            // In a stepped stack everything has happened when a step is over.
            file.write(saved, !context.waits().mayWait() || context.isClosing());
        }
    }

    private Lease describe(Terms t, long beganNs) {
        Instant began = epoch(beganNs, now());
        return new Lease(nic.name(), t.address(), t.server().toInetAddress(),
                t.routers().stream().map(IpAddress::toInetAddress).toList(),
                t.routes().stream().map(h -> new Dhcp.Route(h.to(), h.via() == null ? null : h.via().toInetAddress())).toList(),
                t.nameServers().stream().map(IpAddress::toInetAddress).toList(), t.domain(), t.search(), t.mtu(),
                began, t.isInfinite() ? Instant.MAX : began.plusNanos(t.leaseNs()));
    }

    /// When a moment of the stack's clock was or will be.
    private Instant epoch(long ns, long nowNs) {
        return Instant.EPOCH.plusNanos(context.clock().epochNanos()).plusNanos(ns - nowNs);
    }

    /// Tells programs, if there is news.
    private void tell(State after) {
        state = after;
        var change = new Change(nic.name(), after, lease);
        if (change.equals(told)) {
            return;
        }
        told = change;
        waiting.forEach(context.waits()::unpark);
        listener.accept(change);
    }
}
