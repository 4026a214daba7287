package dev.millrace.neighbors;

import dev.millrace.NicAddress;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;

/// Asks for routers until one answers, ever more seldom (RFC 4861 §6.3.7, RFC 7559 §2). Used in the NIC's turn only.
final class RouterSearch {
    private static final long MS = 1_000_000;
    /// MAX_RTR_SOLICITATION_DELAY.
    private static final long FIRST_DELAY_NS = 1_000 * MS;
    /// RTR_SOLICITATION_INTERVAL, and the longest time between two questions (RFC 7559 §2).
    private static final long INTERVAL_NS = 4_000 * MS;
    private static final long MOST_NS = 3_600_000 * MS;

    private final NetworkContext context;
    private final NicPort nic;
    private final Questions questions;
    private final Timers.Timer timer;
    private final Counters.Counter sent;
    private long intervalNs;
    private boolean searching;

    RouterSearch(NetworkContext context, NicPort nic, Turn turn, Questions questions) {
        this.context = context;
        this.nic = nic;
        this.questions = questions;
        timer = context.timers().create(_ -> turn.run(this::ask));
        sent = context.counters("neighbors").counter("router-solicitations-sent");
    }

    /// Begins, or begins anew.
    ///
    /// @param atOnce whether the NIC has waited already, so that hosts that start together do not ask together
    void start(boolean atOnce) {
        searching = true;
        intervalNs = 0;
        timer.set(context.clock().nanoTime() + (atOnce ? 0 : context.random().nextLong(FIRST_DELAY_NS)));
    }

    /// A router has answered.
    void stop() {
        searching = false;
        timer.cancel();
    }

    private void ask() {
        if (!searching) {
            return;
        }
        // The first time is INTERVAL_NS, each further one twice the last, all of them a tenth more or less.
        long base = intervalNs == 0 ? INTERVAL_NS : Math.min(2 * intervalNs, MOST_NS);
        intervalNs = base + context.random().nextLong(-base / 10, base / 10);
        timer.set(context.clock().nanoTime() + intervalNs);
        if (nic.isUp()) {
            IpAddress source = context.addressDetails(nic).stream().filter(a -> a.state().isUsable()).map(NicAddress::address)
                    .filter(a -> !a.isV4() && a.isLinkLocal()).findFirst().orElse(null);
            sent.add(1);
            questions.askForRouters(nic, source);
        }
    }

    void close() {
        timer.cancel();
    }
}
