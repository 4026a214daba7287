package dev.millrace.ip;

/// The MTUs that networks usually have (RFC 1191 §7.1, table 7-1).
final class Plateaus {
    private static final int[] MTUS = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

    private Plateaus() {
    }

    /// The largest one that is smaller than `length`, at least 68.
    static int below(int length) {
        for (int mtu : MTUS) {
            if (mtu < length) {
                return mtu;
            }
        }
        return MTUS[MTUS.length - 1];
    }
}
