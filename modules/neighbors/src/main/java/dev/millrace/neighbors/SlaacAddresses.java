package dev.millrace.neighbors;

import static dev.millrace.neighbors.RouterAdvertisement.isOver;
import static dev.millrace.neighbors.RouterAdvertisement.until;

import dev.millrace.neighbors.RouterAdvertisement.Prefix;
import dev.millrace.spi.Counters;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.Assignment;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The addresses that one NIC makes itself of prefixes that routers advertise (RFC 4862 §5.5), one for each prefix. Used in the
/// NIC's turn only.
final class SlaacAddresses implements HostConfiguration.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(SlaacAddresses.class);
    /// RFC 4862 §5.5.3(e): nobody unproven makes an address shorter-lived than this.
    private static final long TWO_HOURS_NS = 7_200_000_000_000L;
    /// Prefixes that addresses are made of; more are refused.
    private static final int MOST = 16;
    /// IDGEN_RETRIES (RFC 7217 §7).
    private static final int RETRIES = 3;

    /// A prefix with the address made of it.
    static final class Made {
        final IpAddress prefix;
        IpAddress address;
        /// How many were other hosts'.
        int counter;
        /// All that were tried are taken.
        boolean givenUp;
        long preferredUntilNs;
        long validUntilNs;

        Made(IpAddress prefix) {
            this.prefix = prefix;
        }
    }

    private final NetworkContext context;
    private final NicPort nic;
    private final Turn turn;
    private final InterfaceIds ids;
    private final boolean isStable;
    private final HostConfiguration learned;
    /// `null` where there are to be none.
    private final TemporaryAddresses temporary;
    private final Map<IpAddress, Made> prefixes = new LinkedHashMap<>();
    private final Counters.Counter refused;

    SlaacAddresses(NetworkContext context, NicPort nic, Turn turn, InterfaceIds ids, boolean isStable, TemporaryAddresses temporary) {
        this.context = context;
        this.nic = nic;
        this.turn = turn;
        this.ids = ids;
        this.isStable = isStable;
        this.temporary = temporary;
        learned = context.hostConfiguration("slaac", this);
        refused = context.counters("neighbors").counter("advertised-refused");
    }

    /// Through which the NIC's routers are entered, too: all of it is what they tell.
    HostConfiguration learned() {
        return learned;
    }

    /// A router advertises a prefix (RFC 4862 §5.5.3).
    void advertised(Prefix p) {
        // (a) to (d): autonomous, not link-local (seen to before), no contradiction, and room for 64 bits of our own.
        if (!p.autonomous() || p.preferredSeconds() > p.validSeconds() || p.network().prefixLength() != 64) {
            return;
        }
        long now = context.clock().nanoTime();
        Made made = prefixes.get(p.network().address());
        if (made != null) {
            renew(made, p, now);
        } else if (p.validSeconds() > 0) {
            if (prefixes.size() >= MOST) {
                refused.add(1);
                return;
            }
            make(p, now);
        }
    }

    private void make(Prefix p, long now) {
        Made made = new Made(p.network().address());
        made.preferredUntilNs = until(p.preferredSeconds(), now);
        made.validUntilNs = until(p.validSeconds(), now);
        if (choose(made)) {
            prefixes.put(made.prefix, made);
            follow(made);
        }
    }

    private boolean choose(Made made) {
        long id = isStable ? ids.stable(made.prefix, nic.name(), made.counter) : InterfaceIds.eui64(nic.stationAddress());
        made.address = new IpAddress(made.prefix.hi(), id);
        return enter(made);
    }

    private boolean enter(Made made) {
        return learned.put(nic, new Assignment(InterfaceIds.address(made.prefix, made.address.lo()), false, true, false,
                made.preferredUntilNs, made.validUntilNs));
    }

    /// (e): the preferred lifetime is believed. The valid one is if it is longer than two hours or than what is left; a shorter
    /// one makes it two hours at best, so that no forged message ends connections.
    private void renew(Made made, Prefix p, long now) {
        made.preferredUntilNs = until(p.preferredSeconds(), now);
        long told = until(p.validSeconds(), now);
        long left = made.validUntilNs == HostConfiguration.FOREVER ? Long.MAX_VALUE : made.validUntilNs - now;
        long toldLeft = told == HostConfiguration.FOREVER ? Long.MAX_VALUE : told - now;
        if (toldLeft > TWO_HOURS_NS || toldLeft > left) {
            made.validUntilNs = told;
        } else if (left > TWO_HOURS_NS) {
            made.validUntilNs = now + TWO_HOURS_NS;
        }
        if (isOver(made.validUntilNs, now)) {
            // It ends at this moment; the stack says so.
            return;
        }
        enter(made);
        follow(made);
    }

    private void follow(Made made) {
        if (temporary != null) {
            temporary.follow(made);
        }
    }

    private Made of(IpAddress address) {
        Made made = prefixes.get(address.network(64));
        return made != null && address.equals(made.address) ? made : null;
    }

    @Override
    public void addressRemoved(NicPort port, IpAddress address) {
        turn.run(() -> {
            Made made = of(address);
            if (made != null && context.addressState(nic, address) == null) {
                prefixes.remove(made.prefix);
                if (temporary != null) {
                    temporary.forget(made);
                }
            }
        });
    }

    /// RFC 7217 §6: another stable address is made, a few times.
    @Override
    public void addressDuplicate(NicPort port, IpAddress address) {
        turn.run(() -> {
            Made made = of(address);
            if (made == null || !isStable || made.counter >= RETRIES) {
                if (made != null) {
                    made.givenUp = true;
                }
                LOG.warn("{}/{}: no address in {}/64, since all that were tried are taken", context.stackName(), nic.name(),
                        address.network(64));
                return;
            }
            made.counter++;
            chooseAnother(made);
        });
    }

    private void chooseAnother(Made made) {
        IpAddress before = made.address;
        // No longer the prefix's when it is removed: that is not taken for the prefix's end.
        made.address = null;
        learned.remove(nic, before);
        if (!choose(made)) {
            prefixes.remove(made.prefix);
            if (temporary != null) {
                temporary.forget(made);
            }
        }
    }

    /// The link is another, perhaps, or who had the addresses is gone: what was given up is tried anew.
    void tryAgain() {
        for (Made made : List.copyOf(prefixes.values())) {
            if (made.givenUp) {
                made.givenUp = false;
                made.counter = 0;
                chooseAnother(made);
            }
        }
        if (temporary != null) {
            temporary.tryAgain();
        }
    }

    /// The prefixes that addresses are made of now.
    int size() {
        return prefixes.size();
    }
}
