package dev.millrace.link.tun;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that reads one queue: takes what there is in batches, so that the stack answers a batch once, and sleeps in
/// poll(2) when there has been nothing for a while. A platform thread, because a virtual one would hold its carrier while
/// it sleeps.
///
/// To wake a sleeping thread costs some 25 µs on a small virtual machine, more than an answer takes. So the reader looks
/// again for a moment (`busy-poll`) before it sleeps, and offers its processor to others between two looks: where none
/// waits, that is the cheapest way to be fast; where one does, nothing is taken from it.
final class QueueReader implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(QueueReader.class);

    /// The end of a batch: enough to spread the costs, few enough that acknowledgements leave before the sender's window
    /// is used up, and the data is still in the cache when TCP takes it.
    private static final int MAX_PACKETS = 64;
    private static final int MAX_BYTES = 256 * 1024;
    /// The largest packet and what may be in front of it.
    private static final int CAPACITY = 65536 + VnetHeader.LENGTH;
    /// What fits a small buffer is copied there, which is cheaper than to keep a large one for it.
    private static final int SMALL = 2048 - Packet.HEADROOM;
    /// How often a busy reader looks whether something happened to the device, in rounds.
    private static final int WATCH_EVERY = 256;
    private static final int POLLFD = 8;
    /// How long a reader that failed lets others find memory.
    private static final long PAUSE_NS = 1_000_000;

    private final TunLink link;
    private final int fd;
    /// Of the first reader only, or `null`.
    private final LinkWatch watch;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment polled = arena.allocate(3 * POLLFD, 8);
    private final PacketList batch = new PacketList();
    private final boolean vnetHeader;
    private final Thread thread;
    /// A packet to read into, kept when there was nothing to read.
    private Packet spare;
    private long failures;

    QueueReader(TunLink link, int queue, LinkWatch watch) {
        this.link = link;
        this.watch = watch;
        fd = link.device().fds()[queue];
        vnetHeader = link.device().vnetHeader();
        thread = Thread.ofPlatform().daemon()
                .name("millrace-" + link.device().name() + (queue == 0 ? "" : "-" + queue)).unstarted(this);
    }

    void start() {
        thread.start();
    }

    /// Waits until the thread has ended, unless it is the caller.
    void join() {
        if (thread == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        if (!link.enter()) {
            return;
        }
        try {
            boolean more = true;
            while (more) {
                try {
                    more = read();
                } catch (Throwable t) {
                    failed(t);
                }
            }
        } finally {
            batch.releaseAll();
            if (spare != null) {
                spare.release();
            }
            link.exit();
        }
    }

    /// Whatever was thrown, out of memory included: packets are lost by it, and not the device. What is in the batch is
    /// delivered next.
    private void failed(Throwable t) {
        failures++;
        try {
            // One, two, four, ...: not a line for each of a thousand packets.
            if ((failures & failures - 1) == 0) {
                LOG.error("{}: the reader failed, for the {}. time; it goes on", link, failures, t);
            }
        } catch (Throwable again) {
            // It cannot be said, for want of memory perhaps; the pause below helps more.
            LockSupport.parkNanos(PAUSE_NS);
        }
        LockSupport.parkNanos(PAUSE_NS);
    }

    /// Reads and delivers until the link is closed; returns `false`, since then there is nothing more to read.
    private boolean read() {
        long busyNs = link.settings().busyPollNs();
        long lastNs = System.nanoTime();
        for (int round = 0; !link.isClosed(); round++) {
            if (watch != null && round % WATCH_EVERY == 0) {
                // A reader that never sleeps has to ask by itself.
                watch.readAll(link);
            }
            // Not empty only if its delivery failed.
            int errno = batch.isEmpty() ? fillBatch() : 0;
            if (!batch.isEmpty()) {
                link.sink().deliver(batch);
                if (busyNs > 0) {
                    lastNs = System.nanoTime();
                }
            } else if (errno != Errno.EAGAIN && errno != Errno.EINTR && isLost(errno)) {
                return false;
            } else if (busyNs > 0 && System.nanoTime() - lastNs < busyNs) {
                Thread.yield();
            } else {
                sleep(-1);
            }
        }
        return false;
    }

    /// Reads until there is nothing left, an error, or enough. Returns the errno that ended it, or 0.
    private int fillBatch() {
        int packets = 0;
        int bytes = 0;
        while (packets < MAX_PACKETS && bytes < MAX_BYTES) {
            if (spare == null) {
                spare = Packet.allocate(Packet.HEADROOM, CAPACITY);
            }
            long n = Libc.read(state, fd, spare.memory().address() + spare.start(), CAPACITY);
            if (n < 0) {
                return Libc.errno(state);
            }
            packets++;
            bytes += (int) n;
            accept((int) n);
        }
        return 0;
    }

    private void accept(int n) {
        Packet packet;
        if (n <= SMALL) {
            packet = Packet.copyOf(spare.memory().asSlice(spare.start(), n));
        } else {
            packet = spare;
            packet.append(n);
            spare = null;
        }
        packet.holdFor(this);
        try {
            sort(packet, n);
        } catch (Throwable t) {
            if (packet.isHeldBy(this)) {
                link.sink().drop(packet, DropReason.FAILURE);
            }
            throw t;
        }
    }

    private void sort(Packet packet, int n) {
        if (!vnetHeader) {
            batch.add(packet);
            return;
        }
        int type = n < VnetHeader.LENGTH ? -1 : VnetHeader.pull(packet);
        switch (type) {
            case VnetHeader.GSO_NONE, VnetHeader.GSO_TCPV4, VnetHeader.GSO_TCPV6 -> batch.add(packet);
            case VnetHeader.GSO_UDP -> UdpSegments.cut(packet, link.medium(), link.sink(), batch);
            default -> link.sink().drop(packet, DropReason.LINK_REFUSED);
        }
    }

    /// What an error of reading means. Returns whether nothing can be read any more.
    private boolean isLost(int errno) {
        if (errno == Errno.EBADFD || errno == Errno.EBADF || errno == Errno.ENODEV) {
            link.removed(watch != null ? watch.name() : link.device().name());
            return true;
        }
        LOG.warn("{}: reading failed: {}", link, Errno.text(errno));
        // Whatever it is: not a thousand times a second.
        sleep(100);
        return false;
    }

    private void sleep(int timeoutMs) {
        put(0, fd);
        put(1, link.wakeUp().fd());
        int n = 2;
        if (watch != null) {
            put(n++, watch.fd());
        }
        int ready = Libc.poll(state, polled.address(), n, timeoutMs);
        if (ready > 0 && watch != null && polled.get(JAVA_SHORT, 2 * POLLFD + 6) != 0) {
            watch.readAll(link);
        }
    }

    private void put(int i, int descriptor) {
        polled.set(JAVA_INT, (long) i * POLLFD, descriptor);
        polled.set(JAVA_SHORT, (long) i * POLLFD + 4, Libc.POLLIN);
        polled.set(JAVA_SHORT, (long) i * POLLFD + 6, (short) 0);
    }
}
