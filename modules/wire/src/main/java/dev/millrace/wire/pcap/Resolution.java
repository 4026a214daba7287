package dev.millrace.wire.pcap;

import java.math.BigInteger;

/// The unit and origin of an interface's time stamps: `if_tsresol` and `if_tsoffset`.
///
/// @param code a power of ten if below 0x80, else of two, negated
/// @param offsetSeconds to be added, in seconds
record Resolution(int code, long offsetSeconds) {
    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000L);

    /// Microseconds, unless the file says otherwise.
    static final Resolution DEFAULT = new Resolution(6, 0);

    /// Nanoseconds since 1970 of an unsigned count of ticks, or the nearest that a `long` holds.
    long nanos(long ticks) {
        if (code == 9 && offsetSeconds == 0 && ticks >= 0) {
            return ticks;
        }
        if (code == 6 && offsetSeconds == 0 && ticks >= 0 && ticks <= Long.MAX_VALUE / 1000) {
            return ticks * 1000;
        }
        BigInteger t = new BigInteger(Long.toUnsignedString(ticks)).multiply(NANOS);
        BigInteger n = (code & 0x80) == 0 ? t.divide(BigInteger.TEN.pow(code)) : t.shiftRight(code & 0x7f);
        n = n.add(BigInteger.valueOf(offsetSeconds).multiply(NANOS));
        if (n.bitLength() < Long.SIZE) {
            return n.longValue();
        }
        // The lowest value means that there is no time.
        return n.signum() < 0 ? Long.MIN_VALUE + 1 : Long.MAX_VALUE;
    }
}
