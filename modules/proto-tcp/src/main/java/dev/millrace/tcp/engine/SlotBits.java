package dev.millrace.tcp.engine;

/// A set of small numbers that finds the next one of them in a few steps however many there are: words of 64, and above
/// them words that tell which of those are not zero.
final class SlotBits {
    private final long[][] levels;

    /// The empty set of numbers below `capacity`, which is a power of two and 64 at least.
    SlotBits(int capacity) {
        assert capacity >= 64 && Integer.bitCount(capacity) == 1;
        int depth = 1;
        for (int n = capacity >>> 6; n > 1; n = n + 63 >>> 6) {
            depth++;
        }
        levels = new long[depth][];
        int n = capacity;
        for (int level = 0; level < depth; level++) {
            n = n + 63 >>> 6;
            levels[level] = new long[n];
        }
    }

    boolean has(int i) {
        return (levels[0][i >>> 6] >>> i & 1) != 0;
    }

    void set(int i) {
        int at = i;
        for (long[] level : levels) {
            long before = level[at >>> 6];
            level[at >>> 6] = before | 1L << at;
            if (before != 0) {
                return;
            }
            at >>>= 6;
        }
    }

    void clear(int i) {
        int at = i;
        for (long[] level : levels) {
            long left = level[at >>> 6] & ~(1L << at);
            level[at >>> 6] = left;
            if (left != 0) {
                return;
            }
            at >>>= 6;
        }
    }

    /// The least member that is not below `from`, or -1.
    int next(int from) {
        int at = from;
        for (int level = 0; level < levels.length; level++) {
            int word = at >>> 6;
            if (word >= levels[level].length) {
                return -1;
            }
            long bits = levels[level][word] & -1L << at;
            if (bits != 0) {
                int found = (word << 6) + Long.numberOfTrailingZeros(bits);
                while (level-- > 0) {
                    found = (found << 6) + Long.numberOfTrailingZeros(levels[level][found]);
                }
                return found;
            }
            at = word + 1;
        }
        return -1;
    }
}
