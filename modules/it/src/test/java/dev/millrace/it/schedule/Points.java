package dev.millrace.it.schedule;

import java.util.concurrent.locks.ReentrantLock;

/// What woven classes call. Threads that no schedule controls pass.
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

    /// A place that takes memory, of which there may be none.
    public static void allocating() {
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.allocating();
        }
    }

    /// [ReentrantLock#lock].
    public static void lock(ReentrantLock lock) {
        Schedule.Actor a = CURRENT.get();
        if (a == null) {
            lock.lock();
            return;
        }
        a.point();
        while (!lock.tryLock()) {
            a.awaitUnlock();
        }
    }

    /// [ReentrantLock#tryLock()].
    public static boolean tryLock(ReentrantLock lock) {
        here();
        return lock.tryLock();
    }

    /// [ReentrantLock#unlock].
    public static void unlock(ReentrantLock lock) {
        lock.unlock();
        Schedule.Actor a = CURRENT.get();
        if (a != null) {
            a.unlocked();
            a.point();
        }
    }
}
