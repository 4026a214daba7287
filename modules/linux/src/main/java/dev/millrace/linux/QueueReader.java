package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

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
public final class QueueReader implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(QueueReader.class);

    /// How often a busy reader looks whether something happened to the device, in rounds.
    private static final int WATCH_EVERY = 256;
    /// How long a reader sleeps after an error that nobody expects: whatever it is, not a thousand times a second.
    private static final int ERROR_PAUSE_MS = 100;
    private static final int POLLFD = 8;
    /// How long a reader that failed lets others find memory.
    private static final long PAUSE_NS = 1_000_000;

    private final Queue queue;
    private final Object link;
    private final DescriptorUse use;
    private final WakeUp wakeUp;
    /// Of a link's first reader only, or `null`.
    private final LinkWatch watch;
    private final LinkWatch.Listener listener;
    private final long busyPollNs;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment polled = arena.allocate(3 * POLLFD, 8);
    private final PacketList batch = new PacketList();
    private final Thread thread;
    private long failures;

    /// What is read. All methods are called by the reader's thread.
    public interface Queue {
        /// What to poll for reading.
        int fd();

        /// Reads until there is nothing left, an error, or enough for a batch. What it throws is logged, and it is called
        /// again.
        ///
        /// @param batch what was read is added to it; empty before
        /// @return the errno that ended it, or 0
        int fill(PacketList batch);

        /// Hands a batch to the NIC and empties it.
        void deliver(PacketList batch);

        /// Whether an errno of [#fill] means that nothing can be read any more.
        boolean isLost(int errno);

        /// poll(2) saw an error, which goes on being seen until somebody takes it.
        default void onPollError() {
        }

        /// The reader ends: gives back what it keeps for later.
        void release();
    }

    /// A reader that does not run yet.
    ///
    /// @param link whose queue it is, for the log
    /// @param threadName of its thread
    /// @param use of the link; the reader is one of the users as long as it runs
    /// @param watch read by this reader, or `null`
    /// @param listener to whom the watch is to tell what it hears, or `null`
    /// @param busyPollNs how long to look again before sleeping
    public QueueReader(Object link, String threadName, Queue queue, DescriptorUse use, WakeUp wakeUp, LinkWatch watch,
            LinkWatch.Listener listener, long busyPollNs) {
        this.link = link;
        this.queue = queue;
        this.use = use;
        this.wakeUp = wakeUp;
        this.watch = watch;
        this.listener = listener;
        this.busyPollNs = busyPollNs;
        thread = Thread.ofPlatform().daemon().name(threadName).unstarted(this);
    }

    /// Begins to read.
    public void start() {
        thread.start();
    }

    /// Waits until the thread has ended, unless it is the caller.
    public void join() {
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
        if (!use.enter()) {
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
            queue.release();
            use.exit();
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
        long busyNs = busyPollNs;
        long lastNs = System.nanoTime();
        for (int round = 0; !use.isClosed(); round++) {
            if (watch != null && round % WATCH_EVERY == 0) {
                // A reader that never sleeps has to ask by itself.
                watch.readAll(listener);
            }
            // Not empty only if its delivery failed.
            int errno = batch.isEmpty() ? queue.fill(batch) : 0;
            if (!batch.isEmpty()) {
                queue.deliver(batch);
                if (busyNs > 0) {
                    lastNs = System.nanoTime();
                }
            } else if (errno != 0 && errno != Errno.EAGAIN && errno != Errno.EINTR) {
                if (queue.isLost(errno)) {
                    return false;
                }
                LOG.warn("{}: reading failed: {}", link, Errno.text(errno));
                sleep(ERROR_PAUSE_MS);
            } else if (busyNs > 0 && System.nanoTime() - lastNs < busyNs) {
                Thread.yield();
            } else {
                sleep(-1);
            }
        }
        return false;
    }

    private void sleep(int timeoutMs) {
        put(0, queue.fd());
        put(1, wakeUp.fd());
        int n = 2;
        if (watch != null) {
            put(n++, watch.fd());
        }
        int ready = Libc.poll(state, polled.address(), n, timeoutMs);
        if (ready <= 0) {
            return;
        }
        if ((seen(0) & Libc.POLLERR) != 0) {
            queue.onPollError();
        }
        if (watch != null && seen(2) != 0) {
            watch.readAll(listener);
        }
    }

    private void put(int i, int descriptor) {
        polled.set(JAVA_INT, (long) i * POLLFD, descriptor);
        polled.set(JAVA_SHORT, (long) i * POLLFD + 4, Libc.POLLIN);
        polled.set(JAVA_SHORT, (long) i * POLLFD + 6, (short) 0);
    }

    private int seen(int i) {
        return polled.get(JAVA_SHORT, (long) i * POLLFD + 6);
    }
}
