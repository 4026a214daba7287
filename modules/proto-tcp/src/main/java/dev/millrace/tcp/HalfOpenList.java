package dev.millrace.tcp;

/// Half-open records in the order of their deadlines, linked through themselves, so that no memory is needed to put one in. A record
/// is in one list at most. Guarded by its owner.
final class HalfOpenList {
    private HalfOpen first;
    private HalfOpen last;

    /// The one whose deadline is next, or `null`.
    HalfOpen first() {
        return first;
    }

    /// Most go to the end: those in a list wait equally long, unless the program has changed DEFER_ACCEPT meanwhile.
    void add(HalfOpen r) {
        HalfOpen sooner = last;
        while (sooner != null && sooner.dueNs - r.dueNs > 0) {
            sooner = sooner.before;
        }
        HalfOpen later = sooner == null ? first : sooner.after;
        r.before = sooner;
        r.after = later;
        if (sooner == null) {
            first = r;
        } else {
            sooner.after = r;
        }
        if (later == null) {
            last = r;
        } else {
            later.before = r;
        }
    }

    void remove(HalfOpen r) {
        if (r.before == null) {
            first = r.after;
        } else {
            r.before.after = r.after;
        }
        if (r.after == null) {
            last = r.before;
        } else {
            r.after.before = r.before;
        }
        r.before = null;
        r.after = null;
    }
}
