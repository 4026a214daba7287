package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv4Options;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// IPv4 in one stack: takes what comes in (RFC 1122 §3.2.1), hands out paths for what goes out.
final class Ipv4 implements InternetProtocol {
    final NetworkContext context;
    final IpCounters counters;
    final KeyedHash hash;
    final PathMtus mtus;
    final Ipv4Identification identification = new Ipv4Identification();
    final int ttl;
    final boolean dontFragment;

    private final Icmpv4Errors errors;
    private final Icmpv4 icmp;
    private final EchoRequests requests;
    private final Reassembly reassembly;
    private final Ipv4Fragments fragments;
    /// Found when it is first needed.
    private volatile NeighborDiscovery neighbors;

    Ipv4(NetworkContext context, OptionValues options) {
        this.context = context;
        counters = new IpCounters(context, "ipv4");
        hash = new KeyedHash(context.secret());
        mtus = new PathMtus(4, context.clock(), options, counters);
        ttl = (int) options.number("ttl", 1, 255);
        dontFragment = options.flag("dont-fragment");
        IcmpLimits limits = IcmpLimits.of(options, context.clock());
        var replies = new ReplyPaths(context, this, IpProtocol.ICMP);
        errors = new Icmpv4Errors(this, limits.errors(), replies);
        requests = new EchoRequests(context, this, IpProtocol.ICMP, Icmpv4.ECHO_REQUEST);
        icmp = new Icmpv4(this, limits.echoes(), replies, requests);
        reassembly = new Reassembly(context, counters, hash, ReassemblyLimits.of(options), true,
                errors::reassemblyTimeExceeded);
        fragments = new Ipv4Fragments(counters, reassembly);
    }

    @Override
    public void receive(NicPort nic, Packet packet) {
        counters.received.add(1);
        packet.markNetworkHeader();
        DropReason reason = check(nic, packet);
        if (reason != null) {
            counters.drop(packet, reason);
        } else if (Ipv4Header.isFragment(packet.memory(), packet.start())) {
            receiveFragment(nic, packet);
        } else {
            packet.pull(Ipv4Header.headerLength(packet.memory(), packet.start()));
            deliver(nic, packet);
        }
    }

    private void receiveFragment(NicPort nic, Packet fragment) {
        Packet whole = fragments.take(fragment);
        if (whole != null) {
            // Who delivers knows the fragment only, which is part of this packet now.
            Object hand = new Object();
            whole.holdFor(hand);
            try {
                deliver(nic, whole);
            } catch (Throwable t) {
                if (whole.isHeldBy(hand)) {
                    counters.drop(whole, DropReason.FAILURE);
                }
                throw t;
            }
        }
    }

    /// Checks the packet, or says why it is not taken.
    private DropReason check(NicPort nic, Packet packet) {
        if (!packet.makeLinear(Ipv4Header.MIN_LENGTH)) {
            return DropReason.TRUNCATED;
        }
        MemorySegment m = packet.memory();
        int at = packet.start();
        WireError error = Ipv4Header.check(m, at, packet.length());
        if (error != WireError.NONE) {
            return error == WireError.TRUNCATED ? DropReason.TRUNCATED : DropReason.BAD_IP_HEADER;
        }
        int headerLength = Ipv4Header.headerLength(m, at);
        if (!packet.makeLinear(headerLength)) {
            return DropReason.TRUNCATED;
        }
        if (packet.checksumming() == Packet.Checksumming.ON_WIRE && !Ipv4Header.checksumIsRight(m, at)) {
            return DropReason.BAD_IP_CHECKSUM;
        }
        // What lies behind the total length is the link's padding.
        packet.trim(Ipv4Header.totalLength(m, at));
        int source = Ipv4Header.source(m, at);
        int destination = Ipv4Header.destination(m, at);
        packet.setAddresses(0, IpAddress.lowBitsOfV4(source), 0, IpAddress.lowBitsOfV4(destination));
        packet.setIpFacts(Ipv4Header.protocol(m, at), Ipv4Header.ttl(m, at), Ipv4Header.trafficClass(m, at));
        DropReason reason = checkAddresses(nic, packet, source, destination);
        if (reason == null && headerLength > Ipv4Header.MIN_LENGTH) {
            reason = checkOptions(packet, headerLength);
        }
        return reason;
    }

    private DropReason checkAddresses(NicPort nic, Packet packet, int source, int destination) {
        boolean loopback = nic.link().isLoopback();
        // Switches that stand in for routers ask for members from no address (RFC 4541 §2.1.1), and members without an address
        // answer so (RFC 3376 §4.2.13).
        boolean ofGroups = source == 0 && packet.protocol() == IpProtocol.IGMP && destination >>> 28 == 0xe;
        if (!ofGroups && Ipv4Martians.isImpossibleSource(source, loopback)) {
            return DropReason.MARTIAN_SOURCE;
        }
        // RFC 1122 §3.2.1.3(g): 127/8 must not appear outside a host, so it did not come to us by right.
        if (!loopback && Ipv4Martians.isLoopback(destination)) {
            return DropReason.NOT_FOR_US;
        }
        Destination means = context.classify(nic, 0, IpAddress.lowBitsOfV4(destination));
        if (means == Destination.FOREIGN) {
            return DropReason.NOT_FOR_US;
        }
        // A link may have seen that the frame was for all.
        packet.setBroadcast(means != Destination.LOCAL || packet.isBroadcast());
        Destination from = context.classify(nic, 0, IpAddress.lowBitsOfV4(source));
        // Our own address from outside is forged (the "land" attack), a broadcast address always.
        boolean martian = from == Destination.BROADCAST || from == Destination.LOCAL && !loopback;
        return martian ? DropReason.MARTIAN_SOURCE : null;
    }

    private DropReason checkOptions(Packet packet, int headerLength) {
        int verdict = Ipv4Options.check(packet.memory(), packet.start(), headerLength);
        if (verdict == Ipv4Options.FINE) {
            return null;
        }
        if (verdict != Ipv4Options.SOURCE_ROUTE) {
            errors.parameterProblem(packet, verdict);
        }
        return DropReason.BAD_IP_OPTION;
    }

    private void deliver(NicPort nic, Packet packet) {
        if (packet.protocol() == IpProtocol.IGMP && nic.stationAddress() != 0 && neighbors() != null) {
            DropReason reason = neighbors().receiveIgmp(nic, packet);
            if (reason != null) {
                counters.drop(packet, reason);
            } else {
                counters.delivered.add(1);
            }
        } else if (packet.protocol() == IpProtocol.ICMP) {
            DropReason reason = icmp.receive(packet);
            if (reason != null) {
                counters.drop(packet, reason);
            } else {
                counters.delivered.add(1);
            }
        } else if (context.deliver(packet)) {
            counters.delivered.add(1);
        } else {
            reject(packet, Rejection.PROTOCOL_UNREACHABLE);
            counters.drop(packet, DropReason.UNKNOWN_TRANSPORT);
        }
    }

    private NeighborDiscovery neighbors() {
        NeighborDiscovery known = neighbors;
        if (known == null) {
            known = context.service(NeighborDiscovery.class).orElse(null);
            neighbors = known;
        }
        return known;
    }

    @Override
    public int version() {
        return 4;
    }

    @Override
    public Path path(Route route, IpAddress local, IpAddress remote, int protocol) {
        return new Ipv4Path(route, local, remote, protocol, this, Ipv4Path.hasDf(this, protocol));
    }

    @Override
    public void reject(Packet packet, Rejection why) {
        errors.unreachable(packet, why);
    }

    @Override
    public void onError(IcmpError error) {
        requests.onError(error);
    }

    @Override
    public PingRun ping(Ping ping, Consumer<? super PingEvent> listener) throws IOException {
        return requests.start(ping, listener);
    }

    @Override
    public void close() {
        requests.close();
        reassembly.close();
    }
}
