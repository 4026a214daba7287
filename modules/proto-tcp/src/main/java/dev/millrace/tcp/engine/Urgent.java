package dev.millrace.tcp.engine;

/// The urgent data of one connection, both ways (RFC 9293 §3.8.5, RFC 6093); made with the first of it. There is no message
/// and no second stream: a pointer tells how far into the stream it is urgent, and may move on while that is read or sent.
final class Urgent {
    /// SND.UP: what lies before it is sent with URG until it is acknowledged.
    private long sndUp = Long.MIN_VALUE;
    /// RCV.UP: the number behind the last urgent byte (MUST-62); those before it that the program has not read are urgent.
    private long rcvUp = Long.MIN_VALUE;
    /// What the path allows, while there is urgent data under way: URG of a super-segment would point elsewhere in each of
    /// the packets that it is cut into, so that there are none meanwhile.
    private int maxSuperSegment;
    private boolean sending;
    /// How often the peer's pointer has moved.
    private int notices;

    // ---- sending

    /// All that was written up to now is urgent; of any length (MUST-31).
    void written(TcpConnection c) {
        sndUp = c.sendBuffer.end();
        if (!sending) {
            sending = true;
            maxSuperSegment = c.maxSuperSegment;
            c.maxSuperSegment = 0;
        }
        // If no data can go now, the peer hears all the same: its window may be closed because its program does not read.
        c.acks.now();
    }

    /// The path allows super-segments of this size; returns those that are to be made now.
    int onPath(int newMaxSuperSegment) {
        maxSuperSegment = newMaxSuperSegment;
        return sending ? 0 : newMaxSuperSegment;
    }

    void onAck(TcpConnection c) {
        if (sending && c.snd.una >= sndUp) {
            sending = false;
            c.maxSuperSegment = maxSuperSegment;
        }
    }

    boolean isSending() {
        return sending;
    }

    /// The urgent pointer of a segment that begins at `seq`, or 0 if it has none. What lies further ahead than it can tell is
    /// told by the segments that follow.
    int pointer(long seq) {
        return sending && seq < sndUp ? (int) Math.min(0xffff, sndUp - seq) : 0;
    }

    // ---- receiving

    /// A segment of the peer's says that there is urgent data up to `up` (RFC 9293 §3.10.7.4, sixth). It is news if it points
    /// beyond all before and in advance of the data consumed; what was sent again repeats old ones.
    ///
    /// Differs: the RFC does not tell again in the midst of urgent data; MUST-32 does, whenever the pointer advances.
    void arrive(TcpConnection c, long up) {
        if (up <= rcvUp || up <= readPosition(c) || c.inputShut) {
            return;
        }
        takeOutOfLine(c);
        rcvUp = up;
        notices++;
        // MUST-32.
        c.events |= TcpConnection.EVENT_URGENT;
    }

    /// How far the end of the urgent data lies ahead of what the program reads next; not positive if nothing is urgent, and
    /// as little as it may be if nothing ever was (MUST-33).
    long distance(TcpConnection c) {
        return rcvUp == Long.MIN_VALUE ? rcvUp : rcvUp - readPosition(c);
    }

    private static long readPosition(TcpConnection c) {
        return c.rcv.nxt - (c.rcv.finReceived ? 1 : 0) - c.receiveBuffer.length();
    }

    /// How many of the next `max` bytes one read may have: it ends before the mark, the last urgent byte, as in kernels.
    int readable(TcpConnection c, int max) {
        long toMark = distance(c) - 1;
        return toMark > 0 ? (int) Math.min(max, toMark) : max;
    }

    /// The bytes that can be read without waiting; those behind a byte that is not read in line come later.
    int available(TcpConnection c) {
        return isNextOutOfLine(c) ? c.receiveBuffer.length() - 1 : c.options.urgentInline ? c.receiveBuffer.length()
                : readable(c, c.receiveBuffer.length());
    }

    /// Whether the next byte is one that no read has.
    boolean isNextOutOfLine(TcpConnection c) {
        return !c.options.urgentInline && c.receiveBuffer.length() > 0 && distance(c) == 1;
    }

    /// If the next byte is one that no read has, it goes: when the program reads on, so that it may still ask for it to be
    /// in line, or when the pointer moves on. What was urgent before that and not next is data as any other. So do kernels.
    void takeOutOfLine(TcpConnection c) {
        if (isNextOutOfLine(c)) {
            var taken = new ReceivedBytes();
            c.receiveBuffer.moveTo(taken, 1);
            taken.clear();
        }
    }

    int notices() {
        return notices;
    }
}
