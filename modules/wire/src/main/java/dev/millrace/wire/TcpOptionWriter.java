package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;

import java.lang.foreign.MemorySegment;

/// Writes TCP options in place, one method an option. Each takes the offset to write at and returns the one behind; each
/// pads with NOPs in front where needed so that it fills whole 32-bit words.
public final class TcpOptionWriter {
    /// The bytes of [#mss].
    public static final int MSS_LENGTH = 4;
    /// The bytes of [#windowScale].
    public static final int WINDOW_SCALE_LENGTH = 4;
    /// The bytes of [#sackPermitted].
    public static final int SACK_PERMITTED_LENGTH = 4;
    /// The bytes of [#timestamps], and of [#sackPermittedAndTimestamps].
    public static final int TIMESTAMPS_LENGTH = 12;

    /// The bytes of [#userTimeout].
    public static final int USER_TIMEOUT_LENGTH = 4;
    /// The longest user timeout that the option can tell, in seconds.
    public static final int MAX_USER_TIMEOUT = 0x7fff * 60;

    private static final int NOP = TcpOptionReader.KIND_NOP;

    private TcpOptionWriter() {
    }

    /// Maximum segment size.
    public static long mss(MemorySegment m, long at, int mss) {
        put16(m, at, TcpOptionReader.KIND_MSS << 8 | 4);
        put16(m, at + 2, mss);
        return at + MSS_LENGTH;
    }

    /// NOP, window scale.
    public static long windowScale(MemorySegment m, long at, int shift) {
        put32(m, at, NOP << 24 | TcpOptionReader.KIND_WINDOW_SCALE << 16 | 3 << 8 | shift & 0xff);
        return at + WINDOW_SCALE_LENGTH;
    }

    /// NOP, NOP, SACK permitted.
    public static long sackPermitted(MemorySegment m, long at) {
        put32(m, at, NOP << 24 | NOP << 16 | TcpOptionReader.KIND_SACK_PERMITTED << 8 | 2);
        return at + SACK_PERMITTED_LENGTH;
    }

    /// NOP, NOP, timestamps.
    public static long timestamps(MemorySegment m, long at, int value, int echo) {
        put32(m, at, NOP << 24 | NOP << 16 | TcpOptionReader.KIND_TIMESTAMPS << 8 | 10);
        put32(m, at + 4, value);
        put32(m, at + 8, echo);
        return at + TIMESTAMPS_LENGTH;
    }

    /// SACK permitted, timestamps: both without a NOP.
    public static long sackPermittedAndTimestamps(MemorySegment m, long at, int value, int echo) {
        put32(m, at, TcpOptionReader.KIND_SACK_PERMITTED << 24 | 2 << 16 | TcpOptionReader.KIND_TIMESTAMPS << 8 | 10);
        put32(m, at + 4, value);
        put32(m, at + 8, echo);
        return at + TIMESTAMPS_LENGTH;
    }

    /// User timeout: in seconds if it fits, else in minutes, rounded up.
    ///
    /// @param seconds 1 to [#MAX_USER_TIMEOUT]
    public static long userTimeout(MemorySegment m, long at, int seconds) {
        int value = seconds <= 0x7fff ? seconds : 0x8000 | Math.min(0x7fff, (seconds + 59) / 60);
        put32(m, at, TcpOptionReader.KIND_USER_TIMEOUT << 24 | 4 << 16 | value);
        return at + USER_TIMEOUT_LENGTH;
    }

    /// The bytes of [#fastOpen] with this cookie.
    public static int fastOpenLength(FastOpenCookie cookie) {
        return cookie.length() + 2 + 3 & ~3;
    }

    /// NOPs, and Fast Open with a cookie or the request for one.
    public static long fastOpen(MemorySegment m, long at, FastOpenCookie cookie) {
        long end = at + fastOpenLength(cookie);
        long from = end - cookie.length();
        // The length is even, and so is what is left in front.
        for (long i = at; i < from - 2; i += 2) {
            put16(m, i, NOP << 8 | NOP);
        }
        put16(m, from - 2, TcpOptionReader.KIND_FAST_OPEN << 8 | cookie.length() + 2);
        for (int i = 0; i < cookie.length(); i++) {
            put8(m, from + i, cookie.at(i));
        }
        return end;
    }

    /// The bytes that [#sack] and `blocks` calls of [#sackBlock] take.
    public static int sackLength(int blocks) {
        return 4 + 8 * blocks;
    }

    /// NOP, NOP and the head of a SACK option with `blocks` blocks, which [#sackBlock] writes behind it.
    public static long sack(MemorySegment m, long at, int blocks) {
        put32(m, at, NOP << 24 | NOP << 16 | TcpOptionReader.KIND_SACK << 8 | 2 + 8 * blocks);
        return at + 4;
    }

    /// One block of a SACK option.
    public static long sackBlock(MemorySegment m, long at, int left, int right) {
        put32(m, at, left);
        put32(m, at + 4, right);
        return at + 8;
    }
}
