package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
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
final class ConnectionEndpoint implements TcpEndpoint, Runnable {
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
    private final Outbox outbox = new Outbox(this);
    final EngineTimer timer = new EngineTimer(this);
    private final EndpointTable.Entry<TcpEndpoint> entry;
    /// Read by the gate, too.
    Path path;

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

    // ---- inputs from the network

    @Override
    public void receive(Packet packet) {
        if (gate.offer(packet)) {
            try {
                protocol.ctx.afterDelivery(this);
            } catch (Throwable t) {
                // Nobody would be told of this mail, nor of what comes after it: now rather than never.
                protocol.ctx.failed("after-delivery", t);
                run();
            }
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
                    renewPath(false, now);
                }
                strays = gate.feed(outbox, BATCH, now);
                more = collectSegments(now);
                moreData = act(now);
                if (!gate.life().isDetached()) {
                    timer.fireBy(gate.engine().nextDeadlineNs());
                }
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

    private void renewPath(boolean onSuspicion, long nowNs) {
        try {
            int before = path.mtu();
            path = protocol.ctx.path(local, remote);
            // A new path begins with a plain RTO; a mere suspicion must not end the backing off (RFC 6298 §5.5).
            if (!onSuspicion || path.mtu() != before) {
                gate.engine().setPath(path.mtu() - TcpHeader.MIN_LENGTH, superPayload(path), nowNs);
            }
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
            renewPath(true, nowNs);
        }
        if ((events & (TcpConnection.EVENT_TIME_WAIT | TcpConnection.EVENT_CLOSED | TcpConnection.EVENT_FAILED)) != 0
                && !gate.life().isDetached()) {
            if ((events & TcpConnection.EVENT_TIME_WAIT) != 0) {
                protocol.enterTimeWait(this, engine, entry, nowNs);
            } else {
                entry.release();
            }
            gate.engineEnded();
            timer.cancel();
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
        protocol.attempt("connection-timer", timer::cancel);
        gate.release();
    }
}
