package dev.millrace.internet.time;

import dev.millrace.internet.SimulationException;
import dev.millrace.spi.Surroundings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.IntUnaryOperator;

/// Time that passes from event to event. Programs are virtual threads of which one runs at a time; when all of them wait,
/// time jumps to the next event. Nothing depends on the wall clock or on the scheduler of threads: a run is a function of
/// the choices among the programs that could go on, and of what the programs do.
///
/// One thread outside, such as a test's, may use it, too, and drives it: time passes while that thread waits in
/// [#join], [#runUntil], or a socket. Two at once are refused.
public final class VirtualClockwork implements Clockwork {
    /// 2026-01-01T00:00Z, where the calendar of simulations begins.
    private static final long EPOCH_NS = 1_767_225_600L * 1_000_000_000L;
    /// So many events at one instant are a program that goes round in circles.
    private static final int MAX_EVENTS_AT_ONCE = 20_000_000;

    private final EventQueue queue = new EventQueue();
    private final Turns turns;
    private final long limitNs;
    private long nowNs;
    private long eventsAtOnce;
    private boolean closing;
    private boolean over;
    private RuntimeException failure;
    /// How a program has failed that nobody waited for.
    private Supplier<RuntimeException> failed;

    private final Driver driver = new Driver();
    private final Watchdog watchdog;
    /// The thread outside that waits while time passes was interrupted.
    private volatile boolean stopped;
    /// The thread outside that may go on, because somebody let it.
    private volatile Thread permitted;

    /// Begins.
    ///
    /// @param choice given how many programs could go on, at least 2, says which does
    /// @param limit how much time may pass: a simulation that is never over ends with an error then
    /// @param stall how long, by the wall clock, a program may block where the simulation does not see it
    public VirtualClockwork(IntUnaryOperator choice, Duration limit, Duration stall) {
        turns = new Turns(choice, driver);
        watchdog = new Watchdog(stall);
        limitNs = limit.toNanos();
    }

    @Override
    public long nowNs() {
        return nowNs;
    }

    @Override
    public long epochNanos() {
        return EPOCH_NS + nowNs;
    }

    @Override
    public boolean isVirtual() {
        return true;
    }

    /// Only who has the turn may go on: two threads at once would make the run a matter of luck.
    @Override
    public void checkTurn() {
        Thread caller = Thread.currentThread();
        Task task = turns.current();
        Thread owner = task != null ? task.thread : driver.isBusy() ? driver.thread() : null;
        if (owner != null && owner != caller) {
            throw new SimulationException("thread \"" + caller.getName() + "\" uses the simulated network while \""
                    + owner.getName() + "\" does: in simulated time one thread runs at a time. Start programs with "
                    + "host.run(...), and their threads with host.threads(); a library with threads of its own needs real time: "
                    + "Internet.realTime(), @VirtualInternet(time = REAL)");
        }
    }

    @Override
    public void post(long atNs, Runnable action) {
        if (failure == null && !over) {
            checkTurn();
            queue.add(Math.max(atNs, nowNs), action);
        } else if (action instanceof Discardable d) {
            d.discard();
        }
    }

    @Override
    public void now(Runnable action) {
        turns.checkAlive();
        if (failure == null) {
            checkTurn();
        }
        action.run();
    }

    @Override
    public Surroundings surroundings(long seed) {
        return new VirtualSurroundings(this, queue, seed);
    }

    // ---- programs

    @Override
    public Task start(Object owner, String name, Runnable body) {
        return adopt(owner, name, body, false);
    }

    @Override
    public Task current() {
        return turns.ofCaller();
    }

    @Override
    public ThreadFactory threads(Object owner, String name) {
        return body -> adopt(owner, name, body, true).thread;
    }

    private Task adopt(Object owner, String name, Runnable body, boolean startedByProgram) {
        checkTurn();
        if (closing) {
            throw new SimulationException("the Internet is closed: \"" + name + "\" cannot be started");
        }
        return turns.add(owner, name, body, startedByProgram, queue);
    }

    @Override
    public void failed(Task task, Supplier<RuntimeException> why) {
        if (task != null && task.joiners.isEmpty() && failed == null) {
            failed = why;
        }
    }

    private void checkFailures() {
        if (failed != null && !closing) {
            RuntimeException e = failed.get();
            failed = null;
            if (e != null) {
                throw e;
            }
        }
    }

    @Override
    public void end(Object owner) {
        checkTurn();
        turns.kill(owner);
    }

    @Override
    public void pause(Object owner, boolean value) {
        checkTurn();
        turns.pause(owner, value);
    }

    @Override
    public boolean isDead(Thread thread) {
        return turns.isDead(thread);
    }

    @Override
    public void rest() {
        turns.rest();
    }

    @Override
    public void hurry(Object owner) {
        checkTurn();
        turns.hurry(owner);
    }

    @Override
    public void interrupt(Thread thread) {
        checkTurn();
        turns.interrupt(thread);
    }

    @Override
    public void park(long deadlineNs) {
        Task task = turns.ofCaller();
        if (task != null) {
            turns.park(task, deadlineNs, nowNs);
            return;
        }
        turns.checkAlive();
        Thread self = Thread.currentThread();
        if (permitted != self && !self.isInterrupted()) {
            drive(() -> permitted == self, deadlineNs);
        }
        if (permitted == self) {
            permitted = null;
        }
    }

    @Override
    public void unpark(Thread thread) {
        if (!turns.unpark(thread)) {
            permitted = thread;
        }
    }

    boolean lock(ReentrantLock lock, long deadlineNs) throws InterruptedException {
        Task task = turns.ofCaller();
        if (task == null) {
            turns.checkAlive();
        }
        while (!lock.tryLock()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            if (nowNs >= deadlineNs) {
                return false;
            }
            if (task != null) {
                turns.parkFor(task, lock, deadlineNs, nowNs);
            } else {
                drive(() -> !lock.isLocked(), deadlineNs);
            }
        }
        return true;
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        Task task = turns.ofCaller();
        long until = nowNs + Math.max(0, nanos);
        if (task == null) {
            turns.checkAlive();
            drive(() -> false, until);
            checkInterrupt();
            return;
        }
        if (nanos <= 0) {
            turns.yield(task);
        }
        while (nowNs < until && !Thread.currentThread().isInterrupted()) {
            turns.park(task, until, nowNs);
        }
        checkInterrupt();
    }

    private static void checkInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while waiting in simulated time");
        }
    }

    @Override
    public boolean join(Task other, long deadlineNs) throws InterruptedException {
        Task task = turns.ofCaller();
        if (task == null) {
            turns.checkAlive();
            boolean ended = drive(() -> isOver(other), deadlineNs);
            if (!ended) {
                checkInterrupt();
            }
            return ended;
        }
        while (!isOver(other) && nowNs < deadlineNs) {
            checkInterrupt();
            other.joiners.add(task.thread);
            turns.park(task, deadlineNs, nowNs);
            other.joiners.remove(task.thread);
        }
        return isOver(other);
    }

    private static boolean isOver(Task task) {
        return task.state == Task.State.DONE || task.state == Task.State.DEAD;
    }

    @Override
    public void interrupt(Task task) {
        checkTurn();
        turns.interrupt(task);
    }

    @Override
    public boolean runUntil(BooleanSupplier condition, long deadlineNs) throws InterruptedException {
        if (turns.ofCaller() == null) {
            boolean held = drive(condition, deadlineNs);
            if (!held) {
                checkInterrupt();
            }
            return held;
        }
        while (!condition.getAsBoolean()) {
            if (nowNs >= deadlineNs) {
                return false;
            }
            sleep(Math.min(1_000_000, deadlineNs - nowNs));
        }
        return true;
    }

    // ---- time

    /// Lets programs run and time pass, until `done` says so, or all that happens by then has happened, or the calling
    /// thread is interrupted: then it returns `false`.
    private boolean drive(BooleanSupplier done, long untilNs) {
        checkTurn();
        if (driver.isBusy()) {
            throw new SimulationException("an action of the simulation blocks; let a program do it: host.run(...)");
        }
        if (failure != null) {
            throw failure;
        }
        stopped = false;
        try {
            return driver.run(() -> pass(done, untilNs), () -> stopped = true, interrupted -> watchdog.look(turns, interrupted));
        } catch (SimulationException e) {
            if (driver.isOver()) {
                // A program has the turn for ever: nothing can go on.
                failure = e;
            }
            throw e;
        }
    }

    private boolean pass(BooleanSupplier done, long untilNs) {
        while (!stopped) {
            if (done.getAsBoolean()) {
                return true;
            }
            if (turns.runOne()) {
                continue;
            }
            // Nobody can ask any more, at this instant, how it ended.
            checkFailures();
            EventQueue.Event next = queue.peek();
            if (next == null || next.atNs > untilNs) {
                if (untilNs == Long.MAX_VALUE) {
                    throw turns.atRest(Duration.ofNanos(nowNs));
                }
                nowNs = Math.max(nowNs, untilNs);
                return done.getAsBoolean();
            }
            jumpTo(next.atNs);
            queue.poll().run();
        }
        return false;
    }

    private void jumpTo(long atNs) {
        if (atNs > nowNs) {
            if (atNs > limitNs && !closing) {
                throw new SimulationException("the simulation does not end: " + Duration.ofNanos(limitNs) + " of simulated "
                        + "time have passed; " + turns.describe() + ". Raise the limit if that is meant");
            }
            nowNs = atNs;
            eventsAtOnce = 0;
        } else if (++eventsAtOnce > MAX_EVENTS_AT_ONCE) {
            throw new SimulationException(MAX_EVENTS_AT_ONCE + " things happened at one instant, " + Duration.ofNanos(nowNs)
                    + ": something goes round in circles on links without delay; " + turns.describe());
        }
    }

    @Override
    public void checkMayClose() {
        if (turns.ofCaller() != null || Thread.currentThread() == driver.thread()) {
            throw new SimulationException("what runs in the simulation cannot close it: the thread that opened it does");
        }
    }

    @Override
    public void close() {
        if (closing) {
            return;
        }
        checkMayClose();
        closing = true;
        turns.resumeAll();
        List<Task> left = turns.all();
        for (int i = 0; i < 100 && failure == null && !left.isEmpty(); i++) {
            left.forEach(turns::interrupt);
            // They get the turn, but no time.
            drive(turns::isEmpty, nowNs);
            left = turns.all();
        }
        over = true;
        driver.end();
        queue.clear();
        List<String> ghosts = turns.bury();
        if (failure != null) {
            turns.abandon();
        } else if (!ghosts.isEmpty()) {
            throw new SimulationException("these programs of hosts that have crashed do not end, although nothing that they can "
                    + "call works any more: " + String.join(", ", ghosts) + "; they must not catch every Throwable and go on");
        } else if (!left.isEmpty()) {
            throw new SimulationException("these programs did not end, although they were interrupted and their hosts are "
                    + "closed: " + turns.describe());
        }
    }
}
