package dev.millrace.tcp.engine;

/// Invariant 5: what is sent at a place of the stream never changes.
final class RetransmissionRules extends Invariant {
    /// Where FIN was sent, or -1.
    private long fin = -1;

    RetransmissionRules() {
        super(5, "each byte is sent as the program wrote it, however often; FIN keeps its number and is the last");
    }

    @Override
    void sent() {
        SeenSegment out = w.out;
        if (out.rst) {
            return;
        }
        hold(!out.syn || out.seq == 0 && out.len == 0, () -> "SYN with number " + out.seq);
        if (out.len > 0) {
            hold(out.textEnd() - 1 <= w.written, () -> out + " where " + w.written + " bytes were written");
            hold(fin < 0 || out.textEnd() <= fin, () -> out + " behind FIN at " + fin);
            hold(out.len <= StreamContent.MOST, () -> "a payload of " + out.len);
            out.packet.copyTo(out.s.headerLength, w.scratch, 0, out.len);
            long wrong = w.own.mismatch(w.scratch, 0, out.len, out.text() - 1);
            hold(wrong < 0, () -> "a wrong byte at " + (out.text() - 1 + wrong));
        }
        if (out.fin) {
            hold(w.wantsFin, "FIN that nobody asked for");
            hold(out.textEnd() == w.written + 1, () -> "FIN at " + out.textEnd() + " where " + w.written + " bytes were written");
            hold(fin < 0 || fin == out.textEnd(), () -> "FIN at " + out.textEnd() + " and " + fin);
            fin = out.textEnd();
        }
        if (out.isPureAck()) {
            // Keep-alive and a probe for FIN alone have the number before, and a window probe's byte may have been taken.
            hold(out.seq == w.sentTo || out.seq == w.sentTo - 1, () -> out + " where " + w.sentTo + " comes next");
        }
    }
}
