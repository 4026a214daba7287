package dev.millrace.it.schedule;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Runs a few threads one at a time. At each point of the woven classes the one that runs may have to let another go on;
/// when and which follows from the seed. Between two points nobody else runs, so a seed gives the same course again.
///
/// Who waits in `park` is asleep until it is unparked, interrupted or the schedule finds nobody else who could go on and
/// lets time pass. Who waits for a lock, a monitor, a latch or a thread sleeps until that is signalled. What waits in some
/// other way is a defect of the harness, and is told as one. A schedule that does not end, in points or in real time, or in
/// which a thread is stuck where nobody sees it, fails with everybody's position; its threads stop where they are.
public final class Schedule {
    /// How many points a schedule may pass: an endless loop is a finding, not a hanging build.
    private static final long MAX_POINTS = 400_000;
    /// How long one may take on a busy machine, and how long a thread may take from one point to the next.
    private static final long MAX_NS = TimeUnit.SECONDS.toNanos(Integer.getInteger("millrace.schedule.seconds", 60));
    private static final long MAX_STILL_NS = MAX_NS / 4;
    /// How many points it takes to look and wait again.
    private static final long MAX_LOOK = Long.getLong("millrace.schedule.look", 60);
    enum State { READY, RUNNING, PARKED, WAITING, DONE }

    private final long seed;
    private final SplittableRandom random;
    private final Changes changes;
    private int lowestRank;
    private int made;
    private long sites = -1;

    // Of the running thread, and of the one that runs the schedule while none does.
    private final List<Actor> actors = new ArrayList<>();
    private final Map<Object, Monitor> monitors = new IdentityHashMap<>();
    private volatile long points;
    private long fingerprint = 1;
    /// Who is woken for nothing has memory.
    private volatile boolean stirring;
    private final List<OutOfMemoryError> outOfMemory = new CopyOnWriteArrayList<>();
    private volatile long nowNs = 1_000_000_000L;

    private volatile Actor running;
    private volatile Thread runner;
    private volatile boolean over;
    /// Why nobody goes on any more, or `null`.
    private volatile String abandoned;

    private static final class Monitor {
        Actor owner;
        int count;
    }

    Schedule(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        changes = new Changes(random);
    }

    /// Changes hands only where that says.
    Schedule(long seed, Changes changes) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        this.changes = changes;
    }

    /// One controlled thread.
    public final class Actor implements Runnable {
        public final String name;
        private final Runnable body;
        public final Thread thread;
        private final Map<Object, Integer> held = new IdentityHashMap<>();
        private volatile State state = State.READY;
        private Object awaited;
        private boolean permit;
        private long awakeNs;
        private int allocationsLeft = -1;
        private int rank;
        /// Whether nobody else may go on.
        int quiet;
        public volatile Throwable failure;

        private Actor(String name, Runnable body) {
            this.name = name;
            this.body = body;
            thread = Thread.ofPlatform().daemon().name("actor-" + name).unstarted(this);
        }

        public boolean isParked() {
            return state == State.PARKED;
        }

        Schedule schedule() {
            return Schedule.this;
        }

        @Override
        public void run() {
            Points.enter(this);
            awaitTurn();
            try {
                body.run();
            } catch (Throwable t) {
                failure = t;
            }
            Points.enter(null);
            state = State.DONE;
            if (!held.isEmpty()) {
                abandon(name + " has ended and left locked: " + held.keySet());
            }
            signal(thread);
            passOn();
        }

        /// Another one may go on here.
        void point() {
            if (abandoned != null) {
                stop();
            }
            if (++points > MAX_POINTS) {
                abandon(name + " passes one point after the other without end");
                stop();
            }
            int every = changes.switchEvery();
            if (quiet == 0 && (every > 0 ? actors.size() > 1 && random.nextInt(every) == 0
                    : isChange(changes.isAtPoint(points)) || isOutranked())) {
                change(State.READY);
            }
        }

        /// Another one may go on just before, in a schedule that looks at this site.
        void before(int site) {
            if (quiet == 0 && isChange(changes.isBefore(site))) {
                change(State.READY);
            }
        }

        void after(int site) {
            if (quiet == 0 && isChange(changes.isAfter(site))) {
                change(State.READY);
            }
        }

        private boolean isChange(boolean chosen) {
            if (chosen) {
                rank = --lowestRank;
            }
            return chosen;
        }

        private boolean isOutranked() {
            for (Actor a : actors) {
                if (a.state == State.READY && a.rank > rank) {
                    return true;
                }
            }
            return false;
        }

        void spin() {
            rank = --lowestRank;
            if (++points > MAX_POINTS) {
                abandon(name + " spins without end");
            }
            change(State.READY);
        }

        /// Waits until this is signalled.
        public void await(Object what) {
            await(what, Long.MAX_VALUE);
        }

        public void await(Object what, long deadlineNs) {
            awaited = what;
            awakeNs = deadlineNs;
            change(State.WAITING);
            awaited = null;
        }

        /// Whoever waits for this looks again.
        void signal(Object what) {
            for (Actor a : actors) {
                if (a.state == State.WAITING && a.awaited == what) {
                    a.state = State.READY;
                }
            }
        }

        private void change(State to) {
            state = to;
            passOn();
            awaitTurn();
        }

        void took(Object lock) {
            held.merge(lock, 1, Integer::sum);
        }

        void gave(Object lock) {
            held.computeIfPresent(lock, (_, n) -> n == 1 ? null : n - 1);
        }

        void enterMonitor(Object of) {
            point();
            while (true) {
                Monitor m = monitors.computeIfAbsent(of, _ -> new Monitor());
                if (m.owner == null || m.owner == this) {
                    m.owner = this;
                    m.count++;
                    took(of);
                    return;
                }
                await(of);
            }
        }

        void exitMonitor(Object of) {
            Monitor m = monitors.get(of);
            if (m == null || m.owner != this) {
                // The end of a method that ends a second time because something was thrown at its end.
                return;
            }
            gave(of);
            if (--m.count == 0) {
                monitors.remove(of);
                signal(of);
                point();
            }
        }

        /// [java.util.concurrent.locks.LockSupport#park] for this thread, which is the one that calls.
        public void park(long deadlineNs) {
            if (!permit && !thread.isInterrupted() && deadlineNs - nowNs > 0) {
                awakeNs = deadlineNs;
                change(State.PARKED);
            }
            permit = false;
        }

        /// Takes memory; at the place that [#failAllocation] has chosen there is none.
        void allocating() {
            if (allocationsLeft > 0 && quiet == 0 && !stirring && --allocationsLeft == 0) {
                allocationsLeft = -1;
                var none = new OutOfMemoryError("as the schedule wants it, in " + name);
                outOfMemory.add(none);
                throw none;
            }
        }

        private void awaitTurn() {
            boolean interrupted = false;
            while (running != this) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
                if (abandoned != null) {
                    stop();
                }
            }
            state = State.RUNNING;
            if (interrupted) {
                thread.interrupt();
            }
        }

        /// Stays here for ever: what was abandoned must not go on beside the next schedule.
        private void stop() {
            while (true) {
                LockSupport.park(this);
                Thread.interrupted();
            }
        }
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

    /// How many sites that count were passed before nobody could go on for the first time.
    long sites() {
        return sites;
    }

    /// A number that two courses share only if the same threads went on at the same points.
    long fingerprint() {
        return fingerprint;
    }

    public int nextInt(int bound) {
        return random.nextInt(bound);
    }

    /// What was thrown for want of memory.
    List<OutOfMemoryError> outOfMemory() {
        return outOfMemory;
    }

    /// Has one allocation of an actor fail, one of the next `among`.
    public void failAllocation(Actor of, int among) {
        of.allocationsLeft = 1 + nextInt(among);
    }

    /// As [#failAllocation], at a certain one.
    public void failAllocationAt(int n) {
        Points.current().allocationsLeft = n;
    }

    /// What was thrown last when memory ran out, to tell where that was.
    public OutOfMemoryError struck() {
        return outOfMemory.isEmpty() ? null : outOfMemory.getLast();
    }

    /// Whether memory has run out for this thread since it was to.
    public boolean hasFailed() {
        return Points.current().allocationsLeft < 0;
    }

    public void stopFailing() {
        actors.forEach(a -> a.allocationsLeft = -1);
    }

    public Actor actor(String name, Runnable body) {
        var a = new Actor(name, body);
        a.rank = changes.isInOrder() ? (1 << 20) - ++made : random.nextInt(1 << 20);
        actors.add(a);
        return a;
    }

    boolean isDone(Thread thread) {
        return actors.stream().filter(a -> a.thread == thread).allMatch(a -> a.state == State.DONE) && !thread.isAlive()
                || actors.stream().anyMatch(a -> a.thread == thread && a.state == State.DONE);
    }

    /// Lets a thread that waits in `park` go on.
    public void unpark(Thread thread) {
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

    public void interrupt(Actor a) {
        a.thread.interrupt();
        if (a.state == State.PARKED || a.state == State.WAITING) {
            // Who waits for a lock looks, and waits again.
            a.state = State.READY;
        }
    }

    /// From here on it is counted where to change hands.
    public void begin() {
        changes.begin(points);
    }

    /// Chooses who goes on. Called by the thread that ran.
    private void passOn() {
        if (abandoned != null) {
            return;
        }
        Actor next = null;
        int ready = 0;
        for (Actor a : actors) {
            if (a.state != State.READY) {
                continue;
            }
            ready++;
            if (next == null || (changes.isByRank() ? a.rank > next.rank : random.nextInt(ready) == 0)) {
                next = a;
            }
        }
        if (next != null) {
            fingerprint = fingerprint * 31 + actors.indexOf(next) + points * 0x9e3779b97f4a7c15L;
        }
        boolean handOver = next == null || next.thread != Thread.currentThread();
        running = next;
        if (next == null) {
            over = true;
            LockSupport.unpark(runner);
        } else if (handOver) {
            LockSupport.unpark(next.thread);
        }
    }

    /// Runs all actors until none of them can go on by itself. Returns those that are not done.
    public List<Actor> run() {
        over = false;
        runner = Thread.currentThread();
        for (Actor a : actors) {
            if (a.thread.getState() == Thread.State.NEW) {
                a.thread.start();
            }
        }
        passOn();
        long begun = System.nanoTime();
        long still = begun;
        long seen = points;
        while (!over && abandoned == null) {
            LockSupport.parkNanos(this, 20_000_000);
            long now = System.nanoTime();
            if (points != seen) {
                seen = points;
                still = now;
            }
            if (now - begun > MAX_NS) {
                abandon("it takes too long");
            } else if (now - still > MAX_STILL_NS) {
                abandon("a thread waits for something that a schedule does not see");
            }
        }
        if (abandoned != null) {
            throw new AssertionError(abandoned + ": " + describe());
        }
        List<Actor> left = actors.stream().filter(a -> a.state != State.DONE).toList();
        actors.removeIf(a -> a.state == State.DONE);
        return left;
    }

    private void abandon(String why) {
        if (abandoned == null) {
            abandoned = why;
        }
        LockSupport.unpark(runner);
    }

    /// Ends the schedule for a reason; does not return.
    void giveUp(String why) {
        abandon(why);
        Points.current().stop();
    }

    /// Threads that wait for ever are not waited for.
    void end() {
        if (actors.stream().anyMatch(a -> a.state != State.DONE)) {
            abandon("the schedule is over");
        }
    }

    /// Lets time pass for those who wait with a deadline. Returns whether anybody does.
    public boolean expire() {
        boolean any = false;
        for (Actor a : actors) {
            if ((a.state == State.PARKED || a.state == State.WAITING) && a.awakeNs != Long.MAX_VALUE) {
                nowNs = Math.max(nowNs, a.awakeNs);
                a.state = State.READY;
                any = true;
            }
        }
        return any;
    }

    /// Wakes those who wait in `park` for nothing, one after the other, as `park` may: each of them has to find that it must
    /// wait on. Who goes on instead was not woken when it should have been.
    public void stir() {
        sites = sites < 0 ? changes.sites() : sites;
        for (Actor a : List.copyOf(actors)) {
            if (a.state != State.PARKED || a.awakeNs - nowNs <= 0) {
                continue;
            }
            String before = describe();
            long from = points;
            a.state = State.READY;
            stirring = true;
            run();
            stirring = false;
            if (a.state != State.PARKED || points - from > MAX_LOOK) {
                throw new AssertionError(a.name + " was not woken, though it could go on: " + before);
            }
        }
    }

    /// Where everybody is.
    public String describe() {
        var text = new StringBuilder("seed " + seed + " after " + points + " points:");
        for (Actor a : actors) {
            text.append("\n  ").append(a.name).append(' ').append(a.state);
            if (a.awaited != null) {
                text.append(" for ").append(a.awaited);
                Monitor m = monitors.get(a.awaited);
                text.append(m == null || m.owner == null ? "" : ", which " + m.owner.name + " has");
            }
            if (!a.held.isEmpty()) {
                text.append(", has locked ").append(a.held.keySet());
            }
            if (a.state != State.DONE) {
                for (StackTraceElement e : a.thread.getStackTrace()) {
                    text.append("\n      ").append(e);
                }
            }
        }
        return text.toString();
    }
}
