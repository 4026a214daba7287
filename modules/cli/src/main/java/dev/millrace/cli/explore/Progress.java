package dev.millrace.cli.explore;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// How far a search is: on a terminal one line that is written anew, elsewhere, as in the log of a build, a line now and then.
/// Any thread may call.
final class Progress {
    private static final long ON_TERMINAL_NS = TimeUnit.MILLISECONDS.toNanos(200);
    static final long ELSEWHERE_NS = TimeUnit.SECONDS.toNanos(10);

    private final PrintWriter err;
    private final boolean terminal;
    private final LongSupplier clock;
    private String what = "";
    private long total;
    private long done;
    private long failures;
    private long begunNs;
    private long shownNs;
    private boolean onScreen;

    /// @param clock nanoseconds
    Progress(PrintWriter err, boolean terminal, LongSupplier clock) {
        this.err = err;
        this.terminal = terminal;
        this.clock = clock;
    }

    /// @param seeds how many there are to do; 0 if that is not what is counted
    synchronized void begin(String name, long seeds, long failed) {
        what = name;
        total = seeds;
        done = 0;
        failures = failed;
        begunNs = clock.getAsLong();
        shownNs = begunNs;
    }

    synchronized void seedDone() {
        done++;
        show("");
    }

    synchronized void failed() {
        failures++;
    }

    synchronized void eventsLeft(long events) {
        show(", " + events + " events left");
    }

    private void show(String more) {
        long now = clock.getAsLong();
        if (now - shownNs < (terminal ? ON_TERMINAL_NS : ELSEWHERE_NS)) {
            return;
        }
        shownNs = now;
        String line = what + (total == 0 ? more : line(now));
        if (terminal) {
            err.print("\r\033[K" + line);
            onScreen = true;
        } else {
            err.println(line);
        }
        err.flush();
    }

    private String line(long now) {
        double seconds = Math.max(1, now - begunNs) / 1e9;
        double rate = done / seconds;
        long left = Math.round((total - done) / Math.max(rate, 1e-9));
        return ": " + done + " of " + total + " seeds, " + (rate < 10 ? String.format(java.util.Locale.ROOT, "%.1f", rate)
                : "" + Math.round(rate)) + " a second, " + (failures == 0 ? "none failed" : failures + " failed") + ", "
                + (left < 120 ? left + " s" : left / 60 < 120 ? left / 60 + " min" : left / 3600 + " h") + " left";
    }

    synchronized void end() {
        if (onScreen) {
            err.print("\r\033[K");
            err.flush();
            onScreen = false;
        }
    }
}
