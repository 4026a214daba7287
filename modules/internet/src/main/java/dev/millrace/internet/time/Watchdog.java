package dev.millrace.internet.time;

import dev.millrace.internet.SimulationException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/// Finds out which program blocks where the simulation does not see it: such a one would stop everything, for what it waits
/// for cannot happen, or happens by the wall clock.
final class Watchdog {
    /// A program may compute for so much longer than it may block.
    private static final int COMPUTING_FACTOR = 60;

    /// What lies between a program's own code and the place where its thread is.
    private static final List<String> OURS = List.of("java.", "jdk.", "dev.millrace.internet.time.",
            "dev.millrace.internet.waiting.", "dev.millrace.internet.Host", "dev.millrace.internet.Program", "dev.millrace.stack.", "dev.millrace.tcp.",
            "dev.millrace.udp.", "kotlin.", "kotlinx.coroutines.");

    /// So long a program is where it is before it is looked at.
    private static final long SOON_NS = 20_000_000;

    private final long stallNs;
    private long lastTurn = -1;
    private long turnSeenNs;
    private long placeSeenNs;
    private StackTraceElement[] lastPlace;

    Watchdog(Duration stall) {
        stallNs = stall.toNanos();
    }

    /// Looks, from time to time, at the program that has the turn.
    ///
    /// @param interrupted whether the thread that waits for the simulation was interrupted, by a time-out of a test perhaps
    /// @throws SimulationException if it blocks elsewhere, or never comes back
    void look(Turns turns, boolean interrupted) {
        Task task = turns.current();
        long turn = turns.count();
        long now = System.nanoTime();
        if (task == null || turn != lastTurn) {
            lastTurn = turn;
            turnSeenNs = now;
            lastPlace = null;
            return;
        }
        if (now - turnSeenNs < SOON_NS) {
            return;
        }
        Thread.State state = task.thread.getState();
        boolean blocked = state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING
                || state == Thread.State.BLOCKED;
        StackTraceElement[] place = blocked ? task.thread.getStackTrace() : null;
        if (blocked && Arrays.stream(place).anyMatch(Watchdog::isAboutToRun)) {
            // It has the turn and waits for a processor.
            lastPlace = null;
            return;
        }
        if (!blocked || !Arrays.equals(place, lastPlace)) {
            lastPlace = place;
            placeSeenNs = now;
        } else if (now - placeSeenNs >= SOON_NS && turns.count() == turn && construct(task, place) instanceof Construct c) {
            throw new SimulationException("program \"" + task.name() + "\" waits in " + c.called() + ", at " + place(task)
                    + ", where simulated time stands still: " + c.advice() + ". What works is in docs/internet.md", trace(task));
        } else if (now - placeSeenNs >= stallNs && turns.count() == turn) {
            throw new SimulationException("program \"" + task.name() + "\" blocks outside the simulation, at "
                    + place(task) + ", so that simulated time stands still; wait with host.sleep, sockets and "
                    + "Program.get instead, or use real time", trace(task));
        }
        if (now - turnSeenNs >= stallNs * (task.hurried || interrupted ? 1 : COMPUTING_FACTOR)) {
            throw new SimulationException("program \"" + task.name() + "\" has not waited for anything for "
                    + Duration.ofNanos(now - turnSeenNs).toSeconds() + " s of real time, at " + place(task)
                    + ": simulated time stands still while a program computes"
                    + (task.hurried ? "; its host is closed, and it goes on trying" : ""), trace(task));
        }
    }

    /// What it waits in, if that is known; a monitor if it waits to enter one.
    private static Construct construct(Task task, StackTraceElement[] place) {
        if (task.thread.getState() == Thread.State.BLOCKED) {
            return isOurs(place[0]) ? null : new Construct("a synchronized block",
                    "another program is in it while it waits: use host.lock(), or do not wait there");
        }
        return Construct.of(place, Watchdog::isOurs);
    }

    /// Whether a thread waits, by `host.await`, for a future that the simulation did not make.
    static boolean awaitsForeign(Thread thread) {
        return Arrays.stream(thread.getStackTrace()).anyMatch(e -> e.getMethodName().equals("awaitForeign")
                && e.getClassName().equals("dev.millrace.internet.HostConcurrency"));
    }

    private static boolean isAboutToRun(StackTraceElement e) {
        return e.getClassName().equals(Turns.class.getName()) && e.getMethodName().equals("awaitTurn");
    }

    static boolean isOurs(StackTraceElement e) {
        return OURS.stream().anyMatch(e.getClassName()::startsWith);
    }

    /// Where a program is, as an exception with its stack trace.
    static Throwable trace(Task task) {
        var at = new Throwable("\"" + task.name() + "\" is here");
        at.setStackTrace(task.thread.getStackTrace());
        return at;
    }

    /// The line of the program's own code that a task is at.
    static String place(Task task) {
        return place(task.thread.getStackTrace());
    }

    static String place(StackTraceElement[] trace) {
        return Arrays.stream(trace)
                .filter(e -> !isOurs(e))
                .findFirst().map(StackTraceElement::toString)
                .orElse(trace.length == 0 ? "its beginning" : trace[trace.length - 1].toString());
    }
}
