package dev.millrace.stack;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
final class Waker {
    /// Wakes that may wait; more are made by who asks for them.
    private static final int CAPACITY = 4096;

    private final AtomicReferenceArray<Thread> ring = new AtomicReferenceArray<>(CAPACITY);
    /// The number of the next place that is taken.
    private final AtomicLong tail = new AtomicLong();
    /// The number of the next thread to wake; written by the waking thread alone.
    private volatile long head;
    /// Whether the waking thread sleeps or is about to: who sets it to `false` must unpark it.
    private final AtomicBoolean idle = new AtomicBoolean();
    private volatile boolean stopped;
    private final Thread thread = Thread.ofVirtual().inheritInheritableThreadLocals(false).name("millrace-waker")
            .unstarted(this::run);

    /// Begins to work; until then, and after the end, threads are woken by who asks.
    void start() {
        thread.start();
    }

    /// Lets a parked thread go on.
    void wake(Thread parked) {
        if (!parked.isVirtual() || Thread.currentThread().isVirtual() || !enqueue(parked) || stopped) {
            // At the end perhaps a second time, since nobody may look at the ring any more; that does no harm.
            LockSupport.unpark(parked);
        } else if (idle.get() && idle.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    private boolean enqueue(Thread parked) {
        long at;
        do {
            at = tail.get();
            if (at - head >= CAPACITY) {
                return false;
            }
        } while (!tail.compareAndSet(at, at + 1));
        ring.set((int) at & CAPACITY - 1, parked);
        return true;
    }

    private void run() {
        while (true) {
            try {
                wakeAll();
                if (stopped) {
                    return;
                }
                idle.set(true);
                // Looked at again after that is visible: who came before it woke nobody.
                if (ring.get((int) head & CAPACITY - 1) == null && !stopped) {
                    LockSupport.park(this);
                }
                idle.set(false);
            } catch (Throwable t) {
                // Out of memory, perhaps: whoever is to be woken stays in the ring, and is woken when there is some.
                Thread.onSpinWait();
            }
        }
    }

    private void wakeAll() {
        long at = head;
        Thread parked;
        while ((parked = ring.get((int) at & CAPACITY - 1)) != null) {
            LockSupport.unpark(parked);
            ring.set((int) at & CAPACITY - 1, null);
            head = ++at;
        }
    }

    /// Ends the waking thread; what waits is woken.
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }
}
