package dev.millrace;

/// What a socket has become ready for, as readiness callbacks tell it. A callback is a hint to try: the operation may
/// still find nothing to do.
///
/// @param readable data, the end of the stream, a connection to accept or an error can be taken
/// @param writable there is room to write, or the connection attempt has ended
/// @param closed the socket is closed or broken
public record Readiness(boolean readable, boolean writable, boolean closed) {
    private static final Readiness[] ALL = new Readiness[8];

    static {
        for (int i = 0; i < 8; i++) {
            ALL[i] = new Readiness((i & 1) != 0, (i & 2) != 0, (i & 4) != 0);
        }
    }

    /// The shared value with these three facts.
    public static Readiness of(boolean readable, boolean writable, boolean closed) {
        return ALL[(readable ? 1 : 0) | (writable ? 2 : 0) | (closed ? 4 : 0)];
    }
}
