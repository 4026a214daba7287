package dev.millrace.plot;

import java.util.Arrays;

/// Points in time, with one or two values each.
final class Series {
    private long[] times = new long[64];
    private long[] low = new long[64];
    private long[] high = new long[64];
    private int size;

    void add(long timeNs, long value) {
        add(timeNs, value, value);
    }

    void add(long timeNs, long from, long to) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            low = Arrays.copyOf(low, size * 2);
            high = Arrays.copyOf(high, size * 2);
        }
        times[size] = timeNs;
        low[size] = from;
        high[size++] = to;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    long time(int i) {
        return times[i];
    }

    long low(int i) {
        return low[i];
    }

    long high(int i) {
        return high[i];
    }

    long last() {
        return high[size - 1];
    }

    long max() {
        return Arrays.stream(high, 0, size).max().orElse(0);
    }

    /// The value that so many thousandths of the values do not exceed.
    long quantile(int thousandths) {
        if (size == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(high, size);
        Arrays.sort(sorted);
        return sorted[(int) ((long) (size - 1) * thousandths / 1000)];
    }
}
