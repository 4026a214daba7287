package dev.millrace.stack;

import java.util.concurrent.locks.LockSupport;

/// A hashed wheel of timers with a tick of 1 ms and one thread, shared by all stacks of the JVM. The thread begins when
/// the first timer is set and ends when the last stack is closed.
///
/// A timer that is moved to a later time stays where it is and is put in its new place when its old one is reached, so
/// that moving costs one write. Only a timer earlier than everything else wakes the thread.
final class TimerWheel implements Runnable {
    private static final int SLOTS = 4096;
    private static final long TICK_NS = 1_000_000;

    private final Object lock = new Object();
    private final Entry[] slots = new Entry[SLOTS];
    private final long startNs = System.nanoTime();
    /// The ticks up to this one have been processed. Guarded by lock.
    private long doneTick = -1;
    /// The tick to which the thread sleeps. Guarded by lock.
    private long sleepTick = Long.MAX_VALUE;
    private int count;
    /// Taken out and not yet run: a chain, so that nothing is allocated for it. Of the wheel's thread alone.
    private Entry due;
    /// Guarded by lock; itself sees it without.
    private volatile Thread thread;
    private boolean stopped;

    /// One place in the wheel; what a timer of a stack is made of.
    abstract static class Entry {
        private Entry before;
        private Entry after;
        private int slot = -1;
        private long dueTick;
        /// Of the wheel's thread alone: the next of those that were taken out together.
        private Entry nextDue;

        /// Runs on the wheel's thread, without a lock.
        abstract void expire(long nowNs);
    }

    void set(Entry entry, long deadlineNs) {
        Thread wake = null;
        synchronized (lock) {
            if (stopped) {
                return;
            }
            // Rounded up: never early.
            long tick = Math.max((deadlineNs - startNs + TICK_NS - 1) / TICK_NS, doneTick + 1);
            boolean later = entry.slot >= 0 && tick >= entry.dueTick;
            entry.dueTick = tick;
            if (later) {
                return;
            }
            unlink(entry);
            link(entry);
            if (thread == null || !thread.isAlive()) {
                // Also if the last attempt to start it failed for want of memory.
                thread = Thread.ofPlatform().daemon().name("millrace-timers").unstarted(this);
                thread.start();
            } else if (tick < sleepTick) {
                sleepTick = tick;
                wake = thread;
            }
        }
        if (wake != null) {
            LockSupport.unpark(wake);
        }
    }

    void cancel(Entry entry) {
        synchronized (lock) {
            unlink(entry);
        }
    }

    private void link(Entry e) {
        int slot = (int) (e.dueTick & SLOTS - 1);
        e.slot = slot;
        e.before = null;
        e.after = slots[slot];
        if (e.after != null) {
            e.after.before = e;
        }
        slots[slot] = e;
        count++;
    }

    private void unlink(Entry e) {
        if (e.slot < 0) {
            return;
        }
        if (e.before == null) {
            slots[e.slot] = e.after;
        } else {
            e.before.after = e.after;
        }
        if (e.after != null) {
            e.after.before = e.before;
        }
        e.before = null;
        e.after = null;
        e.slot = -1;
        count--;
    }

    @Override
    public void run() {
        while (true) {
            try {
                if (!turn()) {
                    return;
                }
            } catch (Throwable t) {
                // Whose timer it was has counted it; all other stacks of the JVM live on this thread, which goes on with
                // the next timer that is due, whatever it was.
                Thread.onSpinWait();
            }
        }
    }

    /// Runs what is due, or sleeps until something is. Returns whether the wheel goes on.
    private boolean turn() {
        while (due != null) {
            Entry e = due;
            due = e.nextDue;
            e.nextDue = null;
            e.expire(System.nanoTime());
        }
        long sleepNs;
        synchronized (lock) {
            if (stopped) {
                return false;
            }
            collect(System.nanoTime());
            sleepTick = due == null ? nextTick() : doneTick;
            sleepNs = sleepTick == Long.MAX_VALUE
                    ? Long.MAX_VALUE : startNs + sleepTick * TICK_NS - System.nanoTime();
        }
        if (due == null && sleepNs > 0) {
            LockSupport.parkNanos(this, sleepNs);
        }
        return true;
    }

    /// Takes out all entries that are due; those that were moved to a later time are put where they belong.
    private void collect(long nowNs) {
        long nowTick = (nowNs - startNs) / TICK_NS;
        long from = Math.max(doneTick + 1, nowTick - SLOTS + 1);
        Entry last = null;
        for (long tick = from; tick <= nowTick && count > 0; tick++) {
            Entry e = slots[(int) (tick & SLOTS - 1)];
            while (e != null) {
                Entry next = e.after;
                if (e.dueTick <= nowTick) {
                    unlink(e);
                    if (last == null) {
                        due = e;
                    } else {
                        last.nextDue = e;
                    }
                    last = e;
                } else if ((e.dueTick & SLOTS - 1) != e.slot) {
                    unlink(e);
                    link(e);
                }
                e = next;
            }
        }
        doneTick = Math.max(doneTick, nowTick);
    }

    /// The next tick at which some slot is to be looked at.
    private long nextTick() {
        if (count == 0) {
            return Long.MAX_VALUE;
        }
        for (long tick = doneTick + 1; tick <= doneTick + SLOTS; tick++) {
            for (Entry e = slots[(int) (tick & SLOTS - 1)]; e != null; e = e.after) {
                // Moved entries are looked at where they stand: their new place may be sooner than the next round.
                if (e.dueTick <= tick || (e.dueTick & SLOTS - 1) != e.slot) {
                    return tick;
                }
            }
        }
        return doneTick + SLOTS;
    }

    /// Whether the calling thread is the wheel's: it runs a task of some stack.
    boolean isTurnedHere() {
        return Thread.currentThread() == thread;
    }

    /// Ends the thread and waits for its end, unless it is the caller.
    void stop() {
        Thread t;
        synchronized (lock) {
            stopped = true;
            t = thread;
        }
        if (t == null || t == Thread.currentThread()) {
            return;
        }
        LockSupport.unpark(t);
        boolean interrupted = false;
        while (t.isAlive()) {
            try {
                t.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
