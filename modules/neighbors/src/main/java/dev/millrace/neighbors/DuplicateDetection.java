package dev.millrace.neighbors;

import dev.millrace.NicAddress.State;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds out whether a neighbour has an address that a NIC is to have: duplicate address detection (RFC 4862 §5.4) and ARP's
/// probes (RFC 5227 §2.1). Used in the NIC's turn only.
final class DuplicateDetection {
    private static final Logger LOG = LoggerFactory.getLogger(DuplicateDetection.class);
    private static final long MS = 1_000_000;
    /// The group is reported first, so that switches deliver what answers (RFC 4862 §5.4.2).
    private static final long AFTER_REPORT_NS = MldReporter.FIRST_REPORT_NS;
    /// MAX_RTR_SOLICITATION_DELAY, PROBE_WAIT: hosts that start together do not ask together.
    private static final long MOST_DELAY_NS = 1_000 * MS;
    private static final int ARP_PROBES = 3;
    private static final long PROBE_MIN_NS = 1_000 * MS;
    private static final long PROBE_MAX_NS = 2_000 * MS;
    private static final long ANNOUNCE_WAIT_NS = 2_000 * MS;
    /// RFC 7527 §4.1: so many questions more when our own came back (MAX_MULTICAST_SOLICIT).
    private static final int AFTER_LOOP = 3;
    /// Addresses asked for at once; those of the configuration and what bounded tables make.
    private static final int MOST = 1024;

    private final NetworkContext context;
    private final NicPort nic;
    private final Turn turn;
    private final Questions questions;
    private final int transmits;
    private final Map<IpAddress, Check> checks = new LinkedHashMap<>();
    private final Timers.Timer timer;
    private final Counters.Counter duplicates;
    private final Counters.Counter loops;
    /// Between two questions; routers may change it.
    private long retransNs = 1_000 * MS;
    private final Consumer<IpAddress> whenClaimed;

    /// What is asked for one address.
    private static final class Check {
        final IpAddress address;
        final List<Long> nonces = new ArrayList<>();
        int left;
        boolean looped;
        /// When the next question goes out, or the address is ours.
        long nextNs;
        /// How long after the last question it is.
        long lastWaitNs;

        Check(IpAddress address) {
            this.address = address;
        }
    }

    DuplicateDetection(NetworkContext context, NicPort nic, Turn turn, Questions questions, int transmits,
            Consumer<IpAddress> whenClaimed) {
        this.context = context;
        this.nic = nic;
        this.turn = turn;
        this.questions = questions;
        this.transmits = transmits;
        this.whenClaimed = whenClaimed;
        timer = context.timers().create(_ -> turn.run(this::goOn));
        Counters counters = context.counters("neighbors");
        duplicates = counters.counter("duplicate-addresses");
        loops = counters.counter("own-questions-returned");
    }

    void setRetrans(long ns) {
        retransNs = ns;
    }

    /// Begins to ask for an address that is tentative.
    void start(IpAddress address) {
        if (!address.isV4() && transmits == 0) {
            context.addressChecked(nic, address, true);
            return;
        }
        if (checks.containsKey(address)) {
            return;
        }
        if (checks.size() >= MOST) {
            context.addressChecked(nic, address, false);
            return;
        }
        Check check = new Check(address);
        checks.put(address, check);
        begin(check);
        setTimer();
    }

    private void begin(Check check) {
        boolean v4 = check.address.isV4();
        check.left = v4 ? ARP_PROBES : transmits;
        check.lastWaitNs = v4 ? ANNOUNCE_WAIT_NS : retransNs;
        check.looped = false;
        check.nextNs = now() + AFTER_REPORT_NS + context.random().nextLong(MOST_DELAY_NS - AFTER_REPORT_NS);
    }

    void cancel(IpAddress address) {
        checks.remove(address);
    }

    /// The NIC is up: what was asked before may have gone nowhere.
    void restart() {
        checks.values().forEach(this::begin);
        setTimer();
    }

    private long now() {
        return context.clock().nanoTime();
    }

    private void setTimer() {
        long now = now();
        checks.values().stream().mapToLong(c -> c.nextNs - now).min().ifPresentOrElse(w -> timer.set(now + Math.max(0, w)),
                timer::cancel);
    }

    private void goOn() {
        long now = now();
        try {
            for (Check c : List.copyOf(checks.values())) {
                if (c.nextNs - now <= 0) {
                    step(c, now);
                }
            }
        } finally {
            // Whatever failed, for want of memory perhaps: the others are asked for, and this one again.
            setTimer();
        }
    }

    private void step(Check c, long now) {
        if (!nic.isUp()) {
            // Nobody could object; asked anew when it is up.
            begin(c);
            return;
        }
        // Until the rest is done: if that fails, it is done then.
        c.nextNs = now + MOST_DELAY_NS;
        if (c.left == 0) {
            context.addressChecked(nic, c.address, true);
            checks.remove(c.address);
            if (context.addressState(nic, c.address) != null) {
                whenClaimed.accept(c.address);
            }
            return;
        }
        long nonce = context.random().nextLong() >>> 16;
        c.nonces.add(nonce);
        questions.probe(nic, c.address, nonce);
        // Only now: an address that could not be asked for is not free.
        c.left--;
        c.nextNs = now + (c.left == 0 ? c.lastWaitNs : c.address.isV4() ? context.random().nextLong(PROBE_MIN_NS, PROBE_MAX_NS)
                : retransNs);
    }

    // ---- what is heard

    /// Somebody asks for the address and has none himself: he wants it, too, unless it was us (RFC 4862 §5.4.3, RFC 7527 §4.2).
    ///
    /// @param nonce of the question, or -1 if it has none
    void asked(IpAddress address, long nonce, long station) {
        Check c = checks.get(address);
        if (c == null) {
            return;
        }
        if (c.nonces.contains(nonce)) {
            loops.add(1);
            if (!c.looped) {
                c.looped = true;
                c.left += AFTER_LOOP;
                LOG.warn("{}/{}: its own question for {} came back: the link has a loop", context.stackName(), nic.name(), address);
            }
            return;
        }
        duplicate(address, station);
    }

    /// A neighbour has the address.
    void duplicate(IpAddress address, long station) {
        if (checks.remove(address) == null && context.addressState(nic, address) != State.TENTATIVE) {
            return;
        }
        duplicates.add(1);
        LOG.warn("{}/{}: {} is not used, since the station {} has it or wants it", context.stackName(), nic.name(), address,
                MacAddress.text(station));
        context.addressChecked(nic, address, false);
    }

    void close() {
        timer.cancel();
    }
}
