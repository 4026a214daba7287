package dev.millrace.internet.time;

import dev.millrace.internet.SimulationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Who has the turn: one program at a time, or the thread that drives the simulation. A program keeps the turn until it
/// waits or ends; then the driver chooses the next.
final class Turns {
    /// By the wall clock, for threads to end that have nothing left to wait for.
    private static final long PATIENCE_NS = 2_000_000_000L;

    private final IntUnaryOperator choice;
    private final Driver driver;
    private final Map<Thread, Task> byThread = new ConcurrentHashMap<>();
    private final Set<Task> tasks = new LinkedHashSet<>();
    private final List<Task> runnable = new ArrayList<>();
    private final List<Task> unstarted = new ArrayList<>();
    /// How often each stands still.
    private final Map<Object, Integer> paused = new HashMap<>();
    /// Those that could go on, but for a pause.
    private final List<Task> held = new ArrayList<>();
    private final List<Task> waitingForLocks = new ArrayList<>();
    /// Programs that threads outside have interrupted.
    private final Queue<Task> interrupted = new ConcurrentLinkedQueue<>();
    /// Those whose host has crashed, which still have threads.
    private final List<Task> dead = new ArrayList<>();
    private long numbers;
    private volatile Task current;
    /// How many turns there were so far.
    private volatile long count;
    private volatile boolean abandoned;
    private volatile boolean buried;

    Turns(IntUnaryOperator choice, Driver driver) {
        this.choice = choice;
        this.driver = driver;
    }

    long count() {
        return count;
    }

    /// Whose turn it is, or `null` if it is no program's.
    Task current() {
        return current;
    }

    /// The program that is calling, or `null` if it is none.
    Task ofCaller() {
        Task task = current;
        return task != null && task.thread == Thread.currentThread() ? task : null;
    }

    /// All that have been started and have not ended, in the order of their beginnings.
    List<Task> all() {
        return tasks.stream().filter(t -> !unstarted.contains(t)).toList();
    }

    /// Whether there is none of those.
    boolean isEmpty() {
        return tasks.size() == unstarted.size();
    }

    Task add(Object owner, String name, Runnable body, boolean startedByProgram, EventQueue queue) {
        var task = new Task(owner, name, numbers++);
        task.startedByProgram = startedByProgram;
        task.thread = Thread.ofVirtual().name(name).unstarted(() -> {
            try {
                awaitTurn(task);
                body.run();
            } catch (Gone e) {
                // Its host has crashed, or the simulation has failed: nobody is to hear of how it ends.
                return;
            } finally {
                end(task);
            }
        });
        task.alarm = queue.timer(_ -> wake(task));
        byThread.put(task.thread, task);
        tasks.add(task);
        if (startedByProgram) {
            unstarted.add(task);
        } else {
            ready(task);
        }
        return task;
    }

    // ---- the driver's side

    /// Gives one program its turn, and returns when it has given it back; `false` if none could go on.
    boolean runOne() {
        gather();
        if (runnable.isEmpty()) {
            return false;
        }
        int size = runnable.size();
        Task task = runnable.remove(size == 1 ? 0 : choice.applyAsInt(size));
        task.state = Task.State.RUNNING;
        task.alarm.cancel();
        count++;
        current = task;
        if (!task.startedByProgram && task.thread.getState() == Thread.State.NEW) {
            task.thread.start();
        } else {
            LockSupport.unpark(task.thread);
        }
        while (current == task && !driver.isOver()) {
            LockSupport.park(this);
        }
        return true;
    }

    /// Finds those that can go on for reasons of which nobody tells.
    private void gather() {
        Task t;
        while ((t = interrupted.poll()) != null) {
            wake(t);
        }
        if (!waitingForLocks.isEmpty()) {
            List.copyOf(waitingForLocks).stream().filter(w -> !w.wanted.isLocked()).forEach(this::wake);
        }
        if (!unstarted.isEmpty()) {
            List<Task> started = unstarted.stream().filter(u -> u.thread.getState() != Thread.State.NEW).toList();
            unstarted.removeAll(started);
            started.forEach(this::ready);
        }
    }

    // ---- hosts that crash

    /// Ends all tasks of an owner where they are: they never get a turn again.
    void kill(Object owner) {
        for (Task t : List.copyOf(tasks)) {
            if (t.owner() == owner) {
                boolean begun = t.thread.getState() != Thread.State.NEW;
                t.state = Task.State.DEAD;
                t.alarm.cancel();
                runnable.remove(t);
                held.remove(t);
                unstarted.remove(t);
                waitingForLocks.remove(t);
                tasks.remove(t);
                if (begun || t.startedByProgram) {
                    dead.add(t);
                } else {
                    byThread.remove(t.thread);
                }
                t.joiners.forEach(this::unpark);
                t.joiners.clear();
            }
        }
    }

    /// Does not return to a program that was killed; one that has paused itself comes back when it may go on.
    void rest() {
        Task task = byThread.get(Thread.currentThread());
        if (task != null && task.state == Task.State.DEAD) {
            giveTurnBack();
            awaitTurn(task);
        } else if (task != null && current == task && paused.containsKey(task.owner())) {
            this.yield(task);
        }
    }

    /// Those that could go on and stand still are set aside.
    void pause(Object owner, boolean value) {
        int times = paused.merge(owner, value ? 1 : -1, Integer::sum);
        if (times <= 0) {
            paused.remove(owner);
        }
        if (value && times == 1) {
            held.addAll(runnable.stream().filter(t -> t.owner() == owner).toList());
            runnable.removeIf(t -> t.owner() == owner);
        } else if (!value && times == 0) {
            List<Task> free = held.stream().filter(t -> t.owner() == owner).toList();
            held.removeAll(free);
            runnable.addAll(free);
        }
    }

    void resumeAll() {
        List.copyOf(paused.keySet()).forEach(owner -> {
            paused.put(owner, 1);
            pause(owner, false);
        });
    }

    private void ready(Task task) {
        (paused.containsKey(task.owner()) ? held : runnable).add(task);
    }

    /// @throws Gone if the caller was killed, or the simulation has failed
    void checkAlive() {
        Task task = byThread.get(Thread.currentThread());
        // Who has just been killed by what it called itself finishes that.
        if (task != null && (task.state == Task.State.DEAD && current != task || abandoned)) {
            throw new Gone();
        }
    }

    boolean isDead(Thread thread) {
        Task task = byThread.get(thread);
        return task != null && task.state == Task.State.DEAD;
    }

    void hurry(Object owner) {
        tasks.stream().filter(t -> t.owner() == owner).forEach(t -> t.hurried = true);
    }

    /// When all is over: lets the threads of those that were killed end, and returns the names of those that do not.
    List<String> bury() {
        buried = true;
        for (Task t : dead) {
            LockSupport.unpark(t.thread);
        }
        var left = new ArrayList<String>();
        long until = System.nanoTime() + PATIENCE_NS;
        for (Task t : dead) {
            try {
                if (t.thread.getState() != Thread.State.NEW && t.thread != Thread.currentThread()
                        && !t.thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())))) {
                    left.add("\"" + t.name() + "\", at " + Watchdog.place(t));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return left;
    }

    private void wake(Task task) {
        if (task.state == Task.State.PARKED) {
            task.state = Task.State.RUNNABLE;
            ready(task);
        }
    }

    /// Lets a program's thread go on, now or when it parks next; `false` if the thread is no program's.
    boolean unpark(Thread thread) {
        Task task = byThread.get(thread);
        if (task == null) {
            return false;
        }
        if (task.state == Task.State.PARKED) {
            wake(task);
        } else {
            task.permit = true;
        }
        return true;
    }

    void interrupt(Thread thread) {
        Task task = byThread.get(thread);
        if (task != null) {
            interrupt(task);
        } else {
            thread.interrupt();
        }
    }

    void interrupt(Task task) {
        if (task.state != Task.State.DONE) {
            task.interruptKnown = true;
            task.thread.interrupt();
            wake(task);
        }
    }

    // ---- the programs' side

    void park(Task task, long deadlineNs, long nowNs) {
        if (task.permit) {
            task.permit = false;
            return;
        }
        if (deadlineNs <= nowNs || Thread.currentThread().isInterrupted()) {
            return;
        }
        if (deadlineNs != Long.MAX_VALUE) {
            task.alarm.set(deadlineNs);
        }
        task.state = Task.State.PARKED;
        giveTurnBack();
        awaitTurn(task);
        task.permit = false;
    }

    /// Lets others go first that could go on.
    void yield(Task task) {
        task.state = Task.State.RUNNABLE;
        ready(task);
        giveTurnBack();
        awaitTurn(task);
    }

    /// Parks until the lock is free.
    void parkFor(Task task, ReentrantLock lock, long deadlineNs, long nowNs) {
        task.wanted = lock;
        waitingForLocks.add(task);
        try {
            park(task, deadlineNs, nowNs);
        } finally {
            waitingForLocks.remove(task);
            task.wanted = null;
        }
    }

    private void awaitTurn(Task task) {
        boolean wasInterrupted = false;
        while (current != task) {
            if (abandoned || buried && task.state == Task.State.DEAD) {
                throw new Gone();
            }
            LockSupport.park(this);
            if (current != task && Thread.interrupted()) {
                wasInterrupted = true;
                if (!task.interruptKnown) {
                    interrupted.add(task);
                }
            }
        }
        task.interruptKnown = false;
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(Task task) {
        if (abandoned || task.state == Task.State.DEAD) {
            if (current == task) {
                giveTurnBack();
            }
            return;
        }
        task.state = Task.State.DONE;
        byThread.remove(task.thread);
        tasks.remove(task);
        task.joiners.forEach(this::unpark);
        giveTurnBack();
    }

    private void giveTurnBack() {
        current = null;
        LockSupport.unpark(driver.thread());
    }

    // ---- when it has gone wrong

    /// What each program is doing, for messages.
    String describe() {
        boolean foreign = Stream.concat(tasks.stream().map(t -> t.thread), Stream.ofNullable(driver.asker()))
                .anyMatch(Watchdog::awaitsForeign);
        return programs() + (foreign ? ". What host.await waits for is for programs to complete: threads outside, such as those of "
                + "the common pool, of executors of the JDK, or of Dispatchers.Default and delay in coroutines, go by the wall clock. "
                + "Use host.executor(), and in coroutines host.executor().asCoroutineDispatcher()" : "");
    }

    private String programs() {
        return tasks.isEmpty() ? "no program is running" : tasks.stream().limit(20)
                .map(t -> "\"" + t.name() + "\" " + (paused.containsKey(t.owner()) ? "is paused at "
                        : t.state == Task.State.PARKED ? "waits at " : "is at ") + Watchdog.place(t))
                .collect(Collectors.joining(", ", "", tasks.size() > 20 ? ", and " + (tasks.size() - 20) + " more" : ""));
    }

    /// Nothing is left that could happen, but somebody waits.
    SimulationException atRest(Duration now) {
        Task first = tasks.stream().findFirst().orElse(null);
        String message = "nothing is left that could happen, at " + now + " of simulated time, but \""
                + driver.asker().getName() + "\" waits; " + describe();
        return first == null ? new SimulationException(message)
                : new SimulationException(message, Watchdog.trace(first));
    }

    /// Lets all programs end as they like: nobody gives them turns any more.
    void abandon() {
        abandoned = true;
        for (Task t : tasks) {
            t.thread.interrupt();
            LockSupport.unpark(t.thread);
        }
        tasks.clear();
        byThread.clear();
        runnable.clear();
        held.clear();
    }
}
