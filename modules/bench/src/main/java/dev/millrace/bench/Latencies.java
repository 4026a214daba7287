package dev.millrace.bench;

/// A histogram of durations with a resolution of 1/64 of the value (log-linear, as HdrHistogram's), which records without
/// allocating.
final class Latencies {
    private static final int SUB_BITS = 6;
    private final long[] counts = new long[64 << SUB_BITS];
    private long total;

    void record(long ns) {
        counts[index(Math.max(0, ns))]++;
        total++;
    }

    long count() {
        return total;
    }

    private static int index(long ns) {
        if (ns < 1 << SUB_BITS) {
            return (int) ns;
        }
        int exponent = 63 - Long.numberOfLeadingZeros(ns);
        int sub = (int) (ns >>> exponent - SUB_BITS) & (1 << SUB_BITS) - 1;
        return (exponent - SUB_BITS + 1 << SUB_BITS) + sub;
    }

    private static double middle(int index) {
        if (index < 1 << SUB_BITS) {
            return index;
        }
        int exponent = (index >>> SUB_BITS) + SUB_BITS - 1;
        long low = (1L << exponent) + ((long) (index & (1 << SUB_BITS) - 1) << exponent - SUB_BITS);
        return low + (1L << exponent - SUB_BITS) / 2.0;
    }

    /// The duration in nanoseconds below which `part` (0 to 1) of all lie; 0 if there is none.
    double percentile(double part) {
        long rank = Math.max(1, (long) Math.ceil(part * total));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && total > 0) {
                return middle(i);
            }
        }
        return 0;
    }
}
