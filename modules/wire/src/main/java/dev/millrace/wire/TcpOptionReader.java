package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The options of one TCP header, read without allocating: an object to be used again and again. Unknown options are
/// skipped (RFC 9293 MUST-6) and counted; an option of impossible length ends the reading with an error (MUST-7), with
/// what came before it kept.
public final class TcpOptionReader {
    /// End of option list.
    public static final int KIND_END = 0;
    /// No operation.
    public static final int KIND_NOP = 1;
    /// Maximum segment size (RFC 9293 §3.7.1).
    public static final int KIND_MSS = 2;
    /// Window scale (RFC 7323 §2).
    public static final int KIND_WINDOW_SCALE = 3;
    /// SACK permitted (RFC 2018 §2).
    public static final int KIND_SACK_PERMITTED = 4;
    /// SACK (RFC 2018 §3).
    public static final int KIND_SACK = 5;
    /// Timestamps (RFC 7323 §3).
    public static final int KIND_TIMESTAMPS = 8;
    /// User timeout (RFC 5482 §2).
    public static final int KIND_USER_TIMEOUT = 28;
    /// Fast Open (RFC 7413 §4.1.1).
    public static final int KIND_FAST_OPEN = 34;
    /// The most SACK blocks that fit into a header.
    public static final int MAX_SACK_BLOCKS = 4;

    private int mss;
    private int windowScale;
    private boolean sackPermitted;
    private boolean timestamps;
    private int timestampValue;
    private int timestampEcho;
    private int userTimeout;
    private int fastOpenLength;
    private long fastOpenHi;
    private long fastOpenLo;
    private int sackCount;
    private final int[] sackEdges = new int[2 * MAX_SACK_BLOCKS];
    private int unknownCount;

    /// A reader that has read nothing.
    public TcpOptionReader() {
        clear();
    }

    /// Forgets what was read.
    public void clear() {
        mss = -1;
        windowScale = -1;
        sackPermitted = false;
        timestamps = false;
        timestampValue = 0;
        timestampEcho = 0;
        userTimeout = 0;
        fastOpenLength = -1;
        sackCount = 0;
        unknownCount = 0;
    }

    /// Reads the options of the header at `at`, which [TcpHeader#check] has found well formed.
    public WireError read(MemorySegment m, long at) {
        clear();
        long end = at + TcpHeader.headerLength(m, at);
        for (long i = at + TcpHeader.MIN_LENGTH; i < end; ) {
            int kind = u8(m, i);
            if (kind == KIND_END) {
                break;
            }
            if (kind == KIND_NOP) {
                i++;
                continue;
            }
            if (i + 1 >= end) {
                return WireError.BAD_OPTION_LENGTH;
            }
            int length = u8(m, i + 1);
            if (length < 2 || i + length > end || !take(m, i, kind, length)) {
                return WireError.BAD_OPTION_LENGTH;
            }
            i += length;
        }
        return WireError.NONE;
    }

    private boolean take(MemorySegment m, long i, int kind, int length) {
        switch (kind) {
            case KIND_MSS -> {
                if (length != 4) {
                    return false;
                }
                mss = u16(m, i + 2);
            }
            case KIND_WINDOW_SCALE -> {
                if (length != 3) {
                    return false;
                }
                windowScale = u8(m, i + 2);
            }
            case KIND_SACK_PERMITTED -> {
                if (length != 2) {
                    return false;
                }
                sackPermitted = true;
            }
            case KIND_TIMESTAMPS -> {
                if (length != 10) {
                    return false;
                }
                timestamps = true;
                timestampValue = i32(m, i + 2);
                timestampEcho = i32(m, i + 6);
            }
            case KIND_USER_TIMEOUT -> {
                if (length != 4) {
                    return false;
                }
                int value = u16(m, i + 2);
                userTimeout = (value & 0x7fff) * (value >> 15 != 0 ? 60 : 1);
            }
            // RFC 7413 §4.1.1: one of an invalid length is ignored, and no reason to stop reading.
            case KIND_FAST_OPEN -> takeFastOpen(m, i + 2, length - 2);
            case KIND_SACK -> {
                if (length < 10 || (length - 2) % 8 != 0) {
                    return false;
                }
                sackCount = Math.min(MAX_SACK_BLOCKS, (length - 2) / 8);
                for (int k = 0; k < 2 * sackCount; k++) {
                    sackEdges[k] = i32(m, i + 2 + 4L * k);
                }
            }
            default -> unknownCount++;
        }
        return true;
    }

    private void takeFastOpen(MemorySegment m, long at, int length) {
        if (!FastOpenCookie.isLength(length)) {
            return;
        }
        fastOpenLength = length;
        fastOpenHi = 0;
        fastOpenLo = 0;
        for (int i = 0; i < length; i++) {
            long b = (long) u8(m, at + i) << 8 * (7 - i % 8);
            if (i < 8) {
                fastOpenHi |= b;
            } else {
                fastOpenLo |= b;
            }
        }
    }

    /// The maximum segment size, or -1.
    public int mss() {
        return mss;
    }

    /// The window scale shift as sent, 0 to 255, or -1; more than 14 counts as 14 (RFC 7323 §2.3).
    public int windowScale() {
        return windowScale;
    }

    /// Whether SACK is permitted.
    public boolean sackPermitted() {
        return sackPermitted;
    }

    /// Whether there were timestamps.
    public boolean hasTimestamps() {
        return timestamps;
    }

    /// TSval.
    public int timestampValue() {
        return timestampValue;
    }

    /// TSecr.
    public int timestampEcho() {
        return timestampEcho;
    }

    /// The user timeout in seconds, whichever granularity it came in; 0 if there was none, or one of 0, which says nothing.
    public int userTimeout() {
        return userTimeout;
    }

    /// The bytes of the Fast Open cookie, 0 for an option that asks for one, or -1 if there was no such option. It counts in
    /// segments with SYN only (RFC 7413 §4.1.1).
    public int fastOpenLength() {
        return fastOpenLength;
    }

    /// The Fast Open option's cookie, [FastOpenCookie#REQUEST] if it asks for one, or `null` if there was no such option. Made
    /// with each call: who only wants to compare it asks [#isFastOpen].
    public FastOpenCookie fastOpen() {
        return fastOpenLength < 0 ? null : fastOpenLength == 0 ? FastOpenCookie.REQUEST
                : new FastOpenCookie(fastOpenLength, fastOpenHi, fastOpenLo);
    }

    /// Whether the Fast Open option holds the cookie of these eight bytes.
    public boolean isFastOpen(long bytes) {
        return fastOpenLength == 8 && fastOpenHi == bytes;
    }

    /// The number of SACK blocks, 0 to 4.
    public int sackCount() {
        return sackCount;
    }

    /// The first sequence number of SACK block `i`.
    public int sackLeft(int i) {
        return sackEdges[2 * i];
    }

    /// The sequence number behind SACK block `i`.
    public int sackRight(int i) {
        return sackEdges[2 * i + 1];
    }

    /// How many options were of unknown kinds.
    public int unknownCount() {
        return unknownCount;
    }
}
