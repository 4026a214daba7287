package dev.millrace.neighbors;

import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.MldMessage;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptionWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Frames of routers and of strangers, made up by tests.
final class Frames {
    static final long ROUTER_MAC = 0x0200_5e00_0001L;
    static final String ROUTER = "fe80::ff:1";
    private static final int ICMP = EthernetHeader.LENGTH + Ipv6Header.LENGTH;

    private Frames() {
    }

    /// Writes options; returns the offset behind.
    interface Options {
        long write(MemorySegment m, long at);
    }

    /// A message of ICMPv6 in a frame.
    static byte[] icmp(long station, String from, String to, int hopLimit, Options message) {
        var frame = new byte[1600];
        MemorySegment m = MemorySegment.ofArray(frame);
        IpAddress source = IpAddress.parse(from);
        IpAddress target = IpAddress.parse(to);
        int length = (int) (message.write(m, ICMP) - ICMP);
        IcmpHeader.setChecksum(m, ICMP, IcmpHeader.computeV6(m, ICMP, length, source, target));
        EthernetHeader.write(m, 0, target.isMulticast() ? MacAddress.ofGroup(target.hi(), target.lo()) : MacAddress.BROADCAST,
                station, EtherType.IPV6);
        Ipv6Header.write(m, EthernetHeader.LENGTH, 0, 0, length, IpProtocol.ICMPV6, hopLimit, source.hi(), source.lo(),
                target.hi(), target.lo());
        return Arrays.copyOf(frame, ICMP + length);
    }

    /// A router advertisement of the usual router.
    static byte[] advertisement(int lifetimeSeconds, Options options) {
        return advertisement(ROUTER_MAC, ROUTER, lifetimeSeconds, 0, options);
    }

    static byte[] advertisement(long station, String router, int lifetimeSeconds, int preference, Options options) {
        return icmp(station, router, "ff02::1", 255, (m, at) -> {
            long end = NdpMessage.writeRouterAdvertisement(m, at, 64, 0, preference, lifetimeSeconds, 0, 0);
            return options.write(m, NdpOptionWriter.sourceLinkLayerAddress(m, end, station));
        });
    }

    static Options prefix(String prefix, boolean onLink, boolean autonomous, long valid, long preferred) {
        IpAddress p = IpAddress.parse(prefix);
        return (m, at) -> NdpOptionWriter.prefix(m, at, p.hi(), p.lo(), 64, onLink, autonomous, valid, preferred);
    }

    static Options all(Options... options) {
        return (m, at) -> {
            long end = at;
            for (Options o : options) {
                end = o.write(m, end);
            }
            return end;
        };
    }

    static final Options NONE = (_, at) -> at;

    /// A question of duplicate address detection.
    static byte[] probe(long station, IpAddress target, long nonce) {
        IpAddress group = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(target.lo()));
        return icmp(station, "::", group.toString(), 255, (m, at) -> {
            long end = NdpMessage.writeNeighborSolicitation(m, at, target.hi(), target.lo());
            return nonce < 0 ? end : NdpOptionWriter.nonce(m, end, nonce);
        });
    }

    /// An advertisement of a neighbour to all.
    static byte[] neighbor(long station, String from, IpAddress target, int flags) {
        return icmp(station, from, "ff02::1", 255, (m, at) -> NdpOptionWriter.targetLinkLayerAddress(m,
                NdpMessage.writeNeighborAdvertisement(m, at, flags, target.hi(), target.lo()), station));
    }

    static byte[] redirect(long station, String from, String to, String destination, String target) {
        IpAddress d = IpAddress.parse(destination);
        IpAddress t = IpAddress.parse(target);
        return icmp(station, from, to, 255, (m, at) -> NdpMessage.writeRedirect(m, at, t.hi(), t.lo(), d.hi(), d.lo()));
    }

    /// An MLD query; its router alert is left out, which nobody here looks at.
    static byte[] query(int version, String group, int maxResponseMs) {
        IpAddress g = IpAddress.parse(group);
        return icmp(ROUTER_MAC, ROUTER, g.isUnspecified() ? "ff02::1" : group, 1, (m, at) -> version == 1
                ? MldMessage.writeV1Query(m, at, maxResponseMs, g.hi(), g.lo())
                : MldMessage.writeV2Query(m, at, maxResponseMs, g.hi(), g.lo(), 2, 125, 0));
    }

    static byte[] oldReport(long station, String from, String group) {
        IpAddress g = IpAddress.parse(group);
        return icmp(station, from, group, 1, (m, at) -> MldMessage.writeV1Report(m, at, g.hi(), g.lo()));
    }
}
