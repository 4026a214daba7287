package dev.millrace.neighbors;

import dev.millrace.NicAddress;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;

/// Asks for routers, ever more seldom, for as long as there is none (RFC 4861 §6.3.7, RFC 7559 §2). Used in the NIC's turn only.
final class RouterSearch {
    private static final long MS = 1_000_000;
    /// MAX_RTR_SOLICITATION_DELAY.
    private static final long FIRST_DELAY_NS = 1_000 * MS;
    /// RTR_SOLICITATION_INTERVAL, and the longest time between two questions (RFC 7559 §2).
    private static final long INTERVAL_NS = 4_000 * MS;
    private static final long MOST_NS = 3_600_000 * MS;
    /// Who had a router for less time than this has searched all the time.
    private static final long MOMENT_NS = 60_000 * MS;

    private final NetworkContext context;
    private final NicPort nic;
    private final Questions questions;
    private final Timers.Timer timer;
    private final Counters.Counter sent;
    /// When was last asked, and how long after that the next question comes at the earliest; 0 before the first.
    private long askedNs;
    private long intervalNs;
    private boolean searching;
    /// Since when there is a default router, while it does not search.
    private long restedNs;

    RouterSearch(NetworkContext context, NicPort nic, Turn turn, Questions questions) {
        this.context = context;
        this.nic = nic;
        this.questions = questions;
        timer = context.timers().create(_ -> turn.run(this::goOn));
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

    /// There is no default router, or none that answers. Who had one for a moment only goes on where he was, so that a stranger that
    /// comes and goes neither ends the search nor has the network filled.
    void goOnSearching() {
        if (searching) {
            return;
        }
        long now = context.clock().nanoTime();
        if (intervalNs == 0 || now - restedNs >= MOMENT_NS) {
            start(false);
        } else {
            searching = true;
            timer.set(now + Math.max(askedNs + intervalNs - now, context.random().nextLong(FIRST_DELAY_NS)));
        }
    }

    /// There is a default router.
    ///
    /// @param untilNs when it is none any more unless it says so again: RFC 7559 §2.1 ends the search for good, and a lifetime of one
    ///     second would be enough for a stranger to leave the host without a router
    void rest(long untilNs) {
        if (searching) {
            searching = false;
            restedNs = context.clock().nanoTime();
        }
        timer.set(untilNs);
    }

    private void goOn() {
        if (searching) {
            ask();
        } else {
            goOnSearching();
        }
    }

    private void ask() {
        // The first time is INTERVAL_NS, each further one twice the last, all of them a tenth more or less.
        long base = intervalNs == 0 ? INTERVAL_NS : Math.min(2 * intervalNs, MOST_NS);
        intervalNs = base + context.random().nextLong(-base / 10, base / 10);
        askedNs = context.clock().nanoTime();
        timer.set(askedNs + intervalNs);
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
