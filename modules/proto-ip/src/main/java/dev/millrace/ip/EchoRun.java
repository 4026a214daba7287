package dev.millrace.ip;

import dev.millrace.ErrorCode;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.PingStatistics;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// One ping: when requests leave, who hears what became of them, and who waits for the end.
///
/// Its monitor guards what it knows; packets leave and the listener is called without it.
final class EchoRun implements PingRun, Timers.Task {
    private static final int MAX_EVENTS = Ping.MAX_UNDER_WAY;

    private final EchoRequests owner;
    private final Ping ping;
    private final byte[] data;
    private final Consumer<? super PingEvent> listener;
    private final IpAddress remote;
    /// Whether many may answer one request.
    private final boolean toMany;
    private final int firstChoice;
    private final long intervalNs;
    private final long timeoutNs;
    private final Timers.Timer timer;
    /// By which replies find this; set before the first request leaves.
    volatile int identifier;

    // Guarded by this.
    private final EchoWindow window = new EchoWindow();
    private final ArrayDeque<PingEvent> untold = new ArrayDeque<>();
    private final List<Thread> waiting = new ArrayList<>(1);
    private boolean telling;
    private long nextSendNs;
    private boolean complete;
    private ErrorCode ended;

    private volatile Path path;

    EchoRun(EchoRequests owner, Ping ping, Consumer<? super PingEvent> listener, Path path, int firstChoice) {
        this.owner = owner;
        this.ping = ping;
        this.listener = listener;
        this.path = path;
        this.firstChoice = firstChoice;
        data = EchoRequests.data(ping);
        remote = path.remote();
        toMany = remote.isMulticast() || isBroadcast(remote);
        intervalNs = ping.interval().toNanos();
        timeoutNs = ping.timeout().toNanos();
        timer = owner.context.timers().create(this);
    }

    private boolean isBroadcast(IpAddress a) {
        return owner.context.nics().stream().anyMatch(
                n -> owner.context.classify(n, a.hi(), a.lo()) == NetworkContext.Destination.BROADCAST);
    }

    /// The identifier to be tried first.
    int firstChoice() {
        return firstChoice;
    }

    void begin() {
        long now = owner.context.clock().nanoTime();
        synchronized (this) {
            nextSendNs = now;
        }
        run(now);
    }

    /// Sends what is due, gives up what is over, and sets the timer for the next of both.
    @Override
    public void run(long nowNs) {
        int sequence = 0;
        synchronized (this) {
            if (isDone()) {
                return;
            }
            giveUpExpired(nowNs);
            if (untold.size() >= MAX_EVENTS) {
                // The listener is behind: it has its turn first.
                nextSendNs = nowNs + intervalNs;
            } else if (hasMore() && nowNs - nextSendNs >= 0) {
                if (window.isFull()) {
                    giveUp(window.oldestUnderWay());
                }
                sequence = window.send(nowNs);
                // No bursts after a pause.
                nextSendNs = Math.max(nextSendNs + intervalNs, nowNs);
            }
            setTimer();
        }
        if (sequence != 0) {
            send(sequence);
        }
        tell();
    }

    private boolean hasMore() {
        return ping.count() == 0 ? window.sent() < Integer.MAX_VALUE : window.sent() < ping.count();
    }

    private void giveUpExpired(long nowNs) {
        for (int s = window.expired(nowNs - timeoutNs); s != 0; s = window.expired(nowNs - timeoutNs)) {
            giveUp(s);
        }
    }

    private void giveUp(int sequence) {
        window.giveUp(sequence);
        enqueue(new PingEvent.Unanswered(sequence));
    }

    private void setTimer() {
        int oldest = window.oldestUnderWay();
        if (!hasMore() && oldest == 0 && !(toMany && waitsForOthers())) {
            complete = true;
            timer.cancel();
            return;
        }
        long deadline = oldest == 0 ? Long.MAX_VALUE : window.sentNs(oldest) + timeoutNs;
        if (hasMore() && (oldest == 0 || nextSendNs - deadline < 0)) {
            deadline = nextSendNs;
        }
        if (!hasMore() && oldest == 0) {
            deadline = window.sentNs(window.sent()) + timeoutNs;
        }
        timer.set(deadline);
    }

    /// Of a request to many, all replies are of interest that come in time.
    private boolean waitsForOthers() {
        return owner.context.clock().nanoTime() - (window.sentNs(window.sent()) + timeoutNs) < 0;
    }

    private void send(int sequence) {
        int mtu = 0;
        try {
            if (!path.isCurrent()) {
                path = owner.path(ping);
            }
            int length = 8 + ping.size();
            if (length > path.largestDatagram()) {
                mtu = path.mtu() + path.ipHeaderLength();
                throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
            }
            var list = new PacketList();
            list.add(owner.request(data, path, identifier, sequence));
            synchronized (this) {
                // What it took to make the request is no part of the round trip.
                window.leaves(sequence, owner.context.clock().nanoTime());
            }
            try {
                path.send(list, ping.trafficClass(), ping.ttl());
            } finally {
                // What a path that threw has left.
                list.releaseAll();
            }
        } catch (IOException e) {
            synchronized (this) {
                if (window.fail(sequence)) {
                    enqueue(new PingEvent.NotSent(sequence, e, mtu));
                }
                if (!isDone()) {
                    setTimer();
                }
            }
        }
    }

    // ---- from the network

    /// Whether the packet answers one of this ping's requests.
    boolean onReply(Packet packet, int low16) {
        if (!toMany && (packet.sourceLo() != remote.lo() || packet.sourceHi() != remote.hi())) {
            return false;
        }
        long now = owner.context.clock().nanoTime();
        synchronized (this) {
            int sequence = window.sequence(low16);
            if (isDone() || sequence == 0) {
                return false;
            }
            EchoWindow.Match match = window.reply(sequence, now);
            if (match == EchoWindow.Match.UNKNOWN) {
                return false;
            }
            boolean duplicate = match == EchoWindow.Match.DUPLICATE;
            // A sender of duplicates must not make the queue grow.
            if (!duplicate || untold.size() < MAX_EVENTS) {
                enqueue(new PingEvent.Reply(sequence, new IpAddress(packet.sourceHi(), packet.sourceLo()).toInetAddress(),
                        packet.length(), packet.hopLimit(), now - window.sentNs(sequence), duplicate,
                        EchoRequests.isIntact(packet, data)));
            }
            setTimer();
        }
        tell();
        return true;
    }

    void onError(IcmpError error, int low16) {
        if (!error.remote().equals(remote)) {
            return;
        }
        Path tooNarrow = null;
        synchronized (this) {
            int sequence = window.sequence(low16);
            if (isDone() || sequence == 0 || !window.isKnown(sequence)) {
                return;
            }
            if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG) {
                tooNarrow = path;
            }
            if (window.fail(sequence)) {
                enqueue(new PingEvent.Failed(sequence, error.from().toInetAddress(), error.kind(), error.mtu()));
                setTimer();
            }
        }
        if (tooNarrow != null) {
            tooNarrow.packetTooBig(error.mtu());
        }
        tell();
    }

    // ---- to the program

    private void enqueue(PingEvent event) {
        untold.add(event);
    }

    /// Tells the listener what there is, unless another thread is at it; then wakes those who wait for the end.
    private void tell() {
        while (true) {
            PingEvent event;
            synchronized (this) {
                if (telling) {
                    return;
                }
                event = untold.poll();
                if (event == null) {
                    if (isDone()) {
                        wake();
                    }
                    break;
                }
                telling = true;
            }
            try {
                listener.accept(event);
            } catch (Throwable t) {
                owner.context.failed("ping-listener", t);
            } finally {
                synchronized (this) {
                    telling = false;
                }
            }
        }
        if (isDone()) {
            owner.leave(this);
        }
    }

    private void wake() {
        waiting.forEach(t -> owner.context.waits().unpark(t));
        waiting.clear();
    }

    @Override
    public synchronized PingStatistics statistics() {
        return window.statistics();
    }

    @Override
    public synchronized boolean isDone() {
        return complete || ended != null;
    }

    private synchronized boolean isOver(Thread self) {
        if (isDone() && untold.isEmpty() && !telling) {
            waiting.remove(self);
            return true;
        }
        if (!waiting.contains(self)) {
            waiting.add(self);
        }
        return false;
    }

    @Override
    public PingStatistics await() throws IOException {
        Thread self = Thread.currentThread();
        while (!isOver(self)) {
            if (self.isInterrupted()) {
                synchronized (this) {
                    waiting.remove(self);
                }
                end(ErrorCode.INTERRUPTED);
                throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
            }
            owner.context.waits().park(this, Long.MAX_VALUE);
        }
        synchronized (this) {
            if (ended == ErrorCode.STACK_CLOSED) {
                throw SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
            }
            return window.statistics();
        }
    }

    @Override
    public void close() {
        end(ErrorCode.SOCKET_CLOSED);
    }

    void end(ErrorCode why) {
        synchronized (this) {
            if (!isDone()) {
                ended = why;
            }
            timer.cancel();
        }
        tell();
    }
}
