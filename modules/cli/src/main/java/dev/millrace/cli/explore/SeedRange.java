package dev.millrace.cli.explore;

/// Seeds from one to another, both included.
record SeedRange(long first, long last) {
    SeedRange {
        if (last < first) {
            throw new IllegalArgumentException("seeds " + first + ".." + last + " are none");
        }
    }

    /// Reads `1..1000`, or one seed.
    ///
    /// @throws IllegalArgumentException if it is neither
    static SeedRange parse(String text) {
        String[] ends = text.split("\\.\\.", -1);
        try {
            long first = Long.parseLong(ends[0]);
            long last = ends.length == 1 ? first : Long.parseLong(ends[1]);
            if (ends.length <= 2 && first <= last) {
                return new SeedRange(first, last);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("--seeds " + text + ": write a range such as 1..10000");
    }

    /// How many there are; the largest number if they are more than that.
    long count() {
        long n = last - first;
        return n < 0 || n == Long.MAX_VALUE ? Long.MAX_VALUE : n + 1;
    }

    boolean has(long seed) {
        return first <= seed && seed <= last;
    }

    @Override
    public String toString() {
        return first + ".." + last;
    }
}
