package dev.millrace.internet;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// How many packets a box let pass, and how many it dropped for which reason. Any thread may read.
final class BoxCounters {
    private final LongAdder passed = new LongAdder();
    private final LongAdder replies = new LongAdder();
    private final LongAdder[] drops = new LongAdder[BoxDrop.values().length];

    BoxCounters() {
        for (int i = 0; i < drops.length; i++) {
            drops[i] = new LongAdder();
        }
    }

    /// Counts what became of a packet, and returns it.
    Verdict count(Verdict verdict) {
        switch (verdict) {
            case Verdict.Drop d -> drops[d.reason().ordinal()].increment();
            case Verdict.Reply r -> {
                drops[r.reason().ordinal()].increment();
                replies.increment();
            }
            default -> passed.increment();
        }
        return verdict;
    }

    /// Packets that were not dropped.
    long passed() {
        return passed.sum();
    }

    /// Packets that were dropped for this reason, with an answer or without.
    long drops(BoxDrop reason) {
        return drops[reason.ordinal()].sum();
    }

    /// Packets that were dropped.
    long drops() {
        long n = 0;
        for (LongAdder d : drops) {
            n += d.sum();
        }
        return n;
    }

    /// The counters by name; reasons that never occurred are left out.
    Map<String, Long> snapshot() {
        var all = new TreeMap<String, Long>();
        all.put("passed", passed.sum());
        all.put("replies", replies.sum());
        for (BoxDrop reason : BoxDrop.values()) {
            if (drops(reason) > 0) {
                all.put("dropped-" + reason.counterName(), drops(reason));
            }
        }
        return all;
    }
}
