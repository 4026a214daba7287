package dev.millrace.ip;

import static dev.millrace.wire.BigEndian.u8;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// IPv6 in one stack: takes what comes in (RFC 8200), hands out paths for what goes out.
final class Ipv6 implements InternetProtocol {
    final NetworkContext context;
    final IpCounters counters;
    final KeyedHash hash;
    final PathMtus mtus;
    final Ipv6Identification identification = new Ipv6Identification();
    final int hopLimit;

    private final Icmpv6Errors errors;
    private final Icmpv6 icmp;
    private final EchoRequests requests;
    private final Reassembly reassembly;
    private final Ipv6Fragments fragments;

    Ipv6(NetworkContext context, OptionValues options) {
        this.context = context;
        counters = new IpCounters(context, "ipv6");
        hash = new KeyedHash(context.secret());
        mtus = new PathMtus(6, context.clock(), options, counters);
        hopLimit = (int) options.number("hop-limit", 1, 255);
        IcmpLimits limits = IcmpLimits.of(options, context.clock());
        var replies = new ReplyPaths(context, this, IpProtocol.ICMPV6);
        errors = new Icmpv6Errors(this, limits.errors(), replies);
        requests = new EchoRequests(context, this, IpProtocol.ICMPV6, Icmpv6.ECHO_REQUEST);
        icmp = new Icmpv6(this, limits.echoes(), replies, requests);
        reassembly = new Reassembly(context, counters, hash, ReassemblyLimits.of(options), false,
                errors::reassemblyTimeExceeded);
        fragments = new Ipv6Fragments(counters, reassembly, errors);
    }

    @Override
    public void receive(NicPort nic, Packet packet) {
        counters.received.add(1);
        packet.markNetworkHeader();
        DropReason reason = check(nic, packet);
        if (reason != null) {
            counters.drop(packet, reason);
            return;
        }
        long found = walk(packet);
        if (Ipv6Extensions.verdict(found) == Ipv6Extensions.FRAGMENT) {
            receiveFragment(nic, packet, Ipv6Extensions.offset(found));
        } else {
            finish(packet, deliver(nic, packet, found));
        }
    }

    private void receiveFragment(NicPort nic, Packet fragment, int header) {
        Packet whole = fragments.take(nic, fragment, header);
        if (whole != null) {
            // Who delivers knows the fragment only, which is part of this packet now.
            Object hand = new Object();
            whole.holdFor(hand);
            try {
                finish(whole, deliverWhole(nic, whole));
            } catch (Throwable t) {
                if (whole.isHeldBy(hand)) {
                    counters.drop(whole, DropReason.FAILURE);
                }
                throw t;
            }
        }
    }

    private DropReason deliverWhole(NicPort nic, Packet whole) {
        long found = walk(whole);
        // RFC 6980 §5: neighbour discovery does not come in fragments.
        if (Ipv6Extensions.verdict(found) == Ipv6Extensions.TRANSPORT
                && Ipv6Extensions.protocol(found) == IpProtocol.ICMPV6
                && Icmpv6.isNeighbourDiscovery(whole, Ipv6Extensions.offset(found))) {
            return DropReason.BAD_ICMP;
        }
        return deliver(nic, whole, found);
    }

    private void finish(Packet packet, DropReason reason) {
        if (reason != null) {
            counters.drop(packet, reason);
        } else {
            counters.delivered.add(1);
        }
    }

    private DropReason check(NicPort nic, Packet packet) {
        if (!packet.makeLinear(Ipv6Header.LENGTH)) {
            return DropReason.TRUNCATED;
        }
        MemorySegment m = packet.memory();
        int at = packet.start();
        if (Ipv6Header.check(m, at, packet.length()) != WireError.NONE) {
            return DropReason.BAD_IP_HEADER;
        }
        // What lies behind the payload length is the link's padding.
        packet.trim(Ipv6Header.LENGTH + Ipv6Header.payloadLength(m, at));
        packet.setAddresses(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at),
                Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
        packet.setIpFacts(Ipv6Header.nextHeader(m, at), Ipv6Header.hopLimit(m, at), Ipv6Header.trafficClass(m, at));
        return checkAddresses(nic, packet);
    }

    private DropReason checkAddresses(NicPort nic, Packet packet) {
        boolean loopback = nic.link().isLoopback();
        long sourceHi = packet.sourceHi();
        long sourceLo = packet.sourceLo();
        long hi = packet.destinationHi();
        long lo = packet.destinationLo();
        if (Ipv6Martians.isImpossibleSource(sourceHi, sourceLo, loopback)
                || Ipv6Martians.isUnspecified(sourceHi, sourceLo)
                && !Ipv6Martians.maySendUnspecified(packet.protocol())) {
            return DropReason.MARTIAN_SOURCE;
        }
        if (Ipv6Martians.isImpossibleDestination(hi, lo, loopback)) {
            return DropReason.NOT_FOR_US;
        }
        Destination means = context.classify(nic, hi, lo);
        if (means == Destination.FOREIGN) {
            return DropReason.NOT_FOR_US;
        }
        // A link may have seen that the frame was for all.
        packet.setBroadcast(means != Destination.LOCAL || packet.isBroadcast());
        // Our own address from outside is forged (the "land" attack).
        boolean ours = !loopback && context.classify(nic, sourceHi, sourceLo) == Destination.LOCAL;
        return ours && !isAdvertised(nic, packet) ? DropReason.MARTIAN_SOURCE : null;
    }

    /// Whether a neighbour advertises an address of ours as its own, from that address: who sees to neighbours is to hear of it.
    private static boolean isAdvertised(NicPort nic, Packet packet) {
        return nic.stationAddress() != 0 && packet.protocol() == IpProtocol.ICMPV6 && packet.hopLimit() == 255
                && packet.makeLinear(Math.min(packet.length(), Ipv6Header.LENGTH + 1)) && packet.length() > Ipv6Header.LENGTH
                && u8(packet.memory(), packet.start() + Ipv6Header.LENGTH) == Icmpv6.NEIGHBOR_ADVERTISEMENT;
    }

    /// Gives the packet to whom its last header names. Returns `null`, or why nobody took it, the packet being still
    /// ours.
    private DropReason deliver(NicPort nic, Packet packet, long found) {
        int verdict = Ipv6Extensions.verdict(found);
        if (verdict != Ipv6Extensions.TRANSPORT) {
            return object(packet, verdict, Ipv6Extensions.offset(found));
        }
        int protocol = Ipv6Extensions.protocol(found);
        if (!packet.makeLinear(Ipv6Extensions.offset(found))) {
            return DropReason.TRUNCATED;
        }
        packet.setIpFacts(protocol, packet.hopLimit(), packet.trafficClass());
        packet.pull(Ipv6Extensions.offset(found));
        if (protocol == IpProtocol.ICMPV6) {
            return icmp.receive(nic, packet);
        }
        if (Ipv6Martians.isUnspecified(packet.sourceHi(), packet.sourceLo())) {
            return DropReason.MARTIAN_SOURCE;
        }
        if (context.deliver(packet)) {
            return null;
        }
        errors.parameterProblem(packet, Icmpv6Errors.CODE_UNKNOWN_HEADER, Ipv6Extensions.pointer(found));
        return DropReason.UNKNOWN_TRANSPORT;
    }

    private static long walk(Packet packet) {
        long found = Ipv6Extensions.walk(packet.memory(), packet.start(), packet.headLength(), packet.length());
        if (Ipv6Extensions.verdict(found) == Ipv6Extensions.CUT_OFF && packet.fragmentCount() > 0
                && packet.makeLinear(Math.min(packet.length(), packet.headLength() + packet.tailroom()))) {
            return Ipv6Extensions.walk(packet.memory(), packet.start(), packet.headLength(), packet.length());
        }
        return found;
    }

    private DropReason object(Packet packet, int verdict, int offset) {
        switch (verdict) {
            case Ipv6Extensions.CUT_OFF -> {
                return DropReason.TRUNCATED;
            }
            case Ipv6Extensions.NOTHING -> {
                return DropReason.UNKNOWN_TRANSPORT;
            }
            case Ipv6Extensions.WRONG_FIELD ->
                errors.parameterProblem(packet, Icmpv6Errors.CODE_WRONG_FIELD, offset);
            case Ipv6Extensions.UNKNOWN_HEADER ->
                errors.parameterProblem(packet, Icmpv6Errors.CODE_UNKNOWN_HEADER, offset);
            case Ipv6Extensions.UNKNOWN_OPTION ->
                errors.parameterProblem(packet, Icmpv6Errors.CODE_UNKNOWN_OPTION, offset);
            case Ipv6Extensions.UNKNOWN_OPTION_UNICAST -> {
                if (!packet.isBroadcast()) {
                    errors.parameterProblem(packet, Icmpv6Errors.CODE_UNKNOWN_OPTION, offset);
                }
            }
            default -> { }
        }
        return DropReason.BAD_IP_OPTION;
    }

    @Override
    public int version() {
        return 6;
    }

    @Override
    public Path path(Route route, IpAddress local, IpAddress remote, int protocol) {
        return new Ipv6Path(route, local, remote, protocol, this, protocol != IpProtocol.TCP);
    }

    @Override
    public void reject(Packet packet, Rejection why) {
        switch (why) {
            case PORT_UNREACHABLE -> errors.unreachable(packet, Icmpv6Errors.CODE_PORT);
            case PROHIBITED -> errors.unreachable(packet, Icmpv6Errors.CODE_PROHIBITED);
            // IPv6 has no protocol unreachable; the pointer says which next-header field is meant.
            case PROTOCOL_UNREACHABLE -> errors.unknownTransport(packet);
        }
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
