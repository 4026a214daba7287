package dev.millrace.tcp.engine;

/// Invariant 9: RFC 6298, with what this engine has other than it (see [RttEstimator]).
final class TimeoutRules extends Invariant {
    private long rto;
    private long srtt;
    private long rttvar;
    private long una;
    private int window;
    private long sentTo;
    /// What was sent more than once, SYN counted.
    private final Ranges sentAgain = new Ranges();

    TimeoutRules() {
        super(9, "the RTO keeps to its bounds and never falls without progress; no sample of what was sent twice (Karn)");
    }

    @Override
    void before(Cause cause) {
        rto = c.rtt.rtoNs();
        srtt = c.rtt.srttNs();
        rttvar = c.rtt.rttvarNs();
        una = w.fromIss(c.snd.una);
        window = c.snd.wnd;
    }

    @Override
    void after(Cause cause) {
        RttEstimator rtt = c.rtt;
        hold(rtt.rtoNs() >= c.settings.minRtoNs && rtt.rtoNs() <= c.settings.maxRtoNs, () -> "RTO " + rtt.rtoNs());
        hold(rtt.srttNs() >= 0 && rtt.rttvarNs() >= 0 && (srtt == 0 || rtt.srttNs() > 0), () -> "SRTT " + rtt.srttNs() + ", RTTVAR " + rtt.rttvarNs());
        boolean acked = w.fromIss(c.snd.una) > una;
        if (rtt.rtoNs() < rto) {
            // The peer's window opening, a new path, and a timeout that was for nothing end the backing off, too.
            boolean reopened = cause == Cause.SEGMENT && c.snd.wnd > window;
            hold(acked || reopened || cause == Cause.PATH || cause == Cause.ICMP || cause == Cause.SEGMENT && w.in.s.options.sackCount() > 0,
                    () -> "RTO falls from " + rto + " to " + rtt.rtoNs() + " by " + cause);
        }
        if (rtt.srttNs() != srtt || rtt.rttvarNs() != rttvar) {
            hold(cause == Cause.SEGMENT && acked, () -> "a sample by " + cause + " that acknowledges nothing new");
            boolean echoed = w.timestamps() && w.in.s.options.hasTimestamps();
            boolean again = sentAgain.touches(una, w.fromIss(c.snd.una));
            boolean synAgain = una == 0 && sentAgain.touches(0, 1);
            hold(!again || echoed && !synAgain, () -> "a sample of " + una + " to " + w.fromIss(c.snd.una) + ", which was sent more than once");
        }
    }

    @Override
    void sent() {
        if (w.out.rst) {
            return;
        }
        // A window probe's byte counts as sent only if it is taken; who acknowledges more has got what was sent after it.
        boolean probe = w.out.len == 1 && w.out.text() == w.fromIss(c.snd.nxt);
        if (!probe) {
            sentAgain.add(w.out.seq, Math.min(w.out.end(), sentTo));
            sentTo = Math.max(sentTo, w.out.end());
        }
    }
}
