package dev.millrace.internet.time;

import dev.millrace.spi.Timers.Task;
import dev.millrace.spi.Timers.Timer;
import java.util.PriorityQueue;

/// What is to happen, in the order of time, and at equal times in the order in which it was asked for. One thread at a time.
final class EventQueue {
    private final PriorityQueue<Event> events = new PriorityQueue<>(64);
    private long order;

    /// One thing that is to happen.
    static final class Event implements Comparable<Event> {
        final long atNs;
        private final long order;
        private final Runnable action;
        /// The timer whose event this is, or `null`.
        private final MovableTimer timer;

        private Event(long atNs, long order, Runnable action, MovableTimer timer) {
            this.atNs = atNs;
            this.order = order;
            this.action = action;
            this.timer = timer;
        }

        @Override
        public int compareTo(Event o) {
            return atNs != o.atNs ? Long.compare(atNs, o.atNs) : Long.compare(order, o.order);
        }

        void run() {
            if (timer == null) {
                action.run();
            } else {
                timer.run(atNs);
            }
        }
    }

    void add(long atNs, Runnable action) {
        events.add(new Event(atNs, order++, action, null));
    }

    Timer timer(Task task) {
        return new MovableTimer(task);
    }

    /// The next event, which stays; `null` if nothing is to happen.
    Event peek() {
        Event e;
        while ((e = events.peek()) != null && e.timer != null && !e.timer.isDue(e)) {
            events.poll();
        }
        return e;
    }

    /// Takes the event that [#peek] has just returned.
    Event poll() {
        Event e = events.poll();
        if (e != null && e.timer != null) {
            e.timer.queued = null;
        }
        return e;
    }

    int size() {
        return events.size();
    }

    /// Forgets all that was to happen.
    void clear() {
        for (Event e : events) {
            if (e.action instanceof Clockwork.Discardable d) {
                d.discard();
            }
        }
        events.clear();
    }

    /// A timer that is mostly moved to later times, as those of TCP are with each acknowledgement: its event stays where it
    /// is until its time comes, and goes to the end of the wait then.
    private final class MovableTimer implements Timer {
        private final Task task;
        private Event queued;
        private long wantedNs = Long.MAX_VALUE;
        private long wantedOrder;

        MovableTimer(Task task) {
            this.task = task;
        }

        @Override
        public void set(long deadlineNs) {
            wantedNs = deadlineNs;
            wantedOrder = order++;
            if (queued == null || deadlineNs < queued.atNs) {
                queue();
            }
        }

        private void queue() {
            queued = new Event(wantedNs, wantedOrder, null, this);
            events.add(queued);
        }

        @Override
        public void cancel() {
            wantedNs = Long.MAX_VALUE;
        }

        /// Whether an event that has come to the front is what the timer is waiting for; if it waits longer now, it is
        /// queued anew.
        private boolean isDue(Event e) {
            if (e != queued) {
                return false;
            }
            if (wantedNs == e.atNs && wantedOrder == e.order) {
                return true;
            }
            queued = null;
            if (wantedNs != Long.MAX_VALUE) {
                queue();
            }
            return false;
        }

        private void run(long nowNs) {
            wantedNs = Long.MAX_VALUE;
            task.run(nowNs);
        }
    }
}
