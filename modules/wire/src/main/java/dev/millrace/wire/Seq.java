package dev.millrace.wire;

/// Arithmetic on TCP sequence numbers, which live modulo 2³² (RFC 9293 §3.4). Sequence numbers are carried as `int`;
/// comparing two of them with `<` is always a mistake.
public final class Seq {
    private Seq() {
    }

    /// Whether `a` comes before `b`, for numbers less than 2³¹ apart.
    public static boolean lt(int a, int b) {
        return a - b < 0;
    }

    /// Whether `a` comes before `b` or equals it.
    public static boolean leq(int a, int b) {
        return a - b <= 0;
    }

    /// Whether `a` comes after `b`.
    public static boolean gt(int a, int b) {
        return a - b > 0;
    }

    /// Whether `a` comes after `b` or equals it.
    public static boolean geq(int a, int b) {
        return a - b >= 0;
    }

    /// The later of two sequence numbers.
    public static int max(int a, int b) {
        return a - b >= 0 ? a : b;
    }

    /// The earlier of two sequence numbers.
    public static int min(int a, int b) {
        return a - b <= 0 ? a : b;
    }

    /// Whether `seq` lies in `[start, start + length)`; `length` is an unsigned count below 2³².
    public static boolean inWindow(int seq, int start, int length) {
        return Integer.compareUnsigned(seq - start, length) < 0;
    }

    /// The distance from `from` forward to `to`, as an unsigned number.
    public static long distance(int from, int to) {
        return Integer.toUnsignedLong(to - from);
    }
}
