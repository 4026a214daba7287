package dev.millrace.internet.time;

import dev.millrace.internet.SimulationException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for programs to give the turn back, and finds out which blocks where the simulation does not see it: such a one
/// would stop everything, for what it waits for cannot happen, or happens by the wall clock.
final class Watchdog {
    /// A turn is mostly shorter than the time it takes to park a thread and wake it.
    private static final long SPIN_NS = Runtime.getRuntime().availableProcessors() > 1 ? 20_000 : 0;
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    /// A program may compute for so much longer than it may block.
    private static final int COMPUTING_FACTOR = 60;

    /// What lies between a program's own code and the place where its thread is.
    private static final List<String> OURS = List.of("java.", "jdk.", "dev.millrace.internet.time.",
            "dev.millrace.internet.Host", "dev.millrace.internet.Program", "dev.millrace.stack.", "dev.millrace.tcp.",
            "dev.millrace.udp.");

    private final long stallNs;

    Watchdog(Duration stall) {
        stallNs = stall.toNanos();
    }

    /// Returns when `back` is true.
    ///
    /// @throws SimulationException if the program blocks elsewhere, or never comes back
    void await(Task task, BooleanSupplier back) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < SPIN_NS) {
            if (back.getAsBoolean()) {
                return;
            }
            Thread.onSpinWait();
        }
        StackTraceElement[] lastPlace = null;
        long sinceNs = 0;
        boolean wasInterrupted = false;
        while (!back.getAsBoolean()) {
            LockSupport.parkNanos(this, LOOK_NS);
            wasInterrupted |= Thread.interrupted();
            long now = System.nanoTime();
            if (back.getAsBoolean() || now - begin < LOOK_NS) {
                continue;
            }
            Thread.State state = task.thread.getState();
            boolean blocked = state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING
                    || state == Thread.State.BLOCKED;
            StackTraceElement[] place = blocked ? task.thread.getStackTrace() : null;
            if (!blocked || !Arrays.equals(place, lastPlace)) {
                lastPlace = place;
                sinceNs = now;
            } else if (now - sinceNs >= stallNs && !back.getAsBoolean()) {
                throw new SimulationException("program \"" + task.name() + "\" blocks outside the simulation, at "
                        + place(task) + ", so that simulated time stands still; wait with host.sleep, sockets and "
                        + "Program.join instead, or use real time", trace(task));
            }
            if (now - begin >= stallNs * COMPUTING_FACTOR) {
                throw new SimulationException("program \"" + task.name() + "\" has not waited for anything for "
                        + Duration.ofNanos(now - begin).toSeconds() + " s of real time, at " + place(task)
                        + ": simulated time stands still while a program computes", trace(task));
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// Where a program is, as an exception with its stack trace.
    static Throwable trace(Task task) {
        var at = new Throwable("\"" + task.name() + "\" is here");
        at.setStackTrace(task.thread.getStackTrace());
        return at;
    }

    /// The line of the program's own code that a task is at.
    static String place(Task task) {
        StackTraceElement[] trace = task.thread.getStackTrace();
        return Arrays.stream(trace)
                .filter(e -> OURS.stream().noneMatch(e.getClassName()::startsWith))
                .findFirst().map(StackTraceElement::toString)
                .orElse(trace.length == 0 ? "its beginning" : trace[trace.length - 1].toString());
    }
}
