package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.spi.Timers;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;

/// The shell around one engine: joins the gate to the engine, the outbox that empties it, the timer that wakes it and the
/// threads that wait for it.
///
/// Threads that deliver segments put them into the inbox and never wait: if another thread has the lock, that one looks
/// into the inbox before it goes. Everything that the engine emits goes to the outbox under the lock and leaves without
/// it; one thread at a time transmits, so that segments keep their order. So no thread ever holds two endpoints' locks.
final class ConnectionEndpoint implements TcpEndpoint, Runnable, Timers.Task {
    /// How many segments leave in one batch: enough to spread costs, few enough to stay in the cache.
    private static final int BATCH = 64;

    final TcpProtocol protocol;
    final IpAddress local;
    final IpAddress remote;
    final int remotePort;
    final ConnectionOptions options;
    final EngineGate gate;
    final Wakeups wakeups = new Wakeups();
    volatile int trafficClass;
    volatile int hopLimit;

    // Guarded by the gate.
    private final Outbox outbox;
    private final EndpointTable.Entry<TcpEndpoint> entry;
    private Path path;
    private Timers.Timer timer;
    private long timerNs = Long.MAX_VALUE;

    /// An endpoint with its engine, for a place in the endpoint table that is reserved but does not show it yet.
    ///
    /// @param iss the initial send sequence number
    /// @param timestampOffset what is added to the timestamp clock
    ConnectionEndpoint(TcpProtocol protocol, Path path, EndpointTable.Entry<TcpEndpoint> place, int remotePort,
            TcpSettings settings, ConnectionOptions options, CongestionControlFactory congestionControl, int iss,
            int timestampOffset) {
        this.protocol = protocol;
        this.path = path;
        this.entry = place;
        this.local = path.local();
        this.remote = path.remote();
        this.remotePort = remotePort;
        this.options = options;
        this.outbox = new Outbox(this);
        this.gate = new EngineGate(this, new TcpConnection(settings, options, place.localPort(), remotePort, iss,
                timestampOffset, path.mtu() - TcpHeader.MIN_LENGTH, remote.isV4(), superPayload(path),
                congestionControl, protocol.ctx.memory(), protocol.ctx.clock().nanoTime()));
    }

    /// The payload of the largest super-segment on a path, whatever options its header has.
    private static int superPayload(Path path) {
        return Math.max(0, path.maxSuperSegment() - TcpHeader.MAX_LENGTH);
    }

    int localPort() {
        return entry.localPort();
    }

    // ---- inputs from the network and the clock

    @Override
    public void receive(Packet packet) {
        if (gate.offer(packet)) {
            protocol.ctx.afterDelivery(this);
        }
    }

    /// After a batch of packets was delivered: lets the engine see those that are in the inbox.
    @Override
    public void run() {
        if (gate.hasMail() && gate.tryLock()) {
            settle(protocol.ctx.clock().nanoTime());
        }
    }

    @Override
    public void run(long nowNs) {
        gate.onTimer(nowNs);
    }

    @Override
    public void stackClosed() {
        gate.abort(ErrorCode.STACK_CLOSED);
        gate.lock();
        try {
            discard();
            wakeups.publish(gate.status(wakeups.status()), false);
        } finally {
            gate.unlock();
        }
        wakeups.wake(~0, protocol.ctx.waits());
    }

    void abort() {
        gate.abort(null);
    }

    /// Gives back what a connection that never came to be has taken; its place is the caller's affair.
    void abandon() {
        gate.lock();
        try {
            gate.release();
        } finally {
            gate.unlock();
        }
    }

    // ---- the machine

    /// Brings everything to rest: the engine sees what is in the inbox, what it emits leaves, timers are set, waiting
    /// threads wake. Called with the gate's lock held, returns without it, whatever throws.
    void settle(long nowNs) {
        long now = nowNs;
        int woken = 0;
        while (true) {
            boolean more = false;
            PacketList strays = null;
            boolean moreData = false;
            try {
                if (gate.life() != Lifecycle.RELEASED && !path.isCurrent()) {
                    renewPath(now);
                }
                strays = gate.feed(outbox, BATCH, now);
                more = collectSegments(now);
                moreData = act(now);
                armTimer();
            } catch (Throwable t) {
                gate.fail(t);
            }
            woken |= wakeups.publish(gate.status(wakeups.status()), moreData);
            boolean send = outbox.begin();
            Path way = path;
            gate.unlock();
            if (strays != null) {
                protocol.receiveAgain(strays);
            }
            if (send && outbox.send(way, trafficClass, hopLimit)) {
                now = protocol.ctx.clock().nanoTime();
                gate.lock();
                outbox.end();
                if (more || !outbox.isEmpty() || gate.hasMail()) {
                    continue;
                }
                gate.unlock();
            }
            // Who delivered while the lock was held found it taken and went: this thread has to look.
            if (gate.hasMail() && gate.tryLock()) {
                continue;
            }
            break;
        }
        if (woken != 0) {
            wakeups.wake(woken, protocol.ctx.waits());
        }
    }

    /// What was sent while delivering has been processed.
    void transmitted() {
        gate.lock();
        outbox.end();
        settle(protocol.ctx.clock().nanoTime());
    }

    /// Moves what the engine wants to send to the outbox; returns whether there is more.
    private boolean collectSegments(long nowNs) {
        if (gate.life() == Lifecycle.RELEASED) {
            return false;
        }
        TcpConnection engine = gate.engine();
        while (outbox.size() < BATCH) {
            Packet segment = engine.pollSegment(nowNs);
            if (segment == null) {
                return false;
            }
            outbox.add(segment);
        }
        return true;
    }

    /// A router has refused one of our packets: all of the stack that goes there is to know, and [#settle] renews our path.
    void packetTooBig(int mtu) {
        path.packetTooBig(mtu);
    }

    private void renewPath(long nowNs) {
        try {
            path = protocol.ctx.path(local, remote);
            gate.engine().setPath(path.mtu() - TcpHeader.MIN_LENGTH, superPayload(path), nowNs);
        } catch (IOException e) {
            // The route may come back before the retransmissions run out; until then segments are lost on the old path,
            // where they are counted.
            protocol.ctx.countDrop(DropReason.NO_ROUTE);
        }
    }

    /// Acts on the engine's events: leaves the endpoint table, goes into TIME-WAIT, gives the memory back. Returns whether
    /// data has come.
    private boolean act(long nowNs) {
        TcpConnection engine = gate.engine();
        int events = engine.pollEvents();
        if ((events & TcpConnection.EVENT_PATH_SUSPECT) != 0) {
            renewPath(nowNs);
        }
        if ((events & (TcpConnection.EVENT_TIME_WAIT | TcpConnection.EVENT_CLOSED | TcpConnection.EVENT_FAILED)) != 0
                && !gate.life().isDetached()) {
            if ((events & TcpConnection.EVENT_TIME_WAIT) != 0) {
                protocol.enterTimeWait(this, engine, entry, nowNs);
            } else {
                entry.release();
            }
            gate.engineEnded();
            protocol.connectionEnded(engine);
        }
        if (gate.life() == Lifecycle.RELEASED) {
            // A reset or a last acknowledgement that the engine still has to say before its memory goes.
            Packet segment;
            while ((segment = engine.pollSegment(nowNs)) != null) {
                outbox.add(segment);
            }
            engine.release();
        }
        return (events & TcpConnection.EVENT_READABLE) != 0;
    }

    private void armTimer() {
        if (gate.life().isDetached()) {
            cancelTimer();
            return;
        }
        long deadline = gate.engine().nextDeadlineNs();
        // A timer that fires too early is cheaper than one that is moved with every segment.
        if (deadline != Long.MAX_VALUE && (timerNs == Long.MAX_VALUE || deadline - timerNs < 0)) {
            if (timer == null) {
                timer = protocol.ctx.timers().create(this);
            }
            timerNs = deadline;
            timer.set(deadline);
        }
    }

    /// The timer has run out or was never set.
    void timerExpired() {
        timerNs = Long.MAX_VALUE;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /// Gives everything up at once, with the gate's lock held: nothing is sent any more but a reset, if the peer has not
    /// heard of the end. What cannot be given back is told, and the rest is.
    void discard() {
        if (!gate.life().isDetached()) {
            protocol.attempt("connection-place", entry::release);
            protocol.attempt("connection-reset", () -> {
                Packet reset = gate.engine().farewell(protocol.ctx.clock().nanoTime());
                if (reset != null) {
                    outbox.add(reset);
                }
            });
            protocol.attempt("connection-counters", () -> protocol.connectionEnded(gate.engine()));
        } else {
            outbox.clear();
        }
        protocol.attempt("connection-timer", this::cancelTimer);
        gate.release();
    }
}
