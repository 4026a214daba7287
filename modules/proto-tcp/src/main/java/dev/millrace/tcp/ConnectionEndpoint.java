package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.FastOpen;
import dev.millrace.tcp.engine.MtuNews;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

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
    final EngineGate gate;
    final Wakeups wakeups = new Wakeups();
    volatile int trafficClass;
    volatile int hopLimit;

    // Guarded by the gate.
    private final Outbox outbox = new Outbox(this);
    final EngineTimer timer = new EngineTimer(this);
    final WayOut way;
    private final EndpointTable.Entry<TcpEndpoint> entry;
    /// How many of the engine's are counted.
    private long retransmissions;

    /// An endpoint with its engine, for a place in the endpoint table that is reserved but does not show it yet.
    ///
    /// @param iss the initial send sequence number
    /// @param timestampOffset what is added to the timestamp clock
    ConnectionEndpoint(TcpProtocol protocol, Path path, EndpointTable.Entry<TcpEndpoint> place, int remotePort,
            TcpSettings settings, ConnectionOptions options, CongestionControlFactory.Chosen congestionControl, int iss,
            int timestampOffset) {
        this.protocol = protocol;
        this.way = new WayOut(protocol.ctx, path);
        this.entry = place;
        this.local = path.local();
        this.remote = path.remote();
        this.remotePort = remotePort;
        this.gate = new EngineGate(this, new TcpConnection(settings, options, place.localPort(), remotePort, iss,
                timestampOffset, way.payload(), remote.isV4(), way.superPayload(), congestionControl,
                protocol.ctx.memory(), protocol.ctx.clock().nanoTime()));
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
            settle(gate.time());
        }
    }

    @Override
    public void stackClosed() {
        gate.endWithStack();
        wakeups.wakeAll(protocol);
    }

    void abort() {
        gate.abort();
    }

    // ---- the machine

    /// Brings everything to rest: the engine sees what is in the inbox, what it emits leaves, timers are set, waiting
    /// threads wake. Called with the gate's lock held, returns without it, whatever throws.
    void settle(long nowNs) {
        long now = nowNs;
        int woken = 0;
        try {
            boolean again;
            do {
                boolean more = false;
                PacketList strays = null;
                boolean send;
                boolean doubtful;
                Path path;
                try {
                    int events = 0;
                    try {
                        if (gate.life() != Lifecycle.RELEASED) {
                            way.check(gate.engine(), now);
                        }
                        strays = gate.feed(outbox, BATCH, now);
                        more = collectSegments(now);
                        countRetransmissions();
                        events = act(now);
                        if (!gate.life().isDetached()) {
                            timer.fireBy(gate.engine().nextDeadlineNs());
                        }
                    } catch (Throwable t) {
                        gate.fail(t);
                    }
                    if (gate.isDoomed()) {
                        discard();
                    }
                    int before = wakeups.status();
                    int status = gate.status(before);
                    TcpRecorder.onRest(this, before, status, events, now);
                    woken |= wakeups.publish(status, (events & TcpConnection.EVENT_READABLE) != 0)
                            | ((events & TcpConnection.EVENT_URGENT) != 0 ? Wakeups.URGENT : 0);
                } finally {
                    path = way.path();
                    doubtful = way.takeDoubt();
                    send = outbox.begin();
                    gate.unlock();
                }
                if (doubtful) {
                    doubt(path);
                }
                if (strays != null) {
                    protocol.receiveAgain(strays);
                }
                // Who delivered while the lock was held found it taken and went: this thread has to look.
                again = send && transmit(path, more) || gate.hasMail() && gate.tryLock();
                if (again) {
                    now = gate.time();
                }
            } while (again);
        } finally {
            if (woken != 0) {
                wakeups.wake(woken, protocol);
            }
        }
    }

    /// A question that cannot be asked is no more than one that was lost.
    private void doubt(Path path) {
        try {
            path.doubt();
        } catch (Throwable t) {
            protocol.ctx.failed("path-doubt", t);
        }
    }

    /// Sends what the outbox has chosen, without the lock, and looks for more. Returns whether there is some: then with the
    /// lock held.
    private boolean transmit(Path path, boolean more) {
        boolean done;
        try {
            done = outbox.send(path, trafficClass, hopLimit);
        } catch (Throwable t) {
            outbox.end();
            throw t;
        }
        if (done) {
            gate.lock();
            outbox.end();
            if (more || !outbox.isEmpty() || gate.hasMail()) {
                return true;
            }
            gate.unlock();
        }
        return false;
    }

    /// What was sent while delivering has been processed.
    void transmitted() {
        gate.lock();
        outbox.end();
        settle(gate.time());
    }

    /// Moves what the engine wants to send to the outbox; returns whether there is more.
    boolean collectSegments(long nowNs) {
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

    /// So that who looks at the stack's counters sees those of connections that stand.
    private void countRetransmissions() {
        long all = gate.engine().retransmittedSegments();
        if (all != retransmissions) {
            protocol.retransmitted(all - retransmissions);
            retransmissions = all;
        }
    }

    /// Acts on the engine's events, and returns them: leaves the endpoint table, goes into TIME-WAIT, gives the memory back.
    private int act(long nowNs) {
        TcpConnection engine = gate.engine();
        int events = engine.pollEvents();
        if ((events & TcpConnection.EVENT_PROGRESS) != 0) {
            way.path().confirm();
        }
        if ((events & TcpConnection.EVENT_MTU) != 0) {
            MtuNews news = engine.takeMtuNews();
            protocol.count(news);
            way.learn(news);
        }
        if ((events & TcpConnection.EVENT_FAST_OPEN) != 0) {
            protocol.learn(this, FastOpen.takeNews(engine), nowNs);
        }
        if (FastOpen.takePlace(engine) instanceof FastOpenQueue.Place place) {
            leave(place, engine, nowNs);
        }
        if ((events & TcpConnection.EVENT_PATH_SUSPECT) != 0) {
            way.suspect(engine, nowNs);
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
            protocol.connectionEnded();
        }
        if (gate.life() == Lifecycle.RELEASED) {
            // A reset or a last acknowledgement that the engine still has to say before its memory goes.
            Packet segment;
            while ((segment = engine.pollSegment(nowNs)) != null) {
                outbox.add(segment);
            }
            engine.release();
        }
        return events;
    }

    /// Does not count among those any more whose listener has opened them fast.
    private static void leave(FastOpenQueue.Place place, TcpConnection engine, long nowNs) {
        if (FastOpen.isUnconfirmed(engine) && engine.error() != ErrorCode.CONNECTION_TIMED_OUT) {
            place.leaveEarly(nowNs);
        } else {
            place.leave();
        }
    }

    /// Gives everything up at once, with the gate's lock held: nothing is sent any more but a reset, if the peer has not
    /// heard of the end. Each part is given back whatever becomes of the others, without memory; what cannot be is told.
    void discard() {
        if (!gate.life().isDetached()) {
            try {
                entry.release();
            } catch (Throwable t) {
                protocol.ctx.failed("connection-place", t);
            }
            try {
                Packet reset = gate.engine().farewell(gate.time());
                if (reset != null) {
                    outbox.add(reset);
                }
                protocol.connectionEnded();
            } catch (Throwable t) {
                protocol.ctx.failed("connection-reset", t);
            }
        }
        try {
            timer.cancel();
        } catch (Throwable t) {
            protocol.ctx.failed("connection-timer", t);
        }
        if (FastOpen.giveUpPlace(gate.engine()) instanceof FastOpenQueue.Place place) {
            place.leave();
        }
        gate.release();
    }
}
