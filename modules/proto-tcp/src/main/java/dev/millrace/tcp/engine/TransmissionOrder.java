package dev.millrace.tcp.engine;

/// The slots of a scoreboard whose segments are in the network, in the order in which they were sent: a list that runs through
/// the slots, so that what was sent first is found, and any taken out, in a step.
final class TransmissionOrder {
    private static final int NONE = -1;

    private final int[] before;
    private final int[] after;
    private int first = NONE;
    private int last = NONE;

    /// @param capacity how many slots there are
    TransmissionOrder(int capacity) {
        before = new int[capacity];
        after = new int[capacity];
    }

    /// The slot that was sent before all others, or -1.
    int first() {
        return first;
    }

    /// The slot that was sent next after `k`, or -1.
    int next(int k) {
        return after[k];
    }

    /// What is in slot `k` was sent last of all.
    void append(int k) {
        before[k] = last;
        after[k] = NONE;
        if (last == NONE) {
            first = k;
        } else {
            after[last] = k;
        }
        last = k;
    }

    /// What is in slot `k` was sent with what is in slot `next`, and stands before it in the stream.
    void insertBefore(int k, int next) {
        before[k] = before[next];
        after[k] = next;
        if (before[k] == NONE) {
            first = k;
        } else {
            after[before[k]] = k;
        }
        before[next] = k;
    }

    void remove(int k) {
        if (before[k] == NONE) {
            first = after[k];
        } else {
            after[before[k]] = after[k];
        }
        if (after[k] == NONE) {
            last = before[k];
        } else {
            before[after[k]] = before[k];
        }
    }
}
