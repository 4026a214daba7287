package dev.millrace.stack;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.NameServers;
import dev.millrace.Names;
import dev.millrace.Nic;
import dev.millrace.NicConfig;
import dev.millrace.OptionValues;
import dev.millrace.Ping;
import dev.millrace.Raw;
import dev.millrace.RouteConfig;
import dev.millrace.Tcp;
import dev.millrace.Udp;
import dev.millrace.spi.Clock;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.OpenStacks;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.TransportProtocolFactory;
import dev.millrace.spi.Waits;
import dev.millrace.stack.Failures.Place;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A stack in operation: what the parts find one another through, and its beginning and end.
final class AssembledStack implements ManualStack {
    private static final Logger LOG = LoggerFactory.getLogger(AssembledStack.class);

    private final String name;
    private final Plugins plugins;
    private final Surroundings surroundings;
    private final StackOptions options;
    private final byte[] secret = new byte[16];
    private final CounterGroups counters = new CounterGroups();
    private final Failures failures;
    private final Timers timers;
    private final SocketMemory memory;
    private final NetworkTable networks = new NetworkTable();
    private final TransportProtocol[] transports = new TransportProtocol[256];
    private final List<StackNic> nics = new ArrayList<>();
    private final AddressBook addresses = new AddressBook(this);
    private final GroupTable groups;
    private final AddressSources sources = new AddressSources(this);
    private final RawSockets raw = new RawSockets(this);
    private final NameServerList nameServers;
    private volatile Names names;
    private final Map<String, OptionValues> congestionControlValues;
    /// By NIC, then by network protocol. Written before the first packet comes.
    private final Map<NicPort, Map<String, OptionValues>> nicValues = new IdentityHashMap<>();

    private final StackLife life = new StackLife();
    private final Captures captures = new Captures(life, nics);

    private AssembledStack(ConfigurationCheck check, Plugins plugins, Surroundings surroundings) {
        this.name = check.config().name();
        this.plugins = plugins;
        this.surroundings = surroundings;
        this.options = check.stackOptions();
        this.congestionControlValues = check.congestionControlValues();
        this.memory = new SocketMemory(options.memory());
        this.groups = new GroupTable(this, options.groups());
        nameServers = new NameServerList(surroundings.clock());
        failures = new Failures(counters.group("failures"), name);
        timers = new ContainedTimers(surroundings.timers(), failures, surroundings.isStepped());
        surroundings.random().nextBytes(secret);
    }

    /// Opens a stack; if anything fails, all that was opened is closed again.
    static AssembledStack open(ConfigurationCheck check, Plugins plugins, Surroundings surroundings)
            throws IOException {
        AssembledStack stack;
        try {
            stack = new AssembledStack(check, plugins, surroundings);
        } catch (Throwable t) {
            surroundings.close();
            throw t;
        }
        try {
            stack.build(check);
            if (!surroundings.isStepped()) {
                ExitHook.add(stack);
                if (!stack.isOpen()) {
                    // Closed already by what came in, perhaps before it was added.
                    ExitHook.remove(stack);
                }
            }
        } catch (Throwable t) {
            try {
                stack.close();
            } catch (Throwable again) {
                t.addSuppressed(again);
            }
            throw t;
        }
        OpenStacks.add(stack);
        LOG.debug("stack {} is open: {}", stack.name, stack.nics);
        return stack;
    }

    private void build(ConfigurationCheck check) throws IOException {
        for (NetworkProtocolFactory f : check.networks()) {
            networks.add(f.etherType(), f.name(), f.create(new PluginContext(this, 0, f.name()), check.values(f.name())));
        }
        for (TransportProtocolFactory f : check.transports()) {
            transports[f.number()] = f.create(new PluginContext(this, f.number(), null), check.values(f.name()));
        }
        var opening = new NicOpening(this, check);
        List<NicConfig> configs = check.config().nics();
        var owned = new ArrayList<Owned>();
        for (int i = 0; i < configs.size(); i++) {
            StackNic nic = opening.open(i);
            nics.add(nic);
            nicValues.put(nic, check.nicValues(i));
            configs.get(i).addresses().forEach(a -> owned.add(Owned.given(nic, a)));
        }
        var routes = new ArrayList<RouteEntry>();
        for (int i = 0; i < check.config().routes().size(); i++) {
            RouteConfig route = check.config().routes().get(i);
            NicConfig through = ConfigurationCheck.checkRoute("route[" + i + "]", route, configs);
            routes.addAll(AddressBook.entries(route, nics.get(configs.indexOf(through))));
        }
        addresses.begin(owned, routes);
        sources.create(check);
        // Attached last: packets may come from now on, and everything that they need is there.
        for (StackNic nic : nics) {
            nic.link().attach(nic);
        }
        for (StackNic nic : nics) {
            if (nic.framing() != null) {
                nic.framing().neighbors().attached(nic);
            }
        }
        for (Owned o : owned) {
            o.nic().addressAdded(o.cidr().address());
        }
        sources.begin(check, nics);
    }

    // ---- what the parts ask for

    Surroundings surroundings() {
        return surroundings;
    }

    Timers timers() {
        return timers;
    }

    Failures failures() {
        return failures;
    }

    Plugins plugins() {
        return plugins;
    }

    CounterGroups counterGroups() {
        return counters;
    }

    MemoryBudget memory() {
        return memory;
    }

    byte[] secret() {
        return secret.clone();
    }

    AddressBook addresses() {
        return addresses;
    }

    Addressing addressing() {
        return addresses.now();
    }

    NetworkTable networks() {
        return networks;
    }

    GroupTable groups() {
        return groups;
    }

    AddressSources sources() {
        return sources;
    }

    RawSockets rawSockets() {
        return raw;
    }

    NameServerList nameServers() {
        return nameServers;
    }

    /// What a NIC is told for a network protocol.
    OptionValues nicValues(NicPort nic, String protocol) {
        return nicValues.getOrDefault(nic, Map.of()).get(protocol);
    }

    OptionValues congestionControlValues(String control) {
        return congestionControlValues.get(control);
    }

    /// The transport of this number (0 to 255), or `null`.
    TransportProtocol transport(int number) {
        return transports[number];
    }

    <E> EndpointTable<E> newEndpointTable() {
        return new HashedEndpointTable<>(
                surroundings.random(), secret, options.firstEphemeral(), options.lastEphemeral());
    }

    void drop(Packet packet, DropReason reason) {
        try {
            counters.drop(reason);
            DropRecorder.onDrop(name, packet, reason);
            packet.closeCapture(reason.text());
        } finally {
            packet.release();
        }
    }

    boolean isClosing() {
        return life.isClosing();
    }

    boolean isClosed() {
        return life.isClosed();
    }

    /// Does what a program asks for: not from the moment on that the stack closes.
    void whileOpen(Runnable change) {
        synchronized (life) {
            if (life.isClosing()) {
                throw new IllegalStateException("stack " + name + " is closed");
            }
            change.run();
        }
    }

    // ---- what programs ask for

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tcp tcp() {
        return service(Tcp.class, "TCP", "tcp");
    }

    @Override
    public Udp udp() {
        return service(Udp.class, "UDP", "udp");
    }

    private <T> T service(Class<T> type, String what, String plugin) {
        return service(type).orElseThrow(() -> new UnsupportedOperationException("this stack has no " + what + ": add "
                + ConfigurationCheck.artifactFor(plugin) + ", and name it if [stack] protocols lists names"));
    }

    @Override
    public Raw raw() {
        return raw;
    }

    @Override
    public Ping ping(InetAddress destination) {
        return new Ping((ping, listener) -> {
            if (isClosing()) {
                throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
            }
            int version = IpAddress.of(ping.destination()).version();
            InternetProtocol network = networks.internet(version);
            if (network == null) {
                throw new UnsupportedOperationException("this stack has no IPv" + version);
            }
            return network.ping(ping, listener);
        }, destination);
    }

    @Override
    public void setNames(Names names) {
        this.names = names;
    }

    @Override
    public Optional<Names> names() {
        return Optional.ofNullable(names);
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        if (type == Raw.class) {
            return Optional.of(type.cast(raw));
        }
        if (type == Waits.class) {
            return Optional.of(type.cast(surroundings.waits()));
        }
        if (type == Clock.class) {
            return Optional.of(type.cast(surroundings.clock()));
        }
        if (type == NameServers.class) {
            return Optional.of(type.cast(nameServers));
        }
        for (TransportProtocol t : transports) {
            Optional<T> service = t == null ? Optional.empty() : t.service(type);
            if (service.isPresent()) {
                return service;
            }
        }
        return networks.all().stream().map(n -> n.service(type)).flatMap(Optional::stream).findFirst()
                .or(() -> sources.service(type));
    }

    @Override
    public List<Nic> nics() {
        return List.copyOf(nics);
    }

    @Override
    public Optional<Nic> nic(String nicName) {
        return nics.stream().filter(n -> n.name().equals(nicName)).map(Nic.class::cast).findFirst();
    }

    @Override
    public List<Route> routes() {
        long now = surroundings.clock().nanoTime();
        return addressing().routes().stream()
                .map(e -> new Route(e.to(), e.via() == null ? null : e.via().toInetAddress(), e.nic().name(), e.origin(),
                        Owned.remaining(e.untilNs(), now))).toList();
    }

    @Override
    public void addRoute(RouteConfig route) {
        addresses.addRoute(route, nics);
    }

    @Override
    public int removeRoutes(Cidr to) {
        return addresses.removeRoutes(to);
    }

    @Override
    public Map<String, Map<String, Long>> counters() {
        return counters.snapshot();
    }

    @Override
    public Capture capture(CaptureRequest request) throws IOException {
        if (isClosing()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
        var session = CaptureSession.open(request, name, nics.stream().map(StackNic::tapped).toList(),
                surroundings.clock(), surroundings.isStepped(), () -> counters.snapshot().getOrDefault("drops", Map.of()));
        return captures.enter(session, request);
    }

    // ---- stepping

    @Override
    public void step(long nowNs) {
        manual().step(nowNs);
    }

    @Override
    public long nextDeadlineNs() {
        return manual().nextDeadlineNs();
    }

    @Override
    public long nowNs() {
        return manual().nanoTime();
    }

    private ManualSurroundings manual() {
        if (surroundings instanceof ManualSurroundings m) {
            return m;
        }
        throw new IllegalStateException("this stack has threads of its own; open it with manual(seed) to step it");
    }

    // ---- the end

    @Override
    public boolean isOpen() {
        return life.isOpen();
    }

    @Override
    public void close() {
        close(options.closeTimeoutNs());
    }

    /// Closes, and waits no longer than this for what was written to arrive.
    void closeWithin(long patienceNs) {
        close(Math.min(patienceNs, options.closeTimeoutNs()));
    }

    private void close(long patienceNs) {
        boolean drains = patienceNs > 0 && !surroundings.isStepped() && !isCalledBack();
        if (!life.begin()) {
            if (!isCalledBack()) {
                life.awaitEnd();
            }
            return;
        }
        try {
            life.enterCloser();
            if (drains) {
                drain(patienceNs);
            }
            life.closing();
            // What others lent is given back while everything still works.
            close(sources);
            close(raw);
            // Transports first: callers wake, and peers are told while links still work.
            for (TransportProtocol t : transports) {
                close(t);
            }
            for (NetworkProtocol n : networks.all()) {
                close(n);
            }
            addresses.close();
            life.closed();
            for (int i = nics.size() - 1; i >= 0; i--) {
                close(nics.get(i));
            }
            for (int i = captures.size() - 1; i >= 0; i--) {
                close(captures.at(i));
            }
            close(surroundings);
            LOG.debug("stack {} is closed", name);
        } finally {
            life.end();
            ExitHook.remove(this);
            OpenStacks.remove(this);
        }
    }

    /// Lets what programs have handed over arrive: first what the transports have, then what that has left in the networks.
    private void drain(long patienceNs) {
        try {
            long deadlineNs = surroundings.clock().nanoTime() + patienceNs;
            for (TransportProtocol t : transports) {
                if (t != null) {
                    drain(t, deadlineNs, TransportProtocol::drain);
                }
            }
            for (NetworkProtocol n : networks.all()) {
                drain(n, deadlineNs, NetworkProtocol::drain);
            }
        } catch (Throwable t) {
            closingFailed(this, t);
        }
    }

    private <P> void drain(P part, long deadlineNs, ObjLongConsumer<P> how) {
        try {
            how.accept(part, deadlineNs);
        } catch (Throwable t) {
            closingFailed(part, t);
        }
    }

    /// One part that cannot close must not keep the others open, nor must a lack of memory: it comes to closing once only.
    private void close(Object part) {
        try {
            // No switch over types: it takes memory when it is first come to.
            if (part instanceof TransportProtocol t) {
                t.close();
            } else if (part instanceof NetworkProtocol n) {
                n.close();
            } else if (part instanceof AddressSources s) {
                s.close();
            } else if (part instanceof RawSockets sockets) {
                sockets.close();
            } else if (part instanceof StackNic nic) {
                nic.link().close();
            } else if (part instanceof CaptureSession capture) {
                captures.end(capture, name);
            } else if (part instanceof Surroundings s) {
                s.close();
            }
        } catch (Throwable t) {
            closingFailed(part, t);
        }
    }

    private void closingFailed(Object part, Throwable failure) {
        Throwable told = failure;
        try {
            told = new IllegalStateException("closing " + (part instanceof StackNic n ? n.linkName() : part) + " failed",
                    failure);
        } catch (Throwable noMemory) {
            // Told without what it was.
        }
        failures.add(Place.CLOSE, told);
    }

    /// Whether the calling thread is one that closing waits for: timer tasks, links' threads and captures', of whatever stack
    /// their callbacks close in turn, or one who closes for another.
    private boolean isCalledBack() {
        return Closer.isHere() || surroundings.isTimerThread() || DeliveryLoop.isDelivering() || captures.isRunningHere();
    }

    @Override
    public String toString() {
        return "Stack(" + name + ")";
    }
}
