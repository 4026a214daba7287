package dev.millrace.cli.net;

import java.io.PrintWriter;

/// How far a transfer is, on one line of a terminal, once it has taken a second. Any thread may call.
final class Progress {
    private static final long NOT_BEFORE_NS = 1_000_000_000L;
    private static final long EVERY_NS = 200_000_000L;

    private final PrintWriter out;
    private final long expected;
    private final long begunNs = System.nanoTime();
    private long shownNs = begunNs;
    private boolean shown;

    /// @param out the terminal, or `null` if nobody watches
    /// @param expected the bytes of the longer direction, or -1 if that is not known
    Progress(PrintWriter out, long expected) {
        this.out = out;
        this.expected = expected;
    }

    void show(long sent, long received) {
        if (out == null) {
            return;
        }
        long now = System.nanoTime();
        synchronized (this) {
            if (now - begunNs < NOT_BEFORE_NS || now - shownNs < EVERY_NS) {
                return;
            }
            shownNs = now;
            shown = true;
            out.print("\r" + line(sent, received, now - begunNs) + " \u001b[K");
            out.flush();
        }
    }

    String line(long sent, long received, long elapsedNs) {
        long most = Math.max(sent, received);
        String part = expected > 0 ? ", " + 100 * most / expected + " %" : "";
        return "sent " + Quantity.bytes(sent) + ", received " + Quantity.bytes(received) + part + ", "
                + Quantity.rate(most * 1e9 / elapsedNs);
    }

    synchronized void end() {
        if (shown) {
            out.print("\r\u001b[K");
            out.flush();
            shown = false;
        }
    }
}
