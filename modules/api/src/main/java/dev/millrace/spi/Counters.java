package dev.millrace.spi;

import java.util.Map;
import java.util.function.Supplier;

/// A group of named counters, such as those of one protocol.
public interface Counters {
    /// The counter of this name (lower case with hyphens), made on first use. Ask once, keep the object.
    Counter counter(String name);

    /// Has the group show numbers that are not counted but found out when somebody looks ([dev.millrace.Stack#counters()]), such as how
    /// many there are of something now; they cost nothing before. One supplier a group, asked on the thread that looks.
    ///
    /// @param present the numbers of the moment by name (lower case with hyphens), none of which is that of a counter
    default void gauges(Supplier<Map<String, Long>> present) {
        // For contexts of tests, in which nobody looks.
    }

    /// One counter. Any thread may add.
    interface Counter {
        /// Adds to it.
        void add(long n);

        /// Its value so far.
        long value();
    }
}
