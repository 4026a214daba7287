package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// All counters of a stack, by group and name.
final class CounterGroups {
    private final Map<String, Group> groups = new ConcurrentHashMap<>();
    /// How many names of plug-ins' own reasons are counted apart: a plug-in that makes names up as it goes must not grow this.
    private static final int MAX_PLUGIN_REASONS = 256;

    /// Never changed once it is made.
    private final Map<DropReason, Counters.Counter> drops = new IdentityHashMap<>();
    private final Group dropGroup = group("drops");

    CounterGroups() {
        DropReason.own().forEach(reason -> drops.put(reason, dropGroup.counter(reason.name())));
    }

    Group group(String name) {
        return groups.computeIfAbsent(name, _ -> new Group());
    }

    void drop(DropReason reason) {
        Counters.Counter counter = drops.get(reason);
        if (counter == null) {
            boolean known = dropGroup.counters.containsKey(reason.name());
            boolean room = dropGroup.counters.size() < drops.size() + MAX_PLUGIN_REASONS;
            counter = dropGroup.counter(known || room ? reason.name() : "other");
        }
        counter.add(1);
    }

    /// The values of all counters, sorted by name; of the drops and failures only those that happened.
    Map<String, Map<String, Long>> snapshot() {
        var all = new TreeMap<String, Map<String, Long>>();
        groups.forEach((name, group) -> {
            var values = new TreeMap<String, Long>();
            group.counters.forEach((key, counter) -> {
                if (!name.equals("drops") && !name.equals("failures") || counter.value() != 0) {
                    values.put(key, counter.value());
                }
            });
            values.putAll(group.gauges.get());
            all.put(name, values);
        });
        return all;
    }

    static final class Group implements Counters {
        final Map<String, Counter> counters = new ConcurrentHashMap<>();
        volatile Supplier<Map<String, Long>> gauges = Map::of;

        @Override
        public Counter counter(String name) {
            return counters.computeIfAbsent(name, _ -> new Adder());
        }

        @Override
        public void gauges(Supplier<Map<String, Long>> present) {
            gauges = present;
        }
    }

    private static final class Adder implements Counters.Counter {
        private final LongAdder sum = new LongAdder();
        /// What was counted while there was no memory.
        private final AtomicLong rest = new AtomicLong();

        /// Does not throw: who counts is in the middle of something.
        @Override
        public void add(long n) {
            try {
                sum.add(n);
            } catch (OutOfMemoryError e) {
                // An adder that threads contend for takes another cell.
                rest.addAndGet(n);
            }
        }

        @Override
        public long value() {
            return sum.sum() + rest.get();
        }
    }
}
