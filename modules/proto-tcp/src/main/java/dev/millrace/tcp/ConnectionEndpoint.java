package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.Path;
import dev.millrace.spi.Timers;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.ReceivedBytes;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.tcp.engine.TcpState;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The shell around one engine: the lock under which it runs, the inbox that feeds it, the outbox that empties it, the
/// timer that wakes it, the threads that wait for it.
///
/// Threads that deliver segments put them into the inbox and never wait: if another thread has the lock, that one looks
/// into the inbox before it goes. Everything that the engine emits goes to the outbox under the lock and leaves without
/// it; one thread at a time transmits, so that segments keep their order. So no thread ever holds two endpoints' locks.
final class ConnectionEndpoint implements TcpEndpoint, Runnable, Timers.Task {
    /// A read would find data, the end of the stream or an error.
    static final int READABLE = 1;
    /// A write would find room or an error.
    static final int WRITABLE = 2;
    /// The connection stands or stood.
    static final int CONNECTED = 4;
    /// The connection has failed: [#failure()] says why.
    static final int FAILED = 8;
    /// Nothing is left to be sent or acknowledged, and the engine needs no more segments.
    static final int FINISHED = 16;

    /// Something changed since readiness was last told.
    private static final int NEWS = 32;

    /// How many segments leave in one batch: enough to spread costs, few enough to stay in the cache.
    private static final int BATCH = 64;
    /// Segments that may wait for the engine: more than a window of them is somebody else's doing.
    private static final int MAX_INBOX = 16_384;
    private static final int SPINS = 200;

    final TcpProtocol protocol;
    final IpAddress local;
    final IpAddress remote;
    final int remotePort;
    final ConnectionOptions options;
    private final TcpSettings settings;
    private final CongestionControlFactory congestionControl;
    private final ReentrantLock lock = new ReentrantLock();
    private final Inbox inbox = new Inbox();

    // Guarded by lock.
    private TcpConnection engine;
    private final PacketList outbox = new PacketList();
    private final PacketList work = new PacketList();
    private Path path;
    private Timers.Timer timer;
    private long timerNs = Long.MAX_VALUE;
    private boolean transmitting;
    private boolean detached;
    private boolean released;
    private boolean orphaned;
    private ErrorCode stackFailure;
    private EndpointTable.Entry<TcpEndpoint> entry;
    private ListenEndpoint listener;

    private final Runnable transmitted = this::transmitted;
    private volatile int status;
    volatile int trafficClass;
    volatile int hopLimit;
    volatile Thread reader;
    volatile Thread writer;
    /// A thread that waits for the connection to stand or to be finished.
    volatile Thread watcher;
    private volatile ReadinessCallback callback;
    private volatile boolean opened;
    private boolean resetTold;
    /// Packets that came too late for this engine; handed on once the lock is free.
    private PacketList late;

    ConnectionEndpoint(TcpProtocol protocol, Path path, int remotePort, TcpSettings settings,
            ConnectionOptions options, CongestionControlFactory congestionControl, ListenEndpoint listener) {
        this.protocol = protocol;
        this.path = path;
        this.local = path.local();
        this.remote = path.remote();
        this.remotePort = remotePort;
        this.settings = settings;
        this.options = options;
        this.congestionControl = congestionControl;
        this.listener = listener;
    }

    // ---- inputs from the network

    @Override
    public void receive(Packet packet) {
        if (inbox.size() >= MAX_INBOX) {
            protocol.ctx.drop(packet, DropReason.RECEIVE_BUFFER_FULL);
            return;
        }
        if (inbox.add(packet)) {
            protocol.ctx.afterDelivery(this);
        }
    }

    /// After a batch of packets was delivered: lets the engine see those that are in the inbox.
    @Override
    public void run() {
        if (opened && !inbox.isEmpty() && lock.tryLock()) {
            settle(protocol.ctx.clock().nanoTime());
        }
    }

    @Override
    public void run(long nowNs) {
        lock.lock();
        timerNs = Long.MAX_VALUE;
        if (!detached && engine.nextDeadlineNs() - nowNs <= 0) {
            engine.onTimer(nowNs);
        }
        settle(nowNs);
    }

    void onIcmpError(IcmpError error, int quotedSequence) {
        lock.lock();
        long now = protocol.ctx.clock().nanoTime();
        if (!detached) {
            engine.onIcmpError(error, quotedSequence, now);
        }
        settle(now);
    }

    // ---- opening

    /// Takes the place in the endpoint table that is this connection's and sends the SYN.
    void openActive(EndpointTable.Entry<TcpEndpoint> place) {
        lock.lock();
        long now = protocol.ctx.clock().nanoTime();
        begin(place, null, now);
        engine.openActive(now);
        settle(now);
    }

    /// Takes the place in the endpoint table that is this connection's and answers the SYN.
    ///
    /// @param previous the connection in TIME-WAIT that this one follows, or `null`
    void openPassive(EndpointTable.Entry<TcpEndpoint> place, Segment syn, TimeWaitEndpoint previous) {
        lock.lock();
        long now = protocol.ctx.clock().nanoTime();
        begin(place, previous, now);
        engine.openPassive(syn, now);
        settle(now);
    }

    private void begin(EndpointTable.Entry<TcpEndpoint> place, TimeWaitEndpoint previous, long nowNs) {
        entry = place;
        long pair = protocol.isn.pair(local, place.localPort(), remote, remotePort);
        engine = new TcpConnection(settings, options, place.localPort(), remotePort,
                protocol.initialSequence(pair, previous), IsnGenerator.timestampOffset(pair), path.mtu() - TcpHeader.MIN_LENGTH,
                remote.isV4(), superPayload(path), congestionControl, protocol.ctx.memory(),
                nowNs);
        opened = true;
    }

    /// The payload of the largest super-segment on a path, whatever options its header has.
    private static int superPayload(Path path) {
        return Math.max(0, path.maxSuperSegment() - TcpHeader.MAX_LENGTH);
    }

    int localPort() {
        return entry.localPort();
    }

    // ---- what programs ask for

    /// Copies from `src` and returns how many bytes were taken; 0 if there is no room.
    int write(java.lang.foreign.MemorySegment src, long offset, int length) throws IOException {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        int n;
        try {
            checkWritable();
            n = engine.write(src, offset, length, now);
        } catch (Throwable t) {
            settle(now);
            throw t;
        }
        settle(now);
        return n;
    }

    private void checkWritable() throws IOException {
        ErrorCode failure = failureLocked();
        if (failure != null) {
            throw Failures.onWrite(failure, this);
        }
        if (engine.outputShut()) {
            throw Failures.outputShut();
        }
    }

    /// Moves up to `max` bytes of received data to `out` and returns how many; 0 if there are none yet, -1 at the end.
    int read(ReceivedBytes out, int max) throws IOException {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        int n;
        try {
            n = released ? -1 : engine.read(out, max, now);
            if (n <= 0) {
                ErrorCode failure = failureLocked();
                if (failure != null && !(n < 0 && failure == ErrorCode.CONNECTION_ABORTED)) {
                    if (failure == ErrorCode.CONNECTION_RESET) {
                        resetTold = true;
                    }
                    throw Failures.onRead(failure);
                }
            }
        } catch (Throwable t) {
            settle(now);
            throw t;
        }
        settle(now);
        return n;
    }

    int available() {
        lock.lock();
        try {
            return released ? 0 : engine.available();
        } finally {
            lock.unlock();
        }
    }

    void shutdownInput() {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        if (!released) {
            engine.shutdownInput(now);
        }
        settle(now);
    }

    void shutdownOutput() {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        if (!released && !detached) {
            engine.shutdownOutput(now);
        }
        settle(now);
    }

    /// The program is done with the connection; it ends by itself from here.
    void close() {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        orphaned = true;
        if (!released) {
            engine.close(now);
        }
        settle(now);
    }

    void abort() {
        abort(null);
    }

    @Override
    public void stackClosed() {
        abort(ErrorCode.STACK_CLOSED);
    }

    private void abort(ErrorCode why) {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        if (why != null) {
            stackFailure = why;
        }
        orphaned = true;
        if (!released && !detached) {
            engine.abort(now);
        }
        settle(now);
        if (why != null) {
            dispose();
        }
    }

    /// Reads or changes something of the engine under the lock.
    <T> T inspect(java.util.function.Function<TcpConnection, T> question) {
        lock.lock();
        try {
            return question.apply(engine);
        } finally {
            lock.unlock();
        }
    }

    /// Changes options under the lock and lets the engine act on them.
    void changeOptions(Runnable change) {
        acquire();
        long now = protocol.ctx.clock().nanoTime();
        try {
            change.run();
            if (!released && !detached) {
                engine.optionsChanged(now);
            }
        } finally {
            settle(now);
        }
    }

    /// The present [#READABLE] ... [#FINISHED] bits.
    int status() {
        return status;
    }

    /// Why the connection failed, or `null`.
    ErrorCode failure() {
        lock.lock();
        try {
            return failureLocked();
        } finally {
            lock.unlock();
        }
    }

    private ErrorCode failureLocked() {
        return stackFailure != null ? stackFailure : engine.error();
    }

    // ---- the machine

    /// Takes the lock from a program's thread: the one that has it runs the engine for microseconds, and parking for
    /// that would cost more.
    private void acquire() {
        if (protocol.spin) {
            for (int i = 0; i < SPINS; i++) {
                if (lock.tryLock()) {
                    return;
                }
                Thread.onSpinWait();
            }
        }
        lock.lock();
    }

    /// Brings everything to rest: the engine sees what is in the inbox, what it emits leaves, timers are set, waiting
    /// threads wake. Called with the lock held, returns without it.
    private void settle(long nowNs) {
        int woken = 0;
        while (true) {
            drainInbox(nowNs);
            boolean full = collectSegments(nowNs);
            int events = engine.pollEvents();
            int finished = act(events, nowNs);
            armTimer();
            woken |= publish((events & TcpConnection.EVENT_READABLE) != 0);
            boolean send = !transmitting && !outbox.isEmpty();
            Path way = null;
            if (send) {
                transmitting = true;
                work.addAll(outbox);
                way = path;
            }
            ListenEndpoint parent = finished != 0 ? listener : null;
            if (parent != null) {
                listener = null;
            }
            PacketList strays = late;
            late = null;
            lock.unlock();
            if (parent != null) {
                parent.childReady(this, (finished & TcpConnection.EVENT_CONNECTED) != 0);
            }
            if (strays != null) {
                protocol.receiveAgain(strays);
            }
            if (send && protocol.ctx.isDelivering()) {
                // The segments are only queued: what another thread sends now would overtake them. This endpoint goes on
                // transmitting when they have been processed.
                way.send(work, trafficClass, hopLimit);
                protocol.ctx.afterDelivery(transmitted);
            } else if (send) {
                way.send(work, trafficClass, hopLimit);
                nowNs = protocol.ctx.clock().nanoTime();
                lock.lock();
                transmitting = false;
                if (full || !outbox.isEmpty() || !inbox.isEmpty()) {
                    continue;
                }
                lock.unlock();
            }
            // Who delivered while the lock was held found it taken and went: this thread has to look.
            if (!inbox.isEmpty() && lock.tryLock()) {
                continue;
            }
            break;
        }
        if (woken != 0) {
            wake(woken);
        }
    }

    private void drainInbox(long nowNs) {
        if (inbox.isEmpty()) {
            return;
        }
        var packets = protocol.scratch();
        inbox.drainTo(packets);
        Segment segment = protocol.segment();
        Packet packet;
        while ((packet = packets.poll()) != null) {
            if (detached) {
                if (late == null) {
                    late = new PacketList();
                }
                late.add(packet);
                continue;
            }
            segment.parse(packet);
            DropReason dropped = engine.onSegment(segment, nowNs);
            if (dropped == null) {
                packet.release();
            } else {
                protocol.ctx.drop(packet, dropped);
            }
        }
    }

    /// The segments that were sent while delivering have been processed: others may follow.
    private void transmitted() {
        acquire();
        transmitting = false;
        settle(protocol.ctx.clock().nanoTime());
    }

    /// Moves what the engine wants to send to the outbox; returns whether there is more.
    private boolean collectSegments(long nowNs) {
        if (released) {
            return false;
        }
        if (!path.isCurrent()) {
            renewPath(nowNs);
        }
        while (outbox.size() < BATCH) {
            Packet segment = engine.pollSegment(nowNs);
            if (segment == null) {
                return false;
            }
            outbox.add(segment);
        }
        return true;
    }

    private void renewPath(long nowNs) {
        try {
            path = protocol.ctx.path(local, remote);
            engine.setPath(path.mtu() - TcpHeader.MIN_LENGTH, superPayload(path), nowNs);
        } catch (IOException e) {
            // The route may come back before the retransmissions run out; until then segments are lost on the old path,
            // where they are counted.
            protocol.ctx.countDrop(DropReason.NO_ROUTE);
        }
    }

    /// Acts on the engine's events: leaves the endpoint table, goes into TIME-WAIT. Returns the events that the listener
    /// waits for.
    private int act(int events, long nowNs) {
        if ((events & (TcpConnection.EVENT_TIME_WAIT | TcpConnection.EVENT_CLOSED | TcpConnection.EVENT_FAILED)) != 0
                && !detached && entry != null) {
            detached = true;
            if ((events & TcpConnection.EVENT_TIME_WAIT) != 0) {
                protocol.enterTimeWait(this, engine, entry, nowNs);
            } else {
                entry.release();
            }
            protocol.connectionEnded(engine);
        }
        if (detached && orphaned && !released) {
            collectLast(nowNs);
            released = true;
            engine.release();
        }
        return events & (TcpConnection.EVENT_CONNECTED | TcpConnection.EVENT_FAILED | TcpConnection.EVENT_CLOSED);
    }

    /// A reset or a last acknowledgement that the engine still has to say before its memory goes.
    private void collectLast(long nowNs) {
        Packet segment;
        while ((segment = engine.pollSegment(nowNs)) != null) {
            outbox.add(segment);
        }
    }

    private void armTimer() {
        long deadline = detached ? Long.MAX_VALUE : engine.nextDeadlineNs();
        if (deadline == Long.MAX_VALUE) {
            if (detached && timer != null) {
                timer.cancel();
                timer = null;
            }
            return;
        }
        // A timer that fires too early is cheaper than one that is moved with every segment.
        if (timerNs == Long.MAX_VALUE || deadline - timerNs < 0) {
            if (timer == null) {
                timer = protocol.ctx.timers().create(this);
            }
            timerNs = deadline;
            timer.set(deadline);
        }
    }

    /// Computes the status and returns the bits that are set now and were not, or stay worth a wake-up.
    private int publish(boolean moreData) {
        int before = status;
        int now = before & CONNECTED;
        ErrorCode failure = failureLocked();
        TcpState state = engine.state();
        if (released) {
            now |= READABLE | WRITABLE | FINISHED;
        } else {
            int free = engine.writableBytes();
            if (engine.available() > 0 || engine.isEof()) {
                now |= READABLE;
            }
            if (free >= Math.min(options.sendBuffer / 4, 128 * 1024) || engine.outputShut()) {
                now |= WRITABLE;
            }
            if (state.isSynchronized()) {
                now |= CONNECTED;
            }
            if (detached || engine.outputShut() && engine.unsentOrUnacked() == 0 && state != TcpState.FIN_WAIT_1
                    && state != TcpState.CLOSING && state != TcpState.LAST_ACK) {
                now |= FINISHED;
            }
        }
        if (failure != null) {
            now |= READABLE | WRITABLE | FAILED | FINISHED;
        }
        if (now != before) {
            status = now;
        }
        int news = (now & ~before) != 0 || moreData ? NEWS : 0;
        return now & (~before | READABLE | WRITABLE) | news;
    }

    private void wake(int bits) {
        Thread t;
        // Each registration is answered once; a thread that finds nothing registers again.
        if ((bits & (READABLE | FAILED)) != 0 && (t = reader) != null) {
            reader = null;
            protocol.ctx.waits().unpark(t);
        }
        if ((bits & (WRITABLE | FAILED)) != 0 && (t = writer) != null) {
            writer = null;
            protocol.ctx.waits().unpark(t);
        }
        if ((bits & (CONNECTED | FAILED | FINISHED)) != 0 && (t = watcher) != null) {
            watcher = null;
            protocol.ctx.waits().unpark(t);
        }
        ReadinessCallback c = callback;
        if (c != null && (bits & NEWS) != 0) {
            c.signal(status);
        }
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener == null ? null : new ReadinessCallback(listener);
        if ((status & (READABLE | WRITABLE | FAILED)) != 0) {
            signalReadiness();
        }
    }

    /// Tells the program its present readiness, whether it is news or not.
    void signalReadiness() {
        ReadinessCallback c = callback;
        if (c != null) {
            c.signal(status);
        }
    }

    /// Whether a program has been told that the connection was reset; from the second time on it hears of a broken pipe.
    boolean resetWasTold() {
        boolean before = resetTold;
        resetTold = true;
        return before;
    }

    /// The listener that waited for this connection is gone or has given it to a program.
    void forgetListener() {
        lock.lock();
        listener = null;
        lock.unlock();
    }

    /// Gives everything up at once; nothing is sent any more.
    private void dispose() {
        lock.lock();
        try {
            detached = true;
            released = true;
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
            if (entry != null) {
                entry.release();
            }
            engine.release();
            outbox.releaseAll();
            var rest = new PacketList();
            inbox.drainTo(rest);
            rest.releaseAll();
            publish(false);
        } finally {
            lock.unlock();
        }
        wake(READABLE | WRITABLE | FAILED | FINISHED | CONNECTED);
    }
}
