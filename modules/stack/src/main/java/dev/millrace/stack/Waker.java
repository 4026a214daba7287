package dev.millrace.stack;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/// Wakes virtual threads for platform threads, in the order in which they ask.
///
/// The scheduler of virtual threads has a queue for each of its workers and some for submitters from outside, one for
/// each of a few platform threads. A worker that took something from a queue comes back to it until it is empty. So if one
/// platform thread, a link's reader, wakes threads faster than they run, what another one wakes, the timers', waits in its
/// own queue for as long as the load lasts: seconds were seen. Here platform threads submit nothing but one virtual
/// thread, this one, at most once at a time; it does the waking, into the queue of the worker that it runs on, where
/// everybody's threads stand in one line.
///
/// Who asks may be at the end of its stack, in a program that recurses as it writes to a socket, or out of memory. Then
/// the one wake fails that was asked for, and the caller hears of it; no other is lost. So nobody waits for a place to be
/// filled by who took it, and where waking the waking thread failed, which may have made it unwakeable for ever, there is
/// another one with the next wake.
final class Waker {
    private final AtomicReference<Line> line = new AtomicReference<>(new Line());
    private volatile boolean stopped;

    /// Begins to work; until then, and after the end, threads are woken by who asks.
    void start() {
        line.get().thread.start();
    }

    /// Lets a parked thread go on.
    void wake(Thread parked) {
        Line now = line.get();
        if (!parked.isVirtual() || Thread.currentThread().isVirtual() || !now.add(parked)) {
            LockSupport.unpark(parked);
        }
        if (now.isLost) {
            replace(now);
        }
    }

    private void replace(Line lost) {
        try {
            lost.sweep();
            if (stopped) {
                return;
            }
            var fresh = new Line();
            if (line.compareAndSet(lost, fresh)) {
                fresh.start();
                if (stopped) {
                    fresh.end();
                }
            }
        } catch (Throwable t) {
            // Neither stack nor memory here: whoever wakes somebody next tries again.
            return;
        }
    }

    /// Ends the waking thread; what waits is woken.
    void stop() {
        stopped = true;
        line.get().end();
    }

    /// Those who are to be woken, and the thread that does it.
    private static final class Line {
        /// Wakes that may wait; more are made by who asks for them.
        private static final int CAPACITY = 4096;

        private final AtomicReferenceArray<Thread> ring = new AtomicReferenceArray<>(CAPACITY);
        /// The number of the next place that is taken.
        private final AtomicLong tail = new AtomicLong();
        /// The number of the next place to look at; written by the waking thread alone.
        private volatile long head;
        /// Whether the waking thread sleeps or is about to: who makes it `false` must unpark it.
        private volatile boolean idle;
        private volatile boolean ended;
        /// Whether the thread may never run again, although it has not ended.
        volatile boolean isLost;
        final Thread thread = Thread.ofVirtual().inheritInheritableThreadLocals(false).name("millrace-waker")
                .unstarted(this::run);

        void start() {
            try {
                thread.start();
            } catch (Throwable t) {
                ended = true;
                isLost = true;
                throw t;
            }
        }

        /// Has the thread woken. `false` if the caller must do it himself, perhaps a second time, which does no harm.
        boolean add(Thread parked) {
            // At the end nobody may look at the ring any more.
            if (!enter(parked) || ended) {
                return false;
            }
            if (idle) {
                idle = false;
                try {
                    LockSupport.unpark(thread);
                } catch (Throwable t) {
                    // No calls here: there may be no stack for them.
                    ended = true;
                    isLost = true;
                    throw t;
                }
            }
            return true;
        }

        private boolean enter(Thread parked) {
            long at;
            do {
                at = tail.get();
                if (at - head >= CAPACITY) {
                    return false;
                }
            } while (!tail.compareAndSet(at, at + 1));
            // If somebody is there, he was passed over in the last round. If this one is, he sees it here: the place was
            // filled after the waking thread looked for the second time.
            return ring.compareAndSet((int) at & CAPACITY - 1, null, parked) && head <= at;
        }

        private void run() {
            while (true) {
                try {
                    boolean last = ended;
                    wakeAll();
                    if (last) {
                        return;
                    }
                    idle = true;
                    // Looked at again after that is visible: who came before it woke nobody.
                    if (tail.get() == head && !ended) {
                        LockSupport.park(this);
                    }
                    idle = false;
                } catch (Throwable t) {
                    // Out of memory, perhaps.
                    Thread.onSpinWait();
                }
            }
        }

        private void wakeAll() {
            long at = head;
            while (at < tail.get()) {
                int place = (int) at & CAPACITY - 1;
                Thread parked = ring.getAndSet(place, null);
                head = ++at;
                if (parked == null) {
                    // Taken and not filled, perhaps never to be: who fills it from now on sees that it was passed over.
                    parked = ring.getAndSet(place, null);
                }
                if (parked != null) {
                    wakeSurely(parked);
                }
            }
        }

        private static void wakeSurely(Thread parked) {
            while (true) {
                try {
                    LockSupport.unpark(parked);
                    return;
                } catch (Throwable t) {
                    // Out of memory, perhaps: he is woken when there is some.
                    Thread.onSpinWait();
                }
            }
        }

        void end() {
            ended = true;
            LockSupport.unpark(thread);
        }

        /// Wakes, in place of the lost thread, all who stand here; who comes now sees that the line has ended.
        void sweep() {
            LockSupport.unpark(thread);
            for (int i = 0; i < CAPACITY; i++) {
                Thread parked = ring.get(i);
                if (parked != null) {
                    LockSupport.unpark(parked);
                    ring.compareAndSet(i, parked, null);
                }
            }
        }
    }
}
