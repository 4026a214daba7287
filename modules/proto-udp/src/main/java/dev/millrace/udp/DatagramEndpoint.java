package dev.millrace.udp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.LargePackets;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// The receiving half of a UDP socket: a bounded queue of datagrams, and who waits for them.
///
/// Arriving datagrams are put into one list and taken from another; the receiver swaps when its own is empty, so that the
/// two sides meet once for many datagrams. Locks are held for pointer moves only.
final class DatagramEndpoint implements Runnable {
    /// What a queued packet costs beside its bytes.
    private static final int OVERHEAD = 128;
    /// A datagram this short does not keep the buffer of a larger size that it came in.
    private static final int COPY_BELOW = 256;

    private final UdpProtocol protocol;
    /// The stack's memory is reserved in steps of this many bytes, so that not every datagram touches the shared count.
    private static final long RESERVATION = 64 * 1024;

    private final Object lock = new Object();
    private final ReentrantLock takeLock = new ReentrantLock();
    /// Guarded by takeLock.
    private final PacketList taken = new PacketList();
    /// Bytes of what has left; written under takeLock.
    private volatile long consumedBytes;
    /// Datagrams that have left; written under takeLock.
    private volatile long consumedCount;

    // Guarded by lock.
    private final PacketList queue = new PacketList();
    private long arrivedBytes;
    private final java.util.ArrayDeque<Thread> waiting = new java.util.ArrayDeque<>(2);
    private boolean wakePending;
    private EndpointTable.Entry<DatagramEndpoint> connected;

    /// `null` until the table has given a place; written under lock.
    private volatile EndpointTable.Entry<DatagramEndpoint> bound;
    /// Written under lock.
    private volatile long reservedBytes;
    /// Datagrams that have arrived; written under lock.
    private volatile long arrivedCount;
    private volatile int receiveBuffer;
    private volatile Peer peer;
    /// Written under lock.
    private volatile ErrorCode error;
    private volatile ErrorCode closed;
    private volatile ReadinessSignal callback;
    private final AtomicLong dropped = new AtomicLong();
    final LargePackets largeSends = new LargePackets(1024);
    /// Whether nobody may cut what the socket sends.
    volatile boolean dontFragment;
    /// Whether the program is told of what may pass.
    volatile boolean softErrors = true;

    /// Whom a connected socket talks to; one object, so that nobody sees the address of one and the port of another.
    record Peer(IpAddress address, int port) {
    }

    DatagramEndpoint(UdpProtocol protocol) {
        this.protocol = protocol;
        this.receiveBuffer = protocol.receiveBuffer;
    }

    /// Takes the place in the table. The endpoint can be found from the moment it is there, before this is called: by
    /// datagrams, which need no place, and by a stack that closes, after which the place is given back here.
    void bound(EndpointTable.Entry<DatagramEndpoint> entry) {
        boolean late;
        synchronized (lock) {
            bound = entry;
            late = closed != null;
        }
        if (late) {
            entry.release();
        }
    }

    // ---- from the network

    /// Whether a datagram from this peer is for the socket: a connected one takes its own peer's only.
    boolean wants(Packet packet, int sourcePort) {
        Peer p = peer;
        return p == null || sourcePort == p.port && packet.sourceLo() == p.address.lo()
                && packet.sourceHi() == p.address.hi();
    }

    /// Whether a datagram to a group, and to this port, is one for the place that the socket is bound to.
    boolean isBoundFor(Packet packet, int port) {
        EndpointTable.Entry<DatagramEndpoint> place = bound;
        if (place == null || place.localPort() != port) {
            return false;
        }
        IpAddress local = place.local();
        return local == null || local.isUnspecified() && local.isV4() == IpAddress.isV4(packet.destinationHi(),
                packet.destinationLo()) || local.lo() == packet.destinationLo() && local.hi() == packet.destinationHi();
    }

    void receive(Packet arrived) {
        Packet packet = compact(arrived);
        long cost = cost(packet);
        boolean wake = false;
        DropReason refused = null;
        synchronized (lock) {
            long queuedBytes = arrivedBytes - consumedBytes;
            if (closed != null) {
                refused = DropReason.CLOSED;
            } else if (queuedBytes + cost > receiveBuffer && queuedBytes > 0) {
                refused = DropReason.RECEIVE_BUFFER_FULL;
            } else if (!reserve(queuedBytes + cost)) {
                refused = DropReason.MEMORY_LIMIT;
            } else {
                arrivedBytes += cost;
                queue.add(packet);
                arrivedCount++;
                wake = !wakePending && (!waiting.isEmpty() || callback != null);
                wakePending |= wake;
            }
        }
        if (refused != null) {
            if (refused != DropReason.CLOSED) {
                dropped.incrementAndGet();
            }
            protocol.ctx.drop(packet, refused);
        } else if (wake) {
            wakeAfterDelivery();
        }
    }

    private void wakeAfterDelivery() {
        try {
            protocol.ctx.afterDelivery(this);
        } catch (Throwable t) {
            // No memory to put it off: it is done now, or nobody would ever be woken again, since a wake-up is pending.
            protocol.ctx.failed("udp-wake-up", t);
            run();
        }
    }

    /// Sees to it that so many bytes are reserved; called with the lock held. What is reserved is at most the
    /// receive buffer and a step.
    private boolean reserve(long bytes) {
        if (bytes <= reservedBytes) {
            return true;
        }
        long step = Math.max(RESERVATION, bytes - reservedBytes);
        if (!protocol.ctx.memory().tryReserve(step)) {
            step = bytes - reservedBytes;
            if (!protocol.ctx.memory().tryReserve(step)) {
                return false;
            }
        }
        reservedBytes += step;
        return true;
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
        synchronized (lock) {
            wakePending = false;
            available = (int) Math.min(Integer.MAX_VALUE, arrivedCount - consumedCount);
            for (int i = 0; i < available && !waiting.isEmpty(); i++) {
                protocol.ctx.waits().unpark(waiting.poll());
            }
        }
        tell();
    }

    private void tell() {
        ReadinessSignal c = callback;
        if (c != null) {
            c.signal();
        }
    }

    Readiness readiness() {
        return Readiness.of(hasDatagram() || error != null, true, closed != null);
    }

    /// Has the program told what happened to one of its datagrams (RFC 1122 §4.1.3.3); a port unreachable is what programs
    /// know as "connection refused".
    void onError(ErrorCode code) {
        synchronized (lock) {
            // Connected sockets only, since no other could say which of its datagrams it was.
            if (closed != null || connected == null) {
                return;
            }
            error = code;
        }
        wakeAll();
    }

    // ---- for the program

    /// Takes the next datagram, or returns `null`; the packet, which starts at its UDP header, becomes the caller's.
    Packet poll() {
        if (!hasDatagram()) {
            return null;
        }
        takeLock.lock();
        try {
            if (closed != null) {
                return null;
            }
            if (taken.isEmpty()) {
                swap();
            }
            Packet p = taken.poll();
            if (p != null) {
                consumedBytes += cost(p);
                consumedCount++;
                if (reservedBytes > 0 && !hasDatagram() && isMemoryScarce()) {
                    synchronized (lock) {
                        giveBack(0);
                    }
                }
            }
            return p;
        } finally {
            takeLock.unlock();
        }
    }

    /// Takes over all that has arrived, and gives memory back that is not needed; called with takeLock held.
    private void swap() {
        synchronized (lock) {
            taken.addAll(queue);
            giveBack(RESERVATION);
        }
    }

    /// Whether more than half of the stack's memory is reserved. Then nobody keeps any ready, so that sockets that hold
    /// nothing never have more than the other half.
    private boolean isMemoryScarce() {
        return protocol.ctx.memory().reserved() > protocol.ctx.memory().limit() / 2;
    }

    /// Gives memory back beyond what is queued and `kept`, if it is worth the while; called with the lock held.
    private void giveBack(long kept) {
        long excess = reservedBytes - (arrivedBytes - consumedBytes) - kept;
        if (excess >= Math.max(kept, 1)) {
            reservedBytes -= excess;
            protocol.ctx.memory().release(excess);
        }
    }

    private boolean hasDatagram() {
        return arrivedCount != consumedCount;
    }

    /// Whether a receive would find something: a datagram, an error, or that the socket is closed.
    boolean isReady() {
        return hasDatagram() || error != null || closed != null;
    }

    /// Puts the thread among those that are woken.
    void register(Thread thread) {
        synchronized (lock) {
            waiting.add(thread);
        }
    }

    /// Takes the thread back out; if it leaves a datagram behind, another one is woken in its place.
    void deregister(Thread thread) {
        Thread next = null;
        synchronized (lock) {
            boolean wasWoken = !waiting.remove(thread);
            if (wasWoken && arrivedCount - consumedCount > 1) {
                next = waiting.poll();
            }
        }
        if (next != null) {
            protocol.ctx.waits().unpark(next);
        }
    }

    /// The error that ICMP reported since this was last asked, or `null`.
    ErrorCode takeError() {
        if (error == null) {
            return null;
        }
        synchronized (lock) {
            ErrorCode e = error;
            error = null;
            return e;
        }
    }

    void onReady(Consumer<Readiness> listener) {
        callback = listener == null ? null : new ReadinessSignal(this::readiness, listener,
                t -> protocol.ctx.failed("udp-readiness-callback", t));
        if (isReady()) {
            tell();
        }
    }

    /// Takes datagrams of this peer only from now on.
    ///
    /// @param entry the place of the connection, which becomes the endpoint's; `null` to undo
    void connect(EndpointTable.Entry<DatagramEndpoint> entry, Peer to) {
        EndpointTable.Entry<DatagramEndpoint> needless;
        synchronized (lock) {
            if (closed == null) {
                needless = connected;
                connected = entry;
                peer = to;
                error = null;
            } else {
                needless = entry;
            }
        }
        if (needless != null) {
            needless.release();
        }
    }

    void disconnect() {
        connect(null, null);
    }

    EndpointTable.Entry<DatagramEndpoint> place() {
        return bound;
    }

    Peer peer() {
        return peer;
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

    /// It takes no memory, since it is done once only.
    void close(ErrorCode why) {
        EndpointTable.Entry<DatagramEndpoint> connection;
        EndpointTable.Entry<DatagramEndpoint> place;
        long unneeded;
        takeLock.lock();
        try {
            synchronized (lock) {
                if (closed != null) {
                    return;
                }
                closed = why;
                taken.addAll(queue);
                unneeded = reservedBytes;
                reservedBytes = 0;
                consumedBytes = arrivedBytes;
                consumedCount = arrivedCount;
                connection = connected;
                connected = null;
                peer = null;
                place = bound;
            }
        } finally {
            takeLock.unlock();
        }
        // Each step is taken whatever the one before it throws, and those who wait come first.
        try {
            wakeAll();
        } finally {
            try {
                release(connection);
            } finally {
                try {
                    release(place);
                } finally {
                    try {
                        protocol.ctx.memory().release(unneeded);
                        releaseRest();
                    } finally {
                        protocol.groups.leaveAll(this);
                    }
                }
            }
        }
    }

    /// Releases what nobody will receive: nothing comes to it any more, and [#poll] takes nothing from it.
    private void releaseRest() {
        Packet packet;
        do {
            takeLock.lock();
            try {
                packet = taken.poll();
            } finally {
                takeLock.unlock();
            }
            if (packet != null) {
                packet.release();
            }
        } while (packet != null);
    }

    private static void release(EndpointTable.Entry<?> entry) {
        if (entry != null) {
            entry.release();
        }
    }

    private void wakeAll() {
        synchronized (lock) {
            for (Thread t = waiting.poll(); t != null; t = waiting.poll()) {
                protocol.ctx.waits().unpark(t);
            }
        }
        tell();
    }

    /// Where a datagram came from: the port of a packet that [#poll] returned.
    static int sourcePort(Packet packet) {
        return UdpHeader.sourcePort(packet.memory(), packet.start());
    }
}
