package dev.millrace.cli.explore;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// The seeds that nobody has taken yet, lowest first. Any thread may call.
final class SeedQueue {
    private final PriorityQueue<SeedRange> waiting = new PriorityQueue<>(Comparator.comparingLong(SeedRange::first));
    private long most = Long.MAX_VALUE;
    private boolean closed;

    SeedQueue(List<SeedRange> ranges) {
        waiting.addAll(ranges);
    }

    /// The next of them, at most so many; `null` if there are none.
    synchronized SeedRange take(long count) {
        SeedRange next = closed ? null : waiting.poll();
        if (next == null || next.first() > most) {
            waiting.clear();
            return null;
        }
        SeedRange wanted = next.has(most) ? new SeedRange(next.first(), most) : next;
        if (wanted.count() <= count) {
            return wanted;
        }
        long end = next.first() + count - 1;
        waiting.add(new SeedRange(end + 1, wanted.last()));
        return new SeedRange(next.first(), end);
    }

    /// What was taken and could not be tried is there again.
    synchronized void giveBack(SeedRange range) {
        waiting.add(range);
    }

    /// Nobody wants to know of seeds above this any more.
    synchronized void limit(long seed) {
        most = Math.min(most, seed);
    }

    /// Nobody gets any more.
    synchronized void close() {
        closed = true;
    }

    synchronized long count() {
        long sum = 0;
        for (SeedRange r : waiting) {
            sum += r.count();
            if (sum < 0) {
                return Long.MAX_VALUE;
            }
        }
        return sum;
    }
}
