package dev.millrace.it.schedule;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/// What woven classes call. Threads that no schedule controls pass; of those there is one at most, which sets up and checks
/// while no controlled thread runs.
public final class Points {
    private static final ThreadLocal<Schedule.Actor> CURRENT = new ThreadLocal<>();

    private Points() {
    }

    static void enter(Schedule.Actor actor) {
        CURRENT.set(actor);
    }

    public static Schedule.Actor current() {
        return CURRENT.get();
    }

    /// A place where another thread may go on.
    public static void here() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.point();
        }
    }

    /// Before a field is read or written, something atomic is done, or a lock, a monitor or a wait.
    public static void before(int site) {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.before(site);
        }
    }

    /// After that.
    public static void after(int site) {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.after(site);
        }
    }

    /// A place that takes memory, of which there may be none.
    public static void allocating() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.allocating();
        }
    }

    /// A class is being initialized, which other threads would wait for without anybody seeing it; and which is done once,
    /// so that the first schedule would take another course than the next.
    public static void beginQuiet() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.quiet++;
        }
    }

    public static void endQuiet() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.quiet--;
        }
    }

    /// Something that waits in a way that no schedule sees.
    public static void unseen(String what) {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.schedule().giveUp(a.name + " would wait in " + what + ", which a schedule does not see: weave it in");
        }
    }

    // ---- locks

    /// [ReentrantLock#lock].
    public static void lock(ReentrantLock lock) throws InterruptedException {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            if (!lock.tryLock(5, TimeUnit.SECONDS)) {
                throw new AssertionError("a lock is left: " + lock);
            }
            return;
        }
        a.point();
        while (!lock.tryLock()) {
            a.await(lock);
        }
        a.took(lock);
    }

    /// [ReentrantLock#tryLock()].
    public static boolean tryLock(ReentrantLock lock) {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            return lock.tryLock();
        }
        a.point();
        boolean taken = lock.tryLock();
        if (taken) {
            a.took(lock);
        }
        return taken;
    }

    /// [ReentrantLock#unlock].
    public static void unlock(ReentrantLock lock) {
        lock.unlock();
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.gave(lock);
            a.signal(lock);
            a.point();
        }
    }

    /// The beginning of a synchronized method or block: the monitor itself is not taken, since a thread that waits for one
    /// cannot be told to wait for something else.
    public static void enterMonitor(Object of) {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.enterMonitor(of);
        }
    }

    /// The end of a synchronized method or block.
    public static void exitMonitor(Object of) {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.exitMonitor(of);
        }
    }

    // ---- waiting

    /// [CountDownLatch#await()].
    public static void await(CountDownLatch latch) throws InterruptedException {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            latch.await();
            return;
        }
        a.point();
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (latch.getCount() == 0) {
                return;
            }
            a.await(latch);
        }
    }

    /// [CountDownLatch#countDown].
    public static void countDown(CountDownLatch latch) {
        here();
        latch.countDown();
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.signal(latch);
        }
    }

    /// [Thread#join()].
    public static void join(Thread thread) throws InterruptedException {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            thread.join();
            return;
        }
        a.point();
        while (!a.schedule().isDone(thread)) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            a.await(thread);
        }
    }

    /// [LockSupport#park(Object)].
    public static void park(Object blocker) {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            LockSupport.park(blocker);
            return;
        }
        a.point();
        a.park(Long.MAX_VALUE);
    }

    /// [LockSupport#parkNanos(Object, long)].
    public static void parkNanos(Object blocker, long nanos) {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            LockSupport.parkNanos(blocker, nanos);
            return;
        }
        a.point();
        a.park(a.schedule().nowNs() + nanos);
    }

    /// [LockSupport#unpark].
    public static void unpark(Thread thread) {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            LockSupport.unpark(thread);
            return;
        }
        a.point();
        a.schedule().unpark(thread);
    }

    /// [Thread#onSpinWait], [Thread#yield]: nothing changes for this thread until another one has gone on.
    public static void spin() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.spin();
        }
    }

    /// [Runtime#availableProcessors]: one, on which nobody spins, whatever the machine has.
    public static int processors(Runtime ignored) {
        return 1;
    }
}
