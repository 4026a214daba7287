package dev.millrace.testkit;

import dev.millrace.wire.buffer.Leaks;

/// Compares the packets and buffers in use at two moments: open it first in a try-with-resources statement, and its end
/// fails if more are in use than before.
public final class LeakCheck implements AutoCloseable {
    private final long packets = Leaks.packets();
    private final long buffers = Leaks.buffers();

    /// Begins.
    public LeakCheck() {
    }

    /// Ends.
    ///
    /// @throws AssertionError if packets or buffers were taken and not given back; with
    ///     `-Dmillrace.buffers.debug=true` its suppressed exceptions say where
    @Override
    public void close() {
        long p = Leaks.packets() - packets;
        long b = Leaks.buffers() - buffers;
        if (p != 0 || b != 0) {
            var error = new AssertionError(p + " packets and " + b + " buffers leaked");
            Leaks.owners().forEach(error::addSuppressed);
            throw error;
        }
    }
}
