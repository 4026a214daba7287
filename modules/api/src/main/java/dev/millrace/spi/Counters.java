package dev.millrace.spi;

/// A group of named counters, such as those of one protocol.
public interface Counters {
    /// The counter of this name (lower case with hyphens), made on first use. Ask once, keep the object.
    Counter counter(String name);

    /// One counter. Any thread may add.
    interface Counter {
        /// Adds to it.
        void add(long n);

        /// Its value so far.
        long value();
    }
}
