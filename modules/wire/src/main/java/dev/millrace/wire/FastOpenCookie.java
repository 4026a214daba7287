package dev.millrace.wire;

/// What a TCP Fast Open option holds (RFC 7413 §4.1.1): a cookie of 4 to 16 bytes, an even number of them, or nothing, by which
/// a client asks for one.
///
/// @param length bytes: 0, or an even number from [#MIN_LENGTH] to [#MAX_LENGTH]
/// @param hi the first eight bytes, the first of all uppermost; those beyond `length` are 0
/// @param lo the bytes behind them, in the same way
public record FastOpenCookie(int length, long hi, long lo) {
    /// The bytes of the shortest cookie.
    public static final int MIN_LENGTH = 4;
    /// The bytes of the longest cookie.
    public static final int MAX_LENGTH = 16;
    /// No cookie: asks for one.
    public static final FastOpenCookie REQUEST = new FastOpenCookie(0, 0, 0);

    /// Bytes beyond the length are taken for 0, so that equal cookies are equal.
    ///
    /// @throws IllegalArgumentException if no option can have this length
    public FastOpenCookie {
        if (!isLength(length)) {
            throw new IllegalArgumentException("a cookie has no " + length + " bytes");
        }
        hi &= mask(length);
        lo &= mask(length - 8);
    }

    /// A cookie of eight bytes.
    public static FastOpenCookie of(long bytes) {
        return new FastOpenCookie(8, bytes, 0);
    }

    /// Whether an option may hold so many bytes.
    static boolean isLength(int length) {
        return length == 0 || length >= MIN_LENGTH && length <= MAX_LENGTH && length % 2 == 0;
    }

    /// The upper bytes of eight that a cookie of this length has.
    private static long mask(int length) {
        return length <= 0 ? 0 : length >= 8 ? -1L : -1L << 8 * (8 - length);
    }

    /// Whether it asks for a cookie and is none.
    public boolean isRequest() {
        return length == 0;
    }

    /// Byte `i`, 0 to 255.
    int at(int i) {
        return (int) ((i < 8 ? hi : lo) >>> 8 * (7 - i % 8)) & 0xff;
    }

    @Override
    public String toString() {
        var text = new StringBuilder(2 * MAX_LENGTH);
        for (int i = 0; i < length; i++) {
            text.append(Character.forDigit(at(i) >> 4, 16)).append(Character.forDigit(at(i) & 0xf, 16));
        }
        return isRequest() ? "request" : text.toString();
    }
}
