package dev.millrace.tcp.engine;

/// How much a program may write: what is free of the send buffer, and of that what may be unsent (NOTSENT_LOWAT).
///
/// Two answers, so that writers wake seldom: [#now] is what a write takes, [#worthwhile] whether one should be told. What is
/// worthwhile can always be written.
final class WriteRoom {
    private static final int MOST_ROOM = 256 * 1024;

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

    /// What is free if it is worth waking a writer for, else 0: also when more than half of the mark is unsent (as Linux has
    /// it).
    static int worthwhile(TcpConnection c) {
        int free = c.options.sendBuffer - c.sendBuffer.length();
        if (c.snd.finQueued || c.writeStarved || !c.state.maySend() && !FastOpen.isHeld(c) || free < worthwhileRoom(c)) {
            return 0;
        }
        return c.options.notSentLowat > 0 && 2 * unsent(c) >= c.options.notSentLowat ? 0 : free;
    }

    /// How much has to be free before a writer is let in again: a good part of the buffer, so that it wakes seldom; little if
    /// all that it wrote is under way already, since what is free is what the path lacks then.
    private static int worthwhileRoom(TcpConnection c) {
        int buffer = c.options.sendBuffer;
        boolean more = c.sendBuffer.end() - c.snd.nxt >= c.snd.mss;
        return more || !BufferTuner.isLong(c) ? Math.min(buffer / 4, MOST_ROOM) : Math.min(buffer / 16, MOST_ROOM / 4);
    }

    /// The bytes written that were never sent.
    static long unsent(TcpConnection c) {
        return Math.max(0, c.sendBuffer.end() - Math.max(c.snd.nxt, c.snd.iss + 1));
    }
}
