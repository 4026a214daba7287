package dev.millrace.tcp.engine;

/// Invariant 12: time.
final class TimerRules extends Invariant {
    /// Longer than anything that is measured or configured here.
    private static final long LONGEST_NS = 400L * 86_400 * 1_000_000_000L;

    private long lastNs = Long.MIN_VALUE;
    private int timeouts;
    private int unansweredProbes;
    private int keepAlives;

    TimerRules() {
        super(12, "the clock never goes back; a leap of the clock is one expiry for each timer; no deadline overflows");
    }

    @Override
    void before(Cause cause) {
        hold(w.nowNs >= lastNs, "time goes back");
        lastNs = w.nowNs;
        timeouts = c.timeouts;
        unansweredProbes = PersistTimer.unanswered(c);
        keepAlives = KeepAlive.unanswered(c);
    }

    @Override
    void after(Cause cause) {
        if (cause == Cause.TIMER) {
            hold(c.timeouts <= timeouts + 1, "several timeouts at once");
            hold(PersistTimer.unanswered(c) <= unansweredProbes + 1, "several window probes at once");
            hold(KeepAlive.unanswered(c) <= keepAlives + 1, "several keep-alive probes at once");
            checkDeadlines(true);
        }
    }

    @Override
    void atRest() {
        checkDeadlines(false);
    }

    private void checkDeadlines(boolean expired) {
        for (int t = 0; t <= ConnectionTimers.PACING; t++) {
            if (c.timers.isSet(t)) {
                long left = c.timers.deadlineNs(t) - w.nowNs;
                if (left > LONGEST_NS || expired && left <= 0) {
                    fail("timer " + t + " is due in " + left + " ns");
                }
            }
        }
    }
}
