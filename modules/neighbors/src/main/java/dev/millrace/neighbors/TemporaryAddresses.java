package dev.millrace.neighbors;

import static dev.millrace.neighbors.RouterAdvertisement.isOver;

import dev.millrace.neighbors.SlaacAddresses.Made;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.Assignment;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Addresses of one NIC that change, so that a host is not known again by them (RFC 8981): for each prefix one that is
/// preferred, the next one before its time ends, and older ones as long as they are valid. Used in the NIC's turn only.
final class TemporaryAddresses implements HostConfiguration.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(TemporaryAddresses.class);
    /// TEMP_IDGEN_RETRIES (RFC 8981 §3.8).
    private static final int RETRIES = 3;
    /// Addresses of one prefix at once. At the default lifetimes there are three.
    private static final int MOST_OF_PREFIX = 8;

    private static final class Temporary {
        final IpAddress address;
        final long createdNs;
        /// Less than the longest preferred lifetime by chance (DESYNC_FACTOR, §3.8), so that hosts do not change together.
        final long preferredNs;
        final int tries;
        long preferredUntilNs;
        long validUntilNs;

        Temporary(IpAddress address, long createdNs, long preferredNs, int tries) {
            this.address = address;
            this.createdNs = createdNs;
            this.preferredNs = preferredNs;
            this.tries = tries;
        }
    }

    private static final class Prefix {
        final Made of;
        final List<Temporary> all = new ArrayList<>();
        /// All that were tried are taken.
        boolean givenUp;

        Prefix(Made of) {
            this.of = of;
        }
    }

    private final NetworkContext context;
    private final NicPort nic;
    private final Turn turn;
    private final AutoSettings settings;
    private final HostConfiguration learned;
    private final Map<IpAddress, Prefix> prefixes = new LinkedHashMap<>();
    private final Timers.Timer timer;
    /// REGEN_ADVANCE (§3.8): time enough to ask neighbours, several times if need be.
    private final long advanceNs;

    TemporaryAddresses(NetworkContext context, NicPort nic, Turn turn, AutoSettings settings) {
        this.context = context;
        this.nic = nic;
        this.turn = turn;
        this.settings = settings;
        learned = context.hostConfiguration("temporary", this);
        timer = context.timers().create(_ -> turn.run(this::goOn));
        advanceNs = (3 + RETRIES * settings.dadTransmits()) * 1_000_000_000L;
    }

    /// A prefix is there, or lives longer or shorter than before (RFC 8981 §3.4).
    void follow(Made made) {
        Prefix p = prefixes.computeIfAbsent(made.prefix, _ -> new Prefix(made));
        long now = now();
        for (Temporary t : List.copyOf(p.all)) {
            live(p, t, now);
            enter(t);
        }
        ensure(p, now);
        setTimer();
    }

    /// The link is another, perhaps: what was given up is tried anew.
    void tryAgain() {
        prefixes.values().forEach(p -> p.givenUp = false);
        goOn();
    }

    void forget(Made made) {
        Prefix p = prefixes.remove(made.prefix);
        if (p != null) {
            List.copyOf(p.all).forEach(t -> learned.remove(nic, t.address));
        }
        setTimer();
    }

    private long now() {
        return context.clock().nanoTime();
    }

    private static long earlier(long a, long b) {
        return a == HostConfiguration.FOREVER ? b : b == HostConfiguration.FOREVER ? a : a - b < 0 ? a : b;
    }

    /// No longer than the prefix, and no longer than its own time (§3.4, steps 1 and 2).
    private void live(Prefix p, Temporary t, long now) {
        t.validUntilNs = earlier(p.of.validUntilNs, t.createdNs + settings.temporaryValidNs());
        t.preferredUntilNs = earlier(p.of.preferredUntilNs, t.createdNs + t.preferredNs);
        if (isOver(t.validUntilNs, now)) {
            p.all.remove(t);
        }
    }

    private boolean enter(Temporary t) {
        return learned.put(nic, new Assignment(InterfaceIds.address(t.address, t.address.lo()), false, true, true,
                t.preferredUntilNs, t.validUntilNs));
    }

    /// Makes another if none is preferred for long enough to go on with.
    private void ensure(Prefix p, long now) {
        p.all.removeIf(t -> isOver(t.validUntilNs, now));
        boolean goesOn = p.all.stream().anyMatch(t -> !isOver(t.preferredUntilNs, now + advanceNs));
        if (!goesOn && !p.givenUp && p.all.size() < MOST_OF_PREFIX) {
            make(p, 0, now);
        }
    }

    private void make(Prefix p, int tries, long now) {
        long desync = context.random().nextLong(settings.temporaryPreferredNs() * 2 / 5 + 1);
        var t = new Temporary(new IpAddress(p.of.prefix.hi(), InterfaceIds.random(context.random())), now,
                settings.temporaryPreferredNs() - desync, tries);
        live(p, t, now);
        // §3.4, step 5: not for a moment only.
        if (!isOver(t.preferredUntilNs, now + advanceNs) && enter(t)) {
            p.all.add(t);
        }
    }

    private void goOn() {
        long now = now();
        try {
            prefixes.values().forEach(p -> ensure(p, now));
        } finally {
            setTimer();
        }
    }

    /// To the moment at which the youngest of some prefix needs a successor.
    private void setTimer() {
        long now = now();
        long next = Long.MAX_VALUE;
        for (Prefix p : prefixes.values()) {
            for (Temporary t : p.all) {
                long left = t.preferredUntilNs == HostConfiguration.FOREVER ? Long.MAX_VALUE : t.preferredUntilNs - advanceNs - now;
                if (left > 0) {
                    next = Math.min(next, left);
                }
            }
        }
        if (next == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.set(now + next);
        }
    }

    private Temporary find(Prefix p, IpAddress address) {
        return p == null ? null : p.all.stream().filter(t -> t.address.equals(address)).findFirst().orElse(null);
    }

    @Override
    public void addressRemoved(NicPort port, IpAddress address) {
        turn.run(() -> {
            Prefix p = prefixes.get(address.network(64));
            Temporary t = find(p, address);
            if (t != null) {
                p.all.remove(t);
                setTimer();
            }
        });
    }

    @Override
    public void addressDuplicate(NicPort port, IpAddress address) {
        turn.run(() -> {
            Prefix p = prefixes.get(address.network(64));
            Temporary t = find(p, address);
            if (t == null) {
                return;
            }
            p.all.remove(t);
            learned.remove(nic, address);
            if (t.tries < RETRIES) {
                make(p, t.tries + 1, now());
            } else {
                // §3.4, step 7: something is wrong with the link, and more of them do not help.
                p.givenUp = true;
                LOG.warn("{}/{}: no temporary address in {}/64, since all that were tried are taken", context.stackName(),
                        nic.name(), address.network(64));
            }
            setTimer();
        });
    }

    int size() {
        return prefixes.values().stream().mapToInt(p -> p.all.size()).sum();
    }

    void close() {
        timer.cancel();
    }
}
