package dev.millrace.cli.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which seeds are done: ranges that neither overlap nor touch. One thread at a time.
final class SeedRanges {
    private final TreeMap<Long, Long> lastByFirst = new TreeMap<>();

    void add(SeedRange range) {
        long first = range.first();
        long last = range.last();
        Map.Entry<Long, Long> before = lastByFirst.floorEntry(first);
        if (before != null && (before.getValue() >= first || before.getValue() + 1 == first)) {
            first = before.getKey();
            last = Math.max(last, before.getValue());
        }
        Map.Entry<Long, Long> after = lastByFirst.ceilingEntry(first);
        while (after != null && (after.getKey() <= last || last != Long.MAX_VALUE && after.getKey() == last + 1)) {
            last = Math.max(last, after.getValue());
            lastByFirst.remove(after.getKey());
            after = lastByFirst.ceilingEntry(first);
        }
        lastByFirst.put(first, last);
    }

    /// The parts of a range that are not done.
    List<SeedRange> missing(SeedRange range) {
        var missing = new ArrayList<SeedRange>();
        long from = range.first();
        for (SeedRange done : all()) {
            if (done.last() < from) {
                continue;
            }
            if (done.first() > range.last()) {
                break;
            }
            if (done.first() > from) {
                missing.add(new SeedRange(from, done.first() - 1));
            }
            if (done.last() >= range.last()) {
                return missing;
            }
            from = done.last() + 1;
        }
        missing.add(new SeedRange(from, range.last()));
        return missing;
    }

    List<SeedRange> all() {
        return lastByFirst.entrySet().stream().map(e -> new SeedRange(e.getKey(), e.getValue())).toList();
    }

    SeedRanges copy() {
        var copy = new SeedRanges();
        copy.lastByFirst.putAll(lastByFirst);
        return copy;
    }
}
