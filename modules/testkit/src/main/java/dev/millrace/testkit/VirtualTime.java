package dev.millrace.testkit;

import dev.millrace.ManualStack;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/// Time that passes only when the test says so, for several stepped stacks and the wires between them. One thread at a
/// time.
///
/// Everything runs in the order of its time, and at equal times in the order in which it was asked for, so that a test
/// is a function of its seeds.
public final class VirtualTime implements Clock, Timers {
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<ManualStack> stacks = new ArrayList<>();
    private long order;
    private long nowNs;

    /// Time that begins at 0.
    public VirtualTime() {
    }

    /// Has the stack stepped along, from now on. It must have been opened when this time was 0.
    public void attach(ManualStack stack) {
        stacks.add(stack);
        stack.step(nowNs);
    }

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long epochNanos() {
        return nowNs;
    }

    /// Runs `action` once at a time, or now if that has passed.
    ///
    /// @param atNs nanoseconds of this time
    public void schedule(long atNs, Runnable action) {
        events.add(new Event(Math.max(atNs, nowNs), order++, action));
    }

    @Override
    public Timer create(Task task) {
        return new EventTimer(task);
    }

    /// When something happens next, in nanoseconds, or [Long#MAX_VALUE] if nothing will.
    public long nextNs() {
        long next = events.isEmpty() ? Long.MAX_VALUE : events.peek().atNs;
        for (ManualStack stack : stacks) {
            next = Math.min(next, stack.nextDeadlineNs());
        }
        return next;
    }

    /// Lets time pass to `toNs` and everything happen that is due by then.
    public void runUntil(long toNs) {
        runUntil(() -> false, toNs);
    }

    /// Lets time pass until `done` says so after something happened; at most to `limitNs`, where time then stands.
    ///
    /// @return whether it said so
    public boolean runUntil(BooleanSupplier done, long limitNs) {
        while (!done.getAsBoolean()) {
            long next = nextNs();
            if (next > limitNs) {
                advance(Math.max(limitNs, nowNs));
                return done.getAsBoolean();
            }
            advance(Math.max(next, nowNs));
            Event event = events.peek();
            if (event != null && event.atNs <= nowNs) {
                events.poll();
                event.action.run();
            }
        }
        return true;
    }

    private void advance(long toNs) {
        nowNs = toNs;
        for (ManualStack stack : stacks) {
            stack.step(toNs);
        }
    }

    private record Event(long atNs, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event o) {
            return atNs != o.atNs ? Long.compare(atNs, o.atNs) : Long.compare(order, o.order);
        }
    }

    private final class EventTimer implements Timer {
        private final Task task;
        private Event event;

        EventTimer(Task task) {
            this.task = task;
        }

        @Override
        public void set(long deadlineNs) {
            cancel();
            event = new Event(Math.max(deadlineNs, nowNs), order++, this::expire);
            events.add(event);
        }

        private void expire() {
            event = null;
            task.run(nowNs);
        }

        @Override
        public void cancel() {
            if (event != null) {
                events.remove(event);
                event = null;
            }
        }
    }
}
