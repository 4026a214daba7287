package dev.millrace.stack;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// The thread that writes a capture's records.
///
/// Waking it costs the data path microseconds, so after each batch it naps and looks again by itself; a producer wakes
/// it from a nap only when the ring fills up. After a while without packets it sleeps, and the next packet wakes it.
final class CaptureThread {
    private static final int AWAKE = 0;
    private static final int NAPPING = 1;
    private static final int ASLEEP = 2;
    private static final long NAP_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int NAPS_BEFORE_SLEEP = 50;
    /// How long the end of a capture waits for producers that have claimed a slot and not filled it.
    private static final long LAST_WAIT_NS = TimeUnit.SECONDS.toNanos(1);

    private final CaptureSession session;
    private final CaptureRing ring;
    private final Thread thread;
    private final AtomicInteger state = new AtomicInteger(AWAKE);

    CaptureThread(CaptureSession session, CaptureRing ring, String stackName) {
        this.session = session;
        this.ring = ring;
        thread = Thread.ofPlatform().daemon().name("millrace-capture-" + stackName).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// A record was published: wakes the thread if it would not look in time by itself.
    void published() {
        int s = state.get();
        if (s == ASLEEP || s == NAPPING && ring.isHalfFull()) {
            wake(s);
        }
    }

    private void wake(int from) {
        if (state.compareAndSet(from, AWAKE)) {
            LockSupport.unpark(thread);
        }
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /// Makes the thread end, which the session's `isClosing` must say, and waits for that. Returns whether it did.
    boolean join(long nanos) {
        state.set(AWAKE);
        LockSupport.unpark(thread);
        return CaptureHub.join(thread, nanos);
    }

    private void run() {
        int naps = 0;
        while (!session.isClosing()) {
            if (drain() > 0) {
                naps = 0;
            } else if (ring.waiting() > 0 || naps < NAPS_BEFORE_SLEEP) {
                naps++;
                park(NAPPING);
            } else {
                park(ASLEEP);
            }
        }
        long deadline = System.nanoTime() + LAST_WAIT_NS;
        while (ring.waiting() > 0 && System.nanoTime() - deadline < 0) {
            if (drain() == 0) {
                LockSupport.parkNanos(this, NAP_NS);
            }
        }
        session.finish();
    }

    /// As the session's; a failure is the capture's, which is told so by its end, and never that of the thread.
    private int drain() {
        try {
            return session.drainReady(false);
        } catch (Throwable t) {
            session.fail(t);
            return 0;
        }
    }

    private void park(int how) {
        state.set(how);
        // Looked at again after the state is visible: a record or a close before that woke nobody.
        if (session.isClosing() || how == ASLEEP && ring.waiting() > 0) {
            state.set(AWAKE);
            return;
        }
        if (how == ASLEEP) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, NAP_NS);
        }
        state.set(AWAKE);
    }
}
