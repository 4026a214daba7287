package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.Readiness;
import dev.millrace.Tcp;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.tcp.engine.FastOpen;
import dev.millrace.tcp.engine.FastOpenNews;
import dev.millrace.tcp.engine.FastOpenOffer;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.MtuNews;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;

/// TCP in one stack: checks segments, finds their endpoints, and is where programs begin ([Tcp]).
final class TcpProtocol implements TransportProtocol, Tcp {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("backlog", OptionSpec.Type.NUMBER, "4096",
                    "connections that may wait to be accepted, and handshakes that are remembered (128 at least), for a "
                            + "listener that names none"),
            new OptionSpec("syn-cookies", OptionSpec.Type.FLAG, "true",
                    "answer SYNs without remembering them while too many handshakes are under way (RFC 4987)"),
            new OptionSpec("syn-answers", OptionSpec.Type.NUMBER, "6",
                    "how often a SYN is answered before the handshake is forgotten, 1 to 10; 6 with an initial RTO of 1s last 63s"),
            new OptionSpec("resets-per-second", OptionSpec.Type.NUMBER, "5000",
                    "resets that answer the strays of one source, or of one in 256 sources together; 0 sends none"),
            new OptionSpec("max-connections", OptionSpec.Type.NUMBER, "2000000",
                    "connections and TIME-WAIT records of the whole stack; more are refused"),
            new OptionSpec("time-wait-limit", OptionSpec.Type.NUMBER, "65536",
                    "connections in TIME-WAIT; when there are more the oldest is forgotten"),
            new OptionSpec("time-wait-reuse-age", OptionSpec.Type.DURATION, "100ms",
                    "how long a connection with timestamps is in TIME-WAIT before a connect may take its ports (RFC 6191)"));

    private static final int MAX_BACKLOG = 1 << 20;

    final TransportContext ctx;
    final Counters counters;
    final EndpointTable<TcpEndpoint> endpoints;
    final IsnGenerator isn;
    final TimeWaitTable timeWaits;
    final StatelessReplies replies;
    final Blocking blocking = new Blocking(this);
    final Drain drain = new Drain(this);
    final Counters.Counter passiveOpens;
    final Counters.Counter backlogDrops;
    final Counters.Counter cookiesSent;
    final Counters.Counter cookiesReceived;
    final Counters.Counter retransmits;
    final SynCookies cookies;
    final FastOpenSettings fastOpen;
    final FastOpenCookies fastOpenCookies;
    final FastOpenDestinations fastOpenDestinations;
    final boolean synCookies;
    final int synAnswers;
    final long maxConnections;

    private final TcpSettings settings;
    private final CongestionControlFactory.Chosen defaultCongestionControl;
    private final ConnectionOptions defaultOptions;
    private final int defaultBacklog;
    private final long timeWaitReuseAgeNs;
    private final Counters.Counter activeOpens;
    private final Counters.Counter segmentsReceived;
    private final Counters.Counter ended;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);
    /// Made before it is needed: closing takes no memory.
    private final Consumer<TcpEndpoint> ending = this::end;
    private volatile boolean closed;

    TcpProtocol(TransportContext ctx, OptionValues options) {
        this.ctx = ctx;
        this.counters = ctx.counters("tcp");
        this.settings = TcpSettings.of(options);
        this.defaultOptions = new ConnectionOptions(settings);
        this.defaultCongestionControl = ctx.congestionControl(settings.congestionControl);
        this.defaultBacklog = (int) options.number("backlog", 1, MAX_BACKLOG);
        this.maxConnections = options.number("max-connections", 1, Integer.MAX_VALUE);
        this.timeWaitReuseAgeNs = options.nanos("time-wait-reuse-age", Duration.ofMillis(1), Duration.ofDays(1));
        this.endpoints = ctx.newEndpointTable();
        var hash = new SipHash(ctx.secret());
        this.isn = new IsnGenerator(hash);
        this.cookies = new SynCookies(hash);
        this.fastOpen = FastOpenSettings.of(options);
        this.fastOpenCookies = new FastOpenCookies(hash, fastOpen.keyNs());
        this.fastOpenDestinations = new FastOpenDestinations(fastOpen.destinations());
        this.synCookies = options.flag("syn-cookies");
        this.synAnswers = (int) options.number("syn-answers", 1, 10);
        this.passiveOpens = counters.counter("passive-opens");
        this.activeOpens = counters.counter("active-opens");
        this.backlogDrops = counters.counter("backlog-drops");
        this.segmentsReceived = counters.counter("segments-received");
        this.retransmits = counters.counter("retransmitted-segments");
        this.ended = counters.counter("connections-ended");
        this.cookiesSent = counters.counter("syn-cookies-sent");
        this.cookiesReceived = counters.counter("syn-cookies-received");
        this.replies = new StatelessReplies(this, hash, options.number("resets-per-second", 0, 1_000_000));
        ctx.counters("tcp-open").gauges(new OpenConnections(this));
        this.timeWaits = new TimeWaitTable(this, settings.timeWaitNs,
                (int) options.number("time-wait-limit", 0, 1 << 24));
    }

    /// What a thread needs while it runs an engine; never held across a call that sends.
    static final class Scratch {
        final Segment segment = new Segment();
        final PacketList packets = new PacketList();
    }

    Segment segment() {
        return scratch.get().segment;
    }

    /// What this thread runs an engine with. A thread that is at it already, because a congestion control calls sockets,
    /// gets one of its own.
    Scratch scratch() {
        Scratch s = scratch.get();
        return s.packets.isEmpty() ? s : new Scratch();
    }

    // ---- packets

    @Override
    public void receive(Packet packet) {
        int length = packet.length();
        if (packet.headLength() < Math.min(length, TcpHeader.MAX_LENGTH)) {
            packet.makeLinear(Math.min(length, TcpHeader.MAX_LENGTH));
        }
        var m = packet.memory();
        int at = packet.start();
        if (TcpHeader.check(m, at, packet.headLength()) != WireError.NONE || TcpHeader.sourcePort(m, at) == 0
                || TcpHeader.destinationPort(m, at) == 0) {
            ctx.drop(packet, DropReason.BAD_TRANSPORT_HEADER);
            return;
        }
        if (packet.checksumming() == Packet.Checksumming.ON_WIRE && !checksumIsRight(packet)) {
            ctx.drop(packet, DropReason.BAD_CHECKSUM);
            return;
        }
        segmentsReceived.add(1);
        dispatch(packet);
    }

    private static boolean checksumIsRight(Packet p) {
        return Checksum.isRight(Checksum.sum(p, p.start()) + Checksum.pseudoHeader(p.sourceHi(), p.sourceLo(),
                p.destinationHi(), p.destinationLo(), IpProtocol.TCP, p.length()));
    }

    private void dispatch(Packet packet) {
        int at = packet.start();
        int localPort = TcpHeader.destinationPort(packet.memory(), at);
        TcpEndpoint endpoint = endpoints.findConnected(packet.destinationHi(), packet.destinationLo(), localPort,
                packet.sourceHi(), packet.sourceLo(), TcpHeader.sourcePort(packet.memory(), at));
        if (endpoint == null) {
            endpoint = endpoints.findBound(packet.destinationHi(), packet.destinationLo(), localPort);
        }
        if (endpoint != null) {
            endpoint.receive(packet);
        } else if (closed) {
            ctx.drop(packet, DropReason.STACK_CLOSED);
        } else {
            replies.reset(packet, DropReason.NO_SOCKET);
        }
    }

    /// Finds endpoints anew for packets whose connection ended, or came to be, before it saw them. Whatever becomes of one,
    /// the others have their turn.
    void receiveAgain(PacketList packets) {
        Packet packet;
        while ((packet = packets.poll()) != null) {
            receiveOnce(packet);
        }
    }

    /// Finds the endpoint of a packet anew; if it cannot be had, the packet is dropped and the failure told.
    void receiveOnce(Packet packet) {
        Object here = Thread.currentThread();
        packet.holdFor(here);
        try {
            dispatch(packet);
        } catch (Throwable t) {
            ctx.failed("segment-delivery", t);
            if (packet.isHeldBy(here)) {
                ctx.drop(packet, DropReason.FAILURE);
            }
        }
    }

    /// Counts what probing for the path MTU has done.
    void count(MtuNews news) {
        count("mtu-black-holes", news.blackHoles());
        count("mtu-probes-sent", news.sent());
        count("mtu-probes-lost", news.lost());
    }

    /// Remembers and counts what a connection has learned of Fast Open. It is not the connection's trouble if that fails.
    void learn(ConnectionEndpoint connection, FastOpenNews news, long nowNs) {
        try {
            count("fast-open-active", news.accepted() ? 1 : 0);
            count("fast-open-active-failed", news.failed() ? 1 : 0);
            count("fast-open-black-holes", news.blackHole() ? 1 : 0);
            fastOpenDestinations.learn(connection.local, connection.remote, connection.remotePort, news, nowNs);
        } catch (Throwable t) {
            ctx.failed("fast-open-destinations", t);
        }
    }

    /// Counters of what seldom happens are made when it first does.
    void count(String name, int n) {
        if (n > 0) {
            counters.counter(name).add(n);
        }
    }

    /// Tells a program's callback what its socket is ready for.
    ReadinessSignal signal(Supplier<Readiness> present, Consumer<Readiness> listener) {
        return new ReadinessSignal(present, listener, t -> ctx.failed("readiness-callback", t));
    }

    /// Does something that must be done whatever became of what was to be done before it.
    void attempt(String what, Runnable action) {
        try {
            action.run();
        } catch (Throwable t) {
            ctx.failed(what, t);
        }
    }

    @Override
    public void onError(IcmpError error) {
        byte[] q = error.quoted();
        if (q.length < 8) {
            return;
        }
        int localPort = (q[0] & 0xff) << 8 | q[1] & 0xff;
        int remotePort = (q[2] & 0xff) << 8 | q[3] & 0xff;
        int sequence = (q[4] & 0xff) << 24 | (q[5] & 0xff) << 16 | (q[6] & 0xff) << 8 | q[7] & 0xff;
        IpAddress local = error.local();
        IpAddress remote = error.remote();
        TcpEndpoint endpoint = endpoints.findConnected(
                local.hi(), local.lo(), localPort, remote.hi(), remote.lo(), remotePort);
        if (endpoint == null) {
            endpoint = endpoints.findBound(local.hi(), local.lo(), localPort);
        }
        if (endpoint instanceof ConnectionEndpoint connection) {
            connection.gate.onIcmpError(error, sequence);
        } else if (endpoint instanceof ListenEndpoint listener && error.kind() != IcmpError.Kind.PACKET_TOO_BIG) {
            listener.onUnreachable(local, remote, remotePort, sequence);
        }
    }

    // ---- TIME-WAIT

    /// Puts a small record in the place of a connection.
    void enterTimeWait(ConnectionEndpoint connection, TcpConnection engine, EndpointTable.Entry<TcpEndpoint> entry,
            long nowNs) {
        var record = new TimeWaitEndpoint(this, entry, connection.local, connection.remote, connection.remotePort,
                engine, 0xffff, nowNs);
        if (entry.replace(connection, record)) {
            timeWaits.add(record);
        }
    }

    /// A SYN that cannot be an old duplicate came for a connection in TIME-WAIT: the listener of the port, if there is
    /// one, takes it from here, or has no room. Returns `false` if the packet is still the caller's.
    boolean reopen(TimeWaitEndpoint record, Packet packet) {
        if (!(endpoints.findBound(packet.destinationHi(), packet.destinationLo(),
                TcpHeader.destinationPort(packet.memory(), packet.start())) instanceof ListenEndpoint listener)) {
            return false;
        }
        DropReason refused = listener.refuses(packet);
        if (refused != null) {
            // It comes again, and is to meet the record then.
            ctx.drop(packet, refused);
            return true;
        }
        if (!timeWaits.remove(record)) {
            return false;
        }
        record.entry.release();
        Segment segment = segment();
        segment.parse(packet);
        listener.reopen(packet, segment, record);
        return true;
    }

    private boolean mayReplace(TcpEndpoint endpoint) {
        return endpoint instanceof TimeWaitEndpoint record
                && record.mayGiveWay(ctx.clock().nanoTime(), timeWaitReuseAgeNs)
                && timeWaits.remove(record);
    }

    /// The initial sequence number for a pair, behind what its previous connection used.
    int initialSequence(long pair, TimeWaitEndpoint previous) {
        int isn = IsnGenerator.initialSequence(pair, ctx.clock().nanoTime());
        return previous != null && isn - previous.sndNxt() <= 0 ? previous.sndNxt() + 0x10000 : isn;
    }

    void connectionEnded() {
        ended.add(1);
    }

    void retransmitted(long segments) {
        retransmits.add(segments);
    }

    // ---- programs

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Tcp.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public TcpListener listen(InetSocketAddress local, int backlog) throws IOException {
        checkOpen();
        if (backlog < 0) {
            throw new IllegalArgumentException("backlog " + backlog + " is negative");
        }
        EndpointTable.Entry<TcpEndpoint> place = endpoints.bind(bindAddress(local), local.getPort(), null);
        ListenEndpoint listener;
        try {
            listener = new ListenEndpoint(this, place, backlog == 0 ? defaultBacklog : Math.min(backlog, MAX_BACKLOG));
            place.replace(null, listener);
        } catch (Throwable t) {
            place.release();
            throw t;
        }
        if (closed) {
            listener.stackClosed();
            throw SocketErrors.of(ErrorCode.STACK_CLOSED);
        }
        return listener;
    }

    @Override
    public TcpSocket open() throws IOException {
        checkOpen();
        return new StreamSocket(this);
    }

    private void checkOpen() throws IOException {
        if (closed || ctx.isClosing()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
    }

    /// The address to bind, or `null` for any.
    IpAddress bindAddress(InetSocketAddress local) throws IOException {
        if (local.isUnresolved()) {
            throw new UnknownHostException(local.getHostString());
        }
        var address = IpAddress.of(local.getAddress());
        if (address.isUnspecified()) {
            // new InetSocketAddress(port) is 0.0.0.0 in java.net and means every address, as in ServerSocket.
            return null;
        }
        if (address.isMulticast() || ctx.isBroadcast(address) || !ctx.canBind(address)) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        return address;
    }

    /// Begins a connection.
    ///
    /// @param local the address bound to, or `null`
    /// @param localPort the port bound to, or 0
    ConnectionEndpoint startConnect(IpAddress local, int localPort, InetSocketAddress remote,
            SocketSettings chosen) throws IOException {
        checkOpen();
        IpAddress peer = peerAddress(remote);
        if (connectionCount() >= maxConnections) {
            throw SocketErrors.of(ErrorCode.LIMIT_REACHED);
        }
        var path = ctx.path(local, peer);
        EndpointTable.Entry<TcpEndpoint> place = endpoints.connect(
                path.local(), localPort, peer, remote.getPort(), null, this::mayReplace);
        ConnectionEndpoint connection = null;
        try {
            long pair = isn.pair(path.local(), place.localPort(), peer, remote.getPort());
            connection = new ConnectionEndpoint(this, path, place, remote.getPort(), settings, chosen.options(),
                    chosen.congestionControl(), initialSequence(pair, null), IsnGenerator.timestampOffset(pair));
            connection.trafficClass = chosen.trafficClass();
            connection.hopLimit = chosen.hopLimit();
            connection.gate.begin(opening(connection, chosen));
            place.replace(null, connection);
        } catch (Throwable t) {
            try {
                place.release();
            } finally {
                if (connection != null) {
                    connection.gate.abandon();
                }
            }
            throw t;
        }
        activeOpens.add(1);
        connection.gate.publish();
        if (closed) {
            connection.stackClosed();
        }
        return connection;
    }

    /// How a connection begins that a program has asked for.
    private ObjLongConsumer<TcpConnection> opening(ConnectionEndpoint c, SocketSettings chosen) {
        FastOpenOffer offer = chosen.fastOpenConnect()
                ? fastOpenDestinations.offer(c.local, c.remote, c.remotePort, ctx.clock().nanoTime()) : null;
        return offer == null ? TcpConnection::openActive : (engine, now) -> FastOpen.request(engine, offer, now);
    }

    private IpAddress peerAddress(InetSocketAddress remote) throws IOException {
        if (remote.isUnresolved()) {
            throw new UnknownHostException(remote.getHostString());
        }
        var peer = IpAddress.of(remote.getAddress());
        // RFC 9293 §3.9.1.1 (MUST-46).
        if (peer.isMulticast() || ctx.isBroadcast(peer) || peer.isUnspecified()) {
            throw SocketErrors.of(ErrorCode.NETWORK_UNREACHABLE);
        }
        if (remote.getPort() == 0) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        return peer;
    }

    CongestionControlFactory.Chosen congestionControl() {
        return defaultCongestionControl;
    }

    TcpSettings settings() {
        return settings;
    }

    /// What sockets begin with: shared, and so not to be changed.
    ConnectionOptions defaultOptions() {
        return defaultOptions;
    }

    @Override
    public int connectionCount() {
        return endpoints.connected();
    }

    @Override
    public void drain(long deadlineNs) {
        drain.await(deadlineNs);
    }

    @Override
    public void close() {
        closed = true;
        try {
            endpoints.forEach(ending);
        } finally {
            timeWaits.close();
        }
    }

    private void end(TcpEndpoint endpoint) {
        try {
            endpoint.stackClosed();
        } catch (Throwable t) {
            ctx.failed("end-of-an-endpoint", t);
        }
    }

    boolean isClosed() {
        return closed;
    }
}
