package dev.millrace.tcp.engine;

import java.util.Arrays;

/// A set of numbers, as ranges that neither overlap nor touch. Test code's own, so that what checks the engine's books is
/// not the engine's.
final class Ranges {
    private long[] lefts = new long[8];
    private long[] rights = new long[8];
    private int size;

    int size() {
        return size;
    }

    /// How many numbers there are.
    long total() {
        long n = 0;
        for (int i = 0; i < size; i++) {
            n += rights[i] - lefts[i];
        }
        return n;
    }

    long left(int i) {
        return lefts[i];
    }

    long right(int i) {
        return rights[i];
    }

    /// The first range that ends at or behind `n`.
    private int firstReaching(long n) {
        int low = 0;
        int high = size;
        while (low < high) {
            int mid = low + high >>> 1;
            if (rights[mid] >= n) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    /// Adds the numbers from `left` up to `right`, not included.
    void add(long left, long right) {
        if (left >= right) {
            return;
        }
        int i = firstReaching(left);
        int j = i;
        long l = left;
        long r = right;
        while (j < size && lefts[j] <= right) {
            l = Math.min(l, lefts[j]);
            r = Math.max(r, rights[j]);
            j++;
        }
        if (j == i) {
            if (size == lefts.length) {
                lefts = Arrays.copyOf(lefts, 2 * size);
                rights = Arrays.copyOf(rights, 2 * size);
            }
            System.arraycopy(lefts, i, lefts, i + 1, size - i);
            System.arraycopy(rights, i, rights, i + 1, size - i);
            size++;
        } else if (j > i + 1) {
            System.arraycopy(lefts, j, lefts, i + 1, size - j);
            System.arraycopy(rights, j, rights, i + 1, size - j);
            size -= j - i - 1;
        }
        lefts[i] = l;
        rights[i] = r;
    }

    /// Adds to `other` what of `left` to `right` is in this set.
    void addCommon(long left, long right, Ranges other) {
        for (int i = firstReaching(left); i < size && lefts[i] < right; i++) {
            other.add(Math.max(left, lefts[i]), Math.min(right, rights[i]));
        }
    }

    /// Whether all of `left` to `right` is in the set.
    boolean contains(long left, long right) {
        int i = firstReaching(right);
        return left >= right || i < size && lefts[i] <= left;
    }

    /// Whether any of `left` to `right` is in the set.
    boolean touches(long left, long right) {
        int i = firstReaching(left + 1);
        return left < right && i < size && lefts[i] < right;
    }

    /// The first number at or behind `from` that is not in the set.
    long endOf(long from) {
        int i = firstReaching(from + 1);
        return i < size && lefts[i] <= from ? rights[i] : from;
    }
}
