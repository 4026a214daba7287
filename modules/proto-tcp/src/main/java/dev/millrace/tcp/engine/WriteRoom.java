package dev.millrace.tcp.engine;

/// How much a program may write: what is free of the send buffer, and of that what may be unsent (NOTSENT_LOWAT).
///
/// Two answers, so that writers wake seldom: [#now] is what a write takes, [#worthwhile] whether one should be told. What is
/// worthwhile can always be written.
final class WriteRoom {
    private WriteRoom() {
    }

    /// The bytes that a write of `wanted` takes. Below the mark it takes a segment at least, and with more to come whole
    /// segments only: a mark that no multiple of the MSS fits would else make small ones.
    static int now(TcpConnection c, int wanted) {
        int free = Math.max(0, c.options.sendBuffer - c.sendBuffer.length());
        int n = Math.min(wanted, free);
        int mark = c.options.notSentLowat;
        if (mark == 0 || n == 0) {
            return n;
        }
        long unsent = unsent(c);
        if (unsent >= mark) {
            return 0;
        }
        int mss = Math.max(1, c.snd.mss);
        long below = Math.max(mark - unsent, mss);
        if (n <= below) {
            return n;
        }
        long whole = (unsent + below) / mss * mss - unsent;
        return (int) (whole > 0 ? whole : below);
    }

    /// What is free if it is worth waking a writer for, else 0: a quarter of the buffer, and less than half of the mark unsent
    /// (as Linux has it).
    static int worthwhile(TcpConnection c) {
        int free = c.options.sendBuffer - c.sendBuffer.length();
        if (c.snd.finQueued || c.writeStarved || !c.state.maySend() || free < c.options.sendBuffer / 4) {
            return 0;
        }
        return c.options.notSentLowat > 0 && 2 * unsent(c) >= c.options.notSentLowat ? 0 : free;
    }

    /// The bytes written that were never sent.
    static long unsent(TcpConnection c) {
        return Math.max(0, c.sendBuffer.end() - Math.max(c.snd.nxt, c.snd.iss + 1));
    }
}
