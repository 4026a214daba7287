package dev.millrace.neighbors;

import dev.millrace.NicAddress;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.Assignment;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The link-local address that one NIC makes itself (RFC 4862 §5.3). Used in the NIC's turn only.
final class LinkLocalAddress implements HostConfiguration.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(LinkLocalAddress.class);
    private static final IpAddress PREFIX = new IpAddress(0xfe80L << 48, 0);
    /// IDGEN_RETRIES (RFC 7217 §7).
    private static final int RETRIES = 3;

    private final NetworkContext context;
    private final NicPort nic;
    private final Turn turn;
    private final InterfaceIds ids;
    private final boolean isStable;
    private final Runnable whenUsable;
    private final HostConfiguration learned;
    private int counter;
    private boolean begun;
    /// The last that was another's, if no more are tried; else `null`.
    private IpAddress givenUp;

    /// @param whenUsable what can be done from then on; also called if there will be none
    LinkLocalAddress(NetworkContext context, NicPort nic, Turn turn, InterfaceIds ids, boolean isStable, Runnable whenUsable) {
        this.context = context;
        this.nic = nic;
        this.turn = turn;
        this.ids = ids;
        this.isStable = isStable;
        this.whenUsable = whenUsable;
        learned = context.hostConfiguration("link-local", this);
    }

    /// Makes it, unless it is made already.
    void make() {
        if (!begun) {
            begun = true;
            enter();
        }
    }

    /// The link is another, perhaps, or who had the addresses is gone: what was given up is tried anew (RFC 4862 §5.3).
    void tryAgain() {
        if (givenUp != null) {
            learned.remove(nic, givenUp);
            givenUp = null;
            counter = 0;
            enter();
        }
    }

    /// Whether the NIC has one that it was given.
    boolean isGiven() {
        return context.addressDetails(nic).stream().filter(a -> a.origin().equals(NicAddress.CONFIGURATION))
                .map(NicAddress::address).anyMatch(a -> !a.isV4() && a.isLinkLocal());
    }

    private void enter() {
        // Where another NIC of the stack has the same MAC address, a stable one.
        if (!(isStable ? put(stable()) : put(InterfaceIds.eui64(nic.stationAddress())) || put(stable()))) {
            LOG.debug("{}/{}: no link-local address: the stack has no IPv6, or the MTU is too small", context.stackName(), nic.name());
        }
    }

    private long stable() {
        return ids.stable(PREFIX, nic.name(), counter);
    }

    private boolean put(long id) {
        return learned.put(nic, new Assignment(InterfaceIds.address(PREFIX, id), true, true, false, HostConfiguration.FOREVER,
                HostConfiguration.FOREVER));
    }

    @Override
    public void addressUsable(NicPort port, IpAddress address) {
        turn.run(whenUsable);
    }

    @Override
    public void addressDuplicate(NicPort port, IpAddress address) {
        turn.run(() -> {
            if (isStable && counter < RETRIES) {
                counter++;
                learned.remove(nic, address);
                enter();
            } else {
                // Differs: RFC 4862 §5.4.5 wants IPv6 off where the MAC address is in use twice. Given addresses go on here.
                givenUp = address;
                LOG.warn("{}/{}: no link-local address, since all that were tried are taken", context.stackName(), nic.name());
                whenUsable.run();
            }
        });
    }
}
