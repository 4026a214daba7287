package dev.millrace.testkit;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Timers;
import java.util.PriorityQueue;

/// Time that passes only when the test says so, and timers in it, for tests of a protocol alone. One thread at a time.
///
/// Everything runs in the order of its time, and at equal times in the order in which it was asked for, so that a test
/// is a function of its seeds.
public final class VirtualTime implements Clock, Timers {
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long order;
    private long nowNs;

    /// Time that begins at 0.
    public VirtualTime() {
    }

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long epochNanos() {
        return nowNs;
    }

    @Override
    public Timer create(Task task) {
        return new EventTimer(task);
    }

    /// Lets time pass to `toNs` and everything happen that is due by then.
    ///
    /// @param toNs nanoseconds of this time; what lies before the present counts as the present
    public void runUntil(long toNs) {
        while (!events.isEmpty() && events.peek().atNs <= toNs) {
            Event event = events.poll();
            nowNs = event.atNs;
            event.action.run();
        }
        nowNs = Math.max(nowNs, toNs);
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
