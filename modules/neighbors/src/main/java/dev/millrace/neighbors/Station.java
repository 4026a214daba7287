package dev.millrace.neighbors;

import dev.millrace.DropReason;
import dev.millrace.NicAddress.State;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.NdpMessage;
import java.util.HashSet;
import java.util.Set;

/// One NIC on Ethernet: its addresses, its groups and its routers, as they change. What happens goes through its turn.
final class Station {
    private static final long MS = 1_000_000;
    /// ANNOUNCE_INTERVAL (RFC 5227 §1.1): IPv4 addresses are announced twice.
    private static final long ANNOUNCE_INTERVAL_NS = 2_000 * MS;
    /// Differs: RFC 4861 §6.3.4 sets no bounds. What a router says must neither make neighbours unreachable at the first packet
    /// that is late nor keep the dead for hours (§6.2.1 allows routers to say up to an hour).
    private static final long LEAST_RETRANS_MS = 100;
    private static final long MOST_RETRANS_MS = 60_000;
    private static final long LEAST_REACHABLE_MS = 1_000;
    private static final long MOST_REACHABLE_MS = 3_600_000;
    /// Differs: RFC 4861 §6.3.4 believes any hop limit. A small one cuts the host off (CVE-2015-2922).
    private static final int LEAST_HOP_LIMIT = 32;
    private static final int LEAST_MTU = 1280;
    /// Of one router. RFC 4861 §6.2.1 lets it advertise once in three seconds, and answer questions twice a second.
    private static final int ADVERTISEMENTS_PER_SECOND = 10;

    private final NetworkContext context;
    private final NicPort nic;
    private final NicSettings settings;
    private final Questions questions;
    private final NeighborCache cache;
    private final Turn turn;
    private final DuplicateDetection dad;
    /// `null` where groups of this version are not reported.
    private final GroupReporter groups;
    private final GroupReporter v4Groups;
    private final LinkLocalAddress linkLocal;
    private final RouterSearch search;
    private final SlaacAddresses addresses;
    private final TemporaryAddresses temporary;
    private final LearnedRouters routers;
    /// `null` where redirects are not taken.
    private final Redirects redirects;
    private final FairLimit advertisements;
    /// The addresses whose groups were joined: one that comes and goes at once may have been missed.
    private final Set<IpAddress> joinedFor = new HashSet<>();
    private int mtu;
    private int hopLimit;

    Station(NetworkContext context, NicPort nic, AutoSettings all, NicSettings settings, NeighborCache cache) {
        this.context = context;
        this.nic = nic;
        this.settings = settings;
        this.cache = cache;
        questions = cache.questions();
        turn = new Turn(context);
        dad = new DuplicateDetection(context, nic, turn, questions, all.dadTransmits(), this::claimed);
        groups = all.mld() ? new MldReporter(context, nic, turn) : null;
        v4Groups = all.igmp() ? new IgmpReporter(context, nic, turn) : null;
        var ids = new InterfaceIds(all.stableSecret(), context.secret());
        linkLocal = new LinkLocalAddress(context, nic, turn, ids, settings.isStable(), this::linkLocalIsThere);
        search = new RouterSearch(context, nic, turn, questions);
        temporary = settings.temporary() ? new TemporaryAddresses(context, nic, turn, all) : null;
        addresses = new SlaacAddresses(context, nic, turn, ids, settings.isStable(), temporary);
        routers = new LearnedRouters(context, nic, addresses.learned());
        advertisements = new FairLimit(ADVERTISEMENTS_PER_SECOND, context.clock(), context.random().nextLong());
        redirects = all.redirects() ? new Redirects(context, nic) : null;
    }

    // ---- what the stack tells

    /// The NIC is there.
    void attached() {
        turn.run(() -> {
            if (settings.linkLocal() == NicSettings.LinkLocal.ON
                    || settings.linkLocal() == NicSettings.LinkLocal.AUTO && settings.slaac() && !linkLocal.isGiven()) {
                linkLocal.make();
            } else if (settings.slaac()) {
                search.start(false);
            }
        });
    }

    void added(IpAddress address) {
        turn.run(() -> take(address));
    }

    private void take(IpAddress address) {
        State state = context.addressState(nic, address);
        if (state == null) {
            return;
        }
        if (!address.isV4()) {
            if (joinedFor.add(address)) {
                join(solicitedNode(address));
            }
            if (settings.linkLocal() == NicSettings.LinkLocal.AUTO && !linkLocal.isGiven()) {
                linkLocal.make();
            }
        }
        if (state == State.TENTATIVE) {
            dad.start(address);
        } else if (nic.isUp() && state != State.DUPLICATE) {
            announce(address);
        }
    }

    /// Neighbours were asked, and the address is ours.
    private void claimed(IpAddress address) {
        if (address.isV4()) {
            announce(address);
        } else {
            questions.tellRouters(nic, address);
        }
    }

    private void announce(IpAddress address) {
        questions.announce(nic, address);
        if (address.isV4()) {
            announceLater(address);
        }
    }

    /// The second announcement, with a timer of its own that is forgotten with it.
    private void announceLater(IpAddress address) {
        Timers.Timer timer = context.timers().create(_ -> {
            State state = context.addressState(nic, address);
            if (state != null && state.isUsable() && nic.isUp() && !context.isClosing()) {
                questions.announce(nic, address);
            }
        });
        timer.set(context.clock().nanoTime() + ANNOUNCE_INTERVAL_NS);
    }

    void removed(IpAddress address) {
        turn.run(() -> {
            dad.cancel(address);
            if (joinedFor.remove(address)) {
                leave(solicitedNode(address));
            }
            // Two threads may tell of its going and its coming back in either order.
            take(address);
        });
    }

    private static IpAddress solicitedNode(IpAddress address) {
        return new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(address.lo()));
    }

    void stateChanged(boolean up) {
        if (!up) {
            return;
        }
        turn.run(() -> {
            context.addresses(nic).forEach(c -> announce(c.address()));
            dad.restart();
            linkLocal.tryAgain();
            addresses.tryAgain();
            if (groups != null) {
                groups.reportAgain();
            }
            if (v4Groups != null) {
                v4Groups.reportAgain();
            }
            // RFC 4861 §6.3.7: it may be another network.
            if (settings.slaac()) {
                search.start(false);
            }
        });
    }

    private void linkLocalIsThere() {
        if (groups != null) {
            groups.reportAgain();
        }
        if (settings.slaac()) {
            search.start(true);
        }
    }

    // ---- groups

    private GroupReporter reporter(IpAddress group) {
        return group.isV4() ? v4Groups : groups;
    }

    void join(IpAddress group) {
        GroupReporter reporter = reporter(group);
        if (reporter != null) {
            turn.run(() -> reporter.join(group));
        }
    }

    void leave(IpAddress group) {
        GroupReporter reporter = reporter(group);
        if (reporter != null) {
            turn.run(() -> reporter.leave(group));
        }
    }

    /// A query about a group, or about all of its version (the unspecified address).
    boolean queried(IpAddress group, int version, long maxResponseMs) {
        GroupReporter reporter = reporter(group);
        return reporter == null || turn.offer(() -> reporter.queried(group, version, maxResponseMs));
    }

    boolean heardReport(IpAddress group) {
        GroupReporter reporter = reporter(group);
        return reporter == null || turn.offer(() -> reporter.heardReport(group));
    }

    // ---- duplicates

    /// Somebody without an address asks for one that is tentative here.
    boolean askedFor(IpAddress address, long nonce, long station) {
        return turn.offer(() -> dad.asked(address, nonce, station));
    }

    /// Somebody has an address that is tentative here.
    boolean takenBy(IpAddress address, long station) {
        return turn.offer(() -> dad.duplicate(address, station));
    }

    // ---- routers

    /// A router advertises. Returns `null`, or why it is not listened to.
    DropReason advertised(RouterAdvertisement ra) {
        if (!settings.slaac()) {
            return DropReason.ICMP_IGNORED;
        }
        // Each changes what all paths depend on: one that never stops talking is not to keep the stack from its work.
        if (!advertisements.tryTake(ra.router().lo(), routers.isKnown(ra.router()))) {
            return DropReason.RATE_LIMITED;
        }
        return turn.offer(() -> take(ra)) ? null : DropReason.RATE_LIMITED;
    }

    private void take(RouterAdvertisement ra) {
        if (routers.advertised(ra)) {
            cache.routerHeard(nic, ra.router(), ra.station());
        }
        searchWhileThereIsNone();
        takeTimes(ra);
        takeLink(ra);
        ra.prefixes().forEach(addresses::advertised);
    }

    /// RFC 7559 §2.1: one that is no default router does not end the search.
    private void searchWhileThereIsNone() {
        if (settings.slaac()) {
            routers.lastEndNs().ifPresentOrElse(search::rest, search::goOnSearching);
        }
    }

    private void takeTimes(RouterAdvertisement ra) {
        long retrans = ra.retransMs() == 0 ? 0 : Math.clamp(ra.retransMs(), LEAST_RETRANS_MS, MOST_RETRANS_MS) * MS;
        long reachable = ra.reachableMs() == 0 || ra.reachableMs() > MOST_REACHABLE_MS ? 0
                : Math.max(LEAST_REACHABLE_MS, ra.reachableMs()) * MS;
        cache.setTimes(nic, reachable, retrans);
        if (retrans != 0) {
            dad.setRetrans(retrans);
        }
    }

    private void takeLink(RouterAdvertisement ra) {
        int wantedMtu = ra.mtu() >= LEAST_MTU && ra.mtu() <= nic.mtu() ? (int) ra.mtu() : mtu;
        int wantedHops = ra.hopLimit() >= LEAST_HOP_LIMIT ? ra.hopLimit() : hopLimit;
        if (wantedMtu != mtu || wantedHops != hopLimit) {
            mtu = wantedMtu;
            hopLimit = wantedHops;
            addresses.learned().setLink(nic, mtu, hopLimit);
        }
    }

    /// A router shows a better first hop. Returns `null`, or why it is not believed.
    DropReason redirected(IpAddress from, IpAddress destination, IpAddress target, long station) {
        if (redirects == null) {
            return DropReason.ICMP_IGNORED;
        }
        DropReason reason = redirects.check(from, destination);
        if (reason != null) {
            return reason;
        }
        return turn.offer(() -> {
            if (station != 0) {
                cache.redirected(nic, target, station, !target.equals(destination));
            }
            redirects.take(from, destination, target);
        }) ? null : DropReason.RATE_LIMITED;
    }

    /// A neighbour does not answer.
    void unreachable(IpAddress address) {
        turn.run(() -> {
            if (redirects != null) {
                redirects.unreachable(address);
            }
            if (routers.isRouter(address)) {
                routers.unreachable(address);
                // Where none is left that answers, who has come meanwhile is asked for.
                searchWhileThereIsNone();
            }
        });
    }

    /// A neighbour is no router any more.
    void ceased(IpAddress address) {
        turn.run(() -> {
            if (redirects != null) {
                redirects.unreachable(address);
            }
            routers.ceased(address);
            searchWhileThereIsNone();
        });
    }

    /// What strangers have made it remember, for tests of bounds.
    int size() {
        return routers.size() + addresses.size() + (temporary == null ? 0 : temporary.size())
                + (redirects == null ? 0 : redirects.size());
    }

    void close() {
        dad.close();
        search.close();
        if (groups != null) {
            groups.close();
        }
        if (v4Groups != null) {
            v4Groups.close();
        }
        if (temporary != null) {
            temporary.close();
        }
    }
}
