package dev.millrace.udp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The receiving half of a UDP socket: a bounded queue of datagrams, and who waits for them. The lock is held for pointer
/// moves only.
final class DatagramEndpoint implements Runnable {
    /// What a queued packet costs beside its bytes.
    private static final int OVERHEAD = 128;
    /// A datagram this short does not keep the buffer of a larger size that it came in.
    private static final int COPY_BELOW = 256;

    private final UdpProtocol protocol;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final PacketList queue = new PacketList();
    private final java.util.ArrayDeque<Thread> waiting = new java.util.ArrayDeque<>(2);
    private long queuedBytes;
    private boolean wakePending;
    private EndpointTable.Entry<DatagramEndpoint> connected;

    private volatile EndpointTable.Entry<DatagramEndpoint> bound;
    private volatile int ready;
    private volatile int receiveBuffer;
    private volatile IpAddress remote;
    private volatile int remotePort;
    private volatile ErrorCode error;
    private volatile ErrorCode closed;
    private volatile Consumer<Readiness> callback;
    private final AtomicLong dropped = new AtomicLong();

    DatagramEndpoint(UdpProtocol protocol) {
        this.protocol = protocol;
        this.receiveBuffer = protocol.receiveBuffer;
    }

    void bound(EndpointTable.Entry<DatagramEndpoint> entry) {
        bound = entry;
    }

    // ---- from the network

    /// Whether a datagram from this peer is for the socket: a connected one takes its own peer's only.
    boolean wants(Packet packet, int sourcePort) {
        IpAddress r = remote;
        return r == null || sourcePort == remotePort && packet.sourceLo() == r.lo() && packet.sourceHi() == r.hi();
    }

    void receive(Packet arrived) {
        Packet packet = compact(arrived);
        long cost = cost(packet);
        boolean wake = false;
        DropReason refused = null;
        lock.lock();
        try {
            if (closed != null) {
                refused = DropReason.CLOSED;
            } else if (queuedBytes + cost > receiveBuffer && queuedBytes > 0) {
                refused = DropReason.RECEIVE_BUFFER_FULL;
            } else if (!protocol.ctx.memory().tryReserve(cost)) {
                refused = DropReason.MEMORY_LIMIT;
            } else {
                queuedBytes += cost;
                queue.add(packet);
                ready = queue.size();
                wake = !wakePending && (!waiting.isEmpty() || callback != null);
                wakePending |= wake;
            }
        } finally {
            lock.unlock();
        }
        if (refused != null) {
            if (refused != DropReason.CLOSED) {
                dropped.incrementAndGet();
            }
            protocol.ctx.drop(packet, refused);
        } else if (wake) {
            protocol.ctx.afterDelivery(this);
        }
    }

    /// A short datagram in a large buffer moves into a small one, so that queued bytes are what they seem.
    private static Packet compact(Packet packet) {
        if (packet.fragmentCount() == 0 && packet.length() <= COPY_BELOW && packet.head().capacity() > 2 * COPY_BELOW) {
            Packet small = packet.copy();
            packet.release();
            return small;
        }
        return packet;
    }

    private static long cost(Packet packet) {
        long bytes = packet.head().capacity() + OVERHEAD;
        for (int i = 0; i < packet.fragmentCount(); i++) {
            bytes += packet.fragmentLength(i);
        }
        return bytes;
    }

    /// After a batch: wakes those who wait.
    @Override
    public void run() {
        int available;
        lock.lock();
        try {
            wakePending = false;
            available = queue.size();
            for (int i = 0; i < available && !waiting.isEmpty(); i++) {
                protocol.ctx.waits().unpark(waiting.poll());
            }
        } finally {
            lock.unlock();
        }
        tell();
    }

    private void tell() {
        Consumer<Readiness> c = callback;
        if (c != null) {
            c.accept(Readiness.of(ready > 0 || error != null, true, closed != null));
        }
    }

    void onError(IcmpError icmp) {
        // RFC 1122 §4.1.3.3; a port unreachable is what programs know as "connection refused".
        if (icmp.kind() == IcmpError.Kind.PACKET_TOO_BIG) {
            return;
        }
        error = icmp.kind().code();
        wakeAll();
    }

    // ---- for the program

    /// Takes the next datagram, or returns `null`; the packet, which starts at its UDP header, becomes the caller's.
    Packet poll() {
        lock.lock();
        try {
            Packet p = queue.poll();
            if (p != null) {
                long cost = cost(p);
                queuedBytes -= cost;
                ready = queue.size();
                protocol.ctx.memory().release(cost);
            }
            return p;
        } finally {
            lock.unlock();
        }
    }

    /// Whether a receive would find something: a datagram, an error, or that the socket is closed.
    boolean isReady() {
        return ready > 0 || error != null || closed != null;
    }

    /// Puts the thread among those that are woken.
    void register(Thread thread) {
        lock.lock();
        try {
            waiting.add(thread);
        } finally {
            lock.unlock();
        }
    }

    /// Takes the thread back out; if it leaves a datagram behind, another one is woken in its place.
    void deregister(Thread thread) {
        Thread next = null;
        lock.lock();
        try {
            boolean wasWoken = !waiting.remove(thread);
            if (wasWoken && queue.size() > 1) {
                next = waiting.poll();
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            protocol.ctx.waits().unpark(next);
        }
    }

    /// The error that ICMP reported since this was last asked, or `null`.
    ErrorCode takeError() {
        ErrorCode e = error;
        if (e != null) {
            error = null;
        }
        return e;
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener;
        if (listener != null && isReady()) {
            tell();
        }
    }

    /// Takes datagrams of this peer only from now on.
    void connect(EndpointTable.Entry<DatagramEndpoint> entry, IpAddress peer, int port) {
        EndpointTable.Entry<DatagramEndpoint> before;
        lock.lock();
        try {
            before = connected;
            connected = entry;
            remotePort = port;
            remote = peer;
            error = null;
        } finally {
            lock.unlock();
        }
        if (before != null) {
            before.release();
        }
    }

    void disconnect() {
        connect(null, null, 0);
    }

    EndpointTable.Entry<DatagramEndpoint> place() {
        return bound;
    }

    IpAddress remote() {
        return remote;
    }

    int remotePort() {
        return remotePort;
    }

    int receiveBuffer() {
        return receiveBuffer;
    }

    void setReceiveBuffer(int bytes) {
        receiveBuffer = bytes;
    }

    long dropped() {
        return dropped.get();
    }

    ErrorCode closed() {
        return closed;
    }

    void stackClosed() {
        close(ErrorCode.STACK_CLOSED);
    }

    void close(ErrorCode why) {
        var rest = new PacketList();
        lock.lock();
        try {
            if (closed != null) {
                return;
            }
            closed = why;
            rest.addAll(queue);
            protocol.ctx.memory().release(queuedBytes);
            queuedBytes = 0;
            ready = 0;
        } finally {
            lock.unlock();
        }
        rest.releaseAll();
        disconnect();
        bound.release();
        wakeAll();
    }

    private void wakeAll() {
        lock.lock();
        try {
            waiting.forEach(protocol.ctx.waits()::unpark);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        tell();
    }

    /// Where a datagram came from: the port of a packet that [#poll] returned.
    static int sourcePort(Packet packet) {
        return UdpHeader.sourcePort(packet.memory(), packet.start());
    }
}
