package dev.millrace.it.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/// Runs a few threads one at a time. At each point of the woven classes the one that runs may have to let another go on;
/// when and which follows from the seed. Between two points nobody else runs, so a seed gives the same course again.
///
/// Who waits in `park` is asleep until it is unparked, interrupted or the schedule finds nobody else who could go on and
/// lets time pass. Who waits for a lock sleeps until one is given back. A thread that blocks in some other way (a monitor
/// that a stopped thread holds) is seen by its state and passed over until it comes back.
public final class Schedule {
    /// How many points a schedule may pass: an endless loop is a finding, not a hanging build.
    private static final int MAX_POINTS = 400_000;

    enum State { READY, RUNNING, PARKED, LOCKED_OUT, BLOCKED, DONE }

    /// One controlled thread.
    public final class Actor implements Runnable {
        public final String name;
        private final Runnable body;
        public final Thread thread;
        private volatile State state = State.READY;
        private volatile boolean permit;
        private long parkedUntilNs;
        private int allocationsLeft = -1;
        private boolean silent;
        public volatile Throwable failure;

        Actor(String name, Runnable body) {
            this.name = name;
            this.body = body;
            thread = Thread.ofPlatform().daemon().name("actor-" + name).unstarted(this);
        }

        @Override
        public void run() {
            Points.enter(this);
            awaitTurn();
            try {
                body.run();
            } catch (Throwable t) {
                failure = t;
            } finally {
                Points.enter(null);
                synchronized (Schedule.this) {
                    state = State.DONE;
                    passOn();
                }
            }
        }

        /// Another one may go on here.
        void point() {
            if (silent) {
                return;
            }
            synchronized (Schedule.this) {
                if (++points > MAX_POINTS) {
                    throw new AssertionError(name + " passes one point after the other without end");
                }
                if (state == State.RUNNING && !random_().switchHere()) {
                    return;
                }
                state = State.READY;
                if (running == this) {
                    passOn();
                }
            }
            awaitTurn();
        }

        /// A lock that this thread wants is taken.
        public void awaitUnlock() {
            sleep(State.LOCKED_OUT);
        }

        private void sleep(State as) {
            synchronized (Schedule.this) {
                state = as;
                if (running == this) {
                    passOn();
                }
            }
            awaitTurn();
        }

        /// A lock was given back: whoever waits for one looks again.
        void unlocked() {
            synchronized (Schedule.this) {
                for (Actor a : actors) {
                    if (a.state == State.LOCKED_OUT) {
                        a.state = State.READY;
                    }
                }
            }
        }

        /// [java.util.concurrent.locks.LockSupport#park] for this thread, which is the one that calls.
        public void park(long deadlineNs) {
            synchronized (Schedule.this) {
                if (permit || thread.isInterrupted() || deadlineNs - nowNs <= 0) {
                    permit = false;
                    return;
                }
                parkedUntilNs = deadlineNs;
            }
            sleep(State.PARKED);
            permit = false;
        }

        /// Takes memory; at the place that [#failAllocation] has chosen there is none.
        void allocating() {
            if (allocationsLeft > 0 && --allocationsLeft == 0) {
                allocationsLeft = -1;
                outOfMemory++;
                struck = new OutOfMemoryError("as the schedule wants it");
                throw struck;
            }
        }

        private void awaitTurn() {
            boolean interrupted = false;
            while (true) {
                synchronized (Schedule.this) {
                    if (state == State.BLOCKED) {
                        state = State.READY;
                    }
                    if (running == null && !over) {
                        passOn();
                    }
                    if (running == this) {
                        state = State.RUNNING;
                        break;
                    }
                }
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                thread.interrupt();
            }
        }
    }

    private final long seed;
    private final SplittableRandom random;
    private final int switchEvery;
    private volatile OutOfMemoryError struck;
    private final List<Actor> actors = new ArrayList<>();
    private Actor running;
    private boolean over;
    private long points;
    private int outOfMemory;
    private volatile long nowNs = 1_000_000_000L;

    Schedule(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        // Some schedules change hands all the time, others twice or so.
        switchEvery = 1 << random.nextInt(1, 9);
    }

    private Schedule random_() {
        return this;
    }

    private boolean switchHere() {
        return random.nextInt(switchEvery) == 0;
    }

    public long nowNs() {
        return nowNs;
    }

    public void setNowNs(long ns) {
        nowNs = Math.max(nowNs, ns);
    }

    long points() {
        return points;
    }

    public int nextInt(int bound) {
        synchronized (this) {
            return random.nextInt(bound);
        }
    }

    public int outOfMemory() {
        return outOfMemory;
    }

    /// Has one allocation of the calling actor fail, one of the next `among`.
    public void failAllocation(int among) {
        Actor a = Points.current();
        a.allocationsLeft = 1 + nextInt(among);
    }

    /// As [#failAllocation], at a certain one.
    public void failAllocationAt(int n) {
        Points.current().allocationsLeft = n;
    }

    /// What was thrown last when memory ran out, to tell where that was.
    public OutOfMemoryError struck() {
        return struck;
    }

    /// Whether memory has run out for this thread since it was to.
    public boolean hasFailed() {
        return Points.current().allocationsLeft < 0;
    }

    public void stopFailing() {
        Points.current().allocationsLeft = -1;
    }

    public Actor actor(String name, Runnable body) {
        var a = new Actor(name, body);
        actors.add(a);
        return a;
    }

    /// Lets a thread that waits in `park` go on.
    public synchronized void unpark(Thread thread) {
        for (Actor a : actors) {
            if (a.thread == thread) {
                a.permit = true;
                if (a.state == State.PARKED) {
                    a.state = State.READY;
                }
                return;
            }
        }
        LockSupport.unpark(thread);
    }

    public synchronized void interrupt(Actor a) {
        a.thread.interrupt();
        if (a.state == State.PARKED) {
            a.state = State.READY;
        }
    }

    /// Chooses who goes on. Called with the monitor held.
    private void passOn() {
        running = null;
        List<Actor> ready = actors.stream().filter(a -> a.state == State.READY).toList();
        if (!ready.isEmpty()) {
            running = ready.get(random.nextInt(ready.size()));
            LockSupport.unpark(running.thread);
        }
    }

    /// Runs all actors until none of them can go on by itself. Returns those that are not done.
    public List<Actor> run() throws InterruptedException {
        over = false;
        for (Actor a : actors) {
            if (a.thread.getState() == Thread.State.NEW) {
                a.thread.start();
            }
        }
        int still = 0;
        while (true) {
            synchronized (this) {
                boolean nobody = actors.stream().noneMatch(a -> a.state == State.READY || a.state == State.RUNNING);
                boolean blocked = actors.stream().anyMatch(a -> a.state == State.BLOCKED);
                if (nobody && (!blocked || ++still > 2000)) {
                    over = true;
                    return actors.stream().filter(a -> a.state != State.DONE).toList();
                }
                if (running == null && !nobody) {
                    passOn();
                }
                Actor r = running;
                if (r != null && r.state == State.RUNNING && r.thread.getState() == Thread.State.BLOCKED
                        && !Thread.holdsLock(r)) {
                    passOverBlocked(r);
                }
            }
            LockSupport.parkNanos(50_000);
        }
    }

    /// The running thread may wait for a monitor that a stopped one holds (it may also just wait for ours; then it goes on
    /// when we let go, and is ready again).
    private void passOverBlocked(Actor r) {
        var info = java.lang.management.ManagementFactory.getThreadMXBean().getThreadInfo(r.thread.threadId());
        if (info != null && info.getLockInfo() != null
                && info.getLockInfo().getIdentityHashCode() != System.identityHashCode(this)) {
            r.state = State.BLOCKED;
            passOn();
        }
    }

    /// Lets time pass for those who wait with a deadline. Returns whether anybody does.
    public synchronized boolean expireParked() {
        boolean any = false;
        for (Actor a : actors) {
            if (a.state == State.PARKED && a.parkedUntilNs != Long.MAX_VALUE) {
                nowNs = Math.max(nowNs, a.parkedUntilNs);
                a.state = State.READY;
                any = true;
            }
        }
        return any;
    }

    public String describe() {
        var text = new StringBuilder("seed " + seed + ":");
        for (Actor a : actors) {
            text.append("\n  ").append(a.name).append(' ').append(a.state);
            if (a.state != State.DONE) {
                for (StackTraceElement e : a.thread.getStackTrace()) {
                    text.append("\n      ").append(e);
                }
            }
        }
        return text.toString();
    }
}
