package dev.millrace.tcp.engine;

/// The send sequence variables (RFC 9293 §3.3.1). `nxt` never moves back: what was lost is sent again from the
/// retransmission queue, so `nxt` is also the highest number ever sent.
final class SendSequence {
    final long iss;
    /// SND.UNA: the oldest number not acknowledged.
    long una;
    /// SND.NXT: the next number to send.
    long nxt;
    /// SND.WND: the peer's window in bytes, scaled.
    int wnd;
    /// The largest window that the peer ever offered (MAX.SND.WND of RFC 5961, Max(SND.WND) of RFC 9293 §3.8.6.2.1).
    int maxWnd;
    long wl1;
    long wl2;
    /// The largest payload of a segment (Eff.snd.MSS, RFC 9293 §3.7.1), options that every segment carries deducted.
    int mss;
    /// Segments with data that were sent, modulo 2^32; here because there is room for four bytes.
    int dataSegments;
    /// The end of the last segment sent that was smaller than `mss` (SND.SML of Minshall's variant of Nagle).
    long sml;
    /// What was in flight up to here filled the congestion window: its ACKs may open it (RFC 7661 §4.3). Whether a window
    /// was used up is a property of the flight, not of the moment at which its ACK comes.
    long cwndLimitedTo;
    /// When anything that counts as data was last sent.
    long lastSentNs;
    /// The program has closed its side: FIN follows the last byte.
    boolean finQueued;
    boolean finSent;
    /// A window probe may have put the byte at `nxt` into the peer's hands.
    boolean probed;

    SendSequence(int iss) {
        this.iss = iss;
        una = iss;
        nxt = iss;
        sml = iss;
        cwndLimitedTo = iss;
    }

    /// Whether nothing that is remembered lies ahead of what was sent.
    boolean isConsistent() {
        return una <= nxt && sml <= nxt && cwndLimitedTo <= nxt && wl2 <= una;
    }

    /// FlightSize (RFC 5681 §2): sent and not acknowledged, in bytes; SYN and FIN count one each.
    int flight() {
        return (int) (nxt - una);
    }

    /// The bytes that the peer's window still has room for; negative if the peer has shrunk it (RFC 9293 MUST-34).
    int room() {
        return (int) (una + wnd - nxt);
    }

    /// RFC 9293 §3.10.7.4: takes the window from an acceptable ACK unless an older segment brings it. Returns whether
    /// the window is another one than before.
    ///
    /// Differs: what acknowledges more than all before is newer than they, though its text may be sent again. The RFC goes by
    /// the text's number alone, and would count the old window from the new SND.UNA: further than the peer ever allowed.
    boolean updateWindow(long seq, long ack, int newWnd) {
        if (wl2 < ack || wl1 < seq || wl1 == seq && wl2 <= ack) {
            boolean changed = wnd != newWnd;
            setWindow(seq, ack, newWnd);
            return changed;
        }
        return false;
    }

    void setWindow(long seq, long ack, int newWnd) {
        wnd = newWnd;
        maxWnd = Math.max(maxWnd, newWnd);
        wl1 = seq;
        wl2 = ack;
    }
}
