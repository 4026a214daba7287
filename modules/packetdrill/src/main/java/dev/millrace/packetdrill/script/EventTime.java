package dev.millrace.packetdrill.script;

/// When an event happens. All times are nanoseconds.
///
/// @param kind how to read the rest
/// @param fromNs since the start of the script, or since the event before; 0 if it may be at any time
/// @param toNs the end of a window, of the same kind as `fromNs`; equal to it if there is no window
/// @param returnsNs when a call that blocks returns, of the same kind as `fromNs`; -1 for calls that do not
public record EventTime(Kind kind, long fromNs, long toNs, long returnsNs) {
    /// What times count from.
    public enum Kind {
        /// The start of the script.
        ABSOLUTE,
        /// The event before.
        RELATIVE,
        /// At any time.
        ANY
    }

    /// Whether the event is a call that blocks.
    public boolean isBlocking() {
        return returnsNs >= 0;
    }

    /// Whether any time between two is right.
    public boolean isWindow() {
        return toNs != fromNs;
    }
}
