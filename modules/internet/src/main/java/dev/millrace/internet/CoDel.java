package dev.millrace.internet;

/// Controlled delay (RFC 8289): drops from the front of a queue when packets have waited too long for too long, faster and
/// faster until they do not.
final class CoDel {
    private long firstAboveNs;
    private long dropNextNs;
    private int count;
    private int lastCount;
    private boolean dropping;

    /// Whether the packet at the front is to be dropped (or marked). Asked for each packet that leaves the queue.
    ///
    /// @param waitedNs how long it has been in the queue
    /// @param isLast whether the queue is empty behind it: a line with one packet left has no standing queue (§5.4)
    boolean shouldDrop(long nowNs, long waitedNs, boolean isLast, long targetNs, long intervalNs) {
        boolean late = isLate(nowNs, waitedNs, isLast, targetNs, intervalNs);
        if (dropping) {
            if (!late) {
                dropping = false;
                return false;
            }
            if (nowNs < dropNextNs) {
                return false;
            }
            count++;
            dropNextNs = control(dropNextNs, intervalNs);
            return true;
        }
        if (!late) {
            return false;
        }
        dropping = true;
        // Where it left off, if that was not long ago (§5.5).
        int delta = count - lastCount;
        count = delta > 1 && nowNs - dropNextNs < 16 * intervalNs ? delta : 1;
        dropNextNs = control(nowNs, intervalNs);
        lastCount = count;
        return true;
    }

    private boolean isLate(long nowNs, long waitedNs, boolean isLast, long targetNs, long intervalNs) {
        if (waitedNs < targetNs || isLast) {
            firstAboveNs = 0;
            return false;
        }
        if (firstAboveNs == 0) {
            firstAboveNs = nowNs + intervalNs;
            return false;
        }
        return nowNs >= firstAboveNs;
    }

    private long control(long fromNs, long intervalNs) {
        return fromNs + (long) (intervalNs / Math.sqrt(count));
    }
}
