package dev.millrace.wire.pcap;

/// Which way a captured packet went, in the numbers of the lowest two bits of `epb_flags`.
public enum Direction {
    /// The file does not say.
    UNKNOWN,
    /// It was received.
    INBOUND,
    /// It was sent.
    OUTBOUND;

    private static final Direction[] BY_FLAGS = {UNKNOWN, INBOUND, OUTBOUND, UNKNOWN};

    static Direction ofFlags(int flags) {
        return BY_FLAGS[flags & 3];
    }
}
