package dev.millrace.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/// One frame of each kind that the codecs of Ethernet networks write, with the line it is shown as and what tshark calls
/// its fields. They are what other tests cut, damage and compare.
final class NetworkSamples {
    static final long MAC_1 = 0x0200_0000_0001L;
    static final long MAC_2 = 0x0200_0000_0002L;
    static final int A1 = 0x0a00_0001;
    static final int A2 = 0x0a00_0002;
    static final int GROUP = 0xef01_0101;
    static final IpAddress LOCAL_1 = IpAddress.parse("fe80::1");
    static final IpAddress LOCAL_2 = IpAddress.parse("fe80::2");
    static final IpAddress ALL_NODES = IpAddress.parse("ff02::1");
    static final IpAddress GLOBAL = IpAddress.parse("2001:db8::2");
    static final IpAddress GROUP_6 = IpAddress.parse("ff05::1:3");

    /// @param at where the message of interest begins in the frame
    /// @param fields as tshark has them: `name=value`, several values with commas between
    record Sample(String name, byte[] frame, int at, String line, List<String> fields) {
        byte[] message() {
            return Arrays.copyOfRange(frame, at, frame.length);
        }

        MemorySegment memory() {
            return MemorySegment.ofArray(frame);
        }
    }

    private final List<Sample> samples = new ArrayList<>();

    private NetworkSamples() {
    }

    static List<Sample> all() {
        var s = new NetworkSamples();
        s.arp();
        s.tags();
        s.routerMessages();
        s.neighborMessages();
        s.vxlan();
        s.fragments();
        s.igmp();
        s.mld();
        return s.samples;
    }

    /// The messages of all samples whose name begins so.
    static List<byte[]> messages(String prefix) {
        return all().stream().filter(s -> s.name.startsWith(prefix)).map(Sample::message).toList();
    }

    private void add(String name, byte[] frame, int at, String line, String... fields) {
        samples.add(new Sample(name, frame, at, line, List.of(fields)));
    }

    private static byte[] frame(long destination, int type, byte[] payload) {
        byte[] frame = new byte[Math.max(60, 14 + payload.length)];
        MemorySegment m = MemorySegment.ofArray(frame);
        EthernetHeader.write(m, 0, destination, MAC_2, type);
        System.arraycopy(payload, 0, frame, 14, payload.length);
        return frame;
    }

    private static byte[] written(ToLongFunction<MemorySegment> writer) {
        byte[] bytes = new byte[400];
        return Arrays.copyOf(bytes, (int) writer.applyAsLong(MemorySegment.ofArray(bytes)));
    }

    private void arp() {
        arp("arp request", m -> ArpPacket.writeRequest(m, 0, MAC_2, A2, A1),
                "arp who-has 10.0.0.1 tell 10.0.0.2 at 02:00:00:00:00:02", "arp.opcode=1", "arp.isprobe=", "arp.isannouncement=",
                "arp.src.proto_ipv4=10.0.0.2", "arp.dst.proto_ipv4=10.0.0.1", "arp.src.hw_mac=02:00:00:00:00:02");
        arp("arp reply", m -> ArpPacket.writeReply(m, 0, MAC_2, A2, MAC_1, A1),
                "arp reply 10.0.0.2 is-at 02:00:00:00:00:02 to 10.0.0.1", "arp.opcode=2",
                "arp.src.proto_ipv4=10.0.0.2", "arp.dst.proto_ipv4=10.0.0.1", "arp.dst.hw_mac=02:00:00:00:00:01");
        arp("arp probe", m -> ArpPacket.writeProbe(m, 0, MAC_2, A2),
                "arp probe who-has 10.0.0.2 for 02:00:00:00:00:02", "arp.opcode=1", "arp.isprobe=1",
                "arp.dst.proto_ipv4=10.0.0.2");
        arp("arp announcement", m -> ArpPacket.writeAnnouncement(m, 0, MAC_2, A2),
                "arp announce 10.0.0.2 is-at 02:00:00:00:00:02", "arp.opcode=1", "arp.isannouncement=1",
                "arp.isgratuitous=1");
    }

    private void arp(String name, java.util.function.Consumer<MemorySegment> writer, String line, String... fields) {
        byte[] packet = new byte[28];
        writer.accept(MemorySegment.ofArray(packet));
        add(name, frame(MacAddress.BROADCAST, EtherType.ARP, packet), 14, line, fields);
    }

    private void tags() {
        byte[] arp = new byte[28];
        ArpPacket.writeRequest(MemorySegment.ofArray(arp), 0, MAC_2, A2, A1);
        byte[] one = new byte[60];
        EthernetHeader.writeTagged(MemorySegment.ofArray(one), 0, MacAddress.BROADCAST, MAC_2,
                VlanTag.control(5, true, 7), EtherType.ARP);
        System.arraycopy(arp, 0, one, 18, 28);
        add("ethernet tagged", one, 0,
                "vlan:7,priority:5,drop-eligible arp who-has 10.0.0.1 tell 10.0.0.2 at 02:00:00:00:00:02",
                "vlan.id=7", "vlan.priority=5", "vlan.dei=1", "arp.opcode=1");
        byte[] two = new byte[64];
        MemorySegment m = MemorySegment.ofArray(two);
        EthernetHeader.write(m, 0, MacAddress.BROADCAST, MAC_2, 0);
        VlanTag.write(m, 12, EtherType.PROVIDER_VLAN, VlanTag.control(0, false, 100));
        VlanTag.write(m, 16, EtherType.VLAN, VlanTag.control(3, false, 42));
        BigEndian.put16(m, 20, EtherType.ARP);
        System.arraycopy(arp, 0, two, 22, 28);
        add("ethernet of a provider", two, 0,
                "provider-vlan:100 vlan:42,priority:3 arp who-has 10.0.0.1 tell 10.0.0.2 at 02:00:00:00:00:02",
                "ieee8021ad.id=100", "vlan.id=42", "vlan.priority=3", "arp.opcode=1");
        byte[] spanningTree = frame(0x0180_c200_0000L, 38, new byte[] {0x42, 0x42, 3});
        add("ethernet of 802.3", spanningTree, 0, "802.3 02:00:00:00:00:02 -> 01:80:c2:00:00:00 dsap:0x42 ssap:0x42 len:38",
                "llc.dsap=0x42", "llc.ssap=0x42");
    }

    /// An ICMPv6 message with its checksum, in a packet in a frame.
    private void icmpv6(String name, IpAddress source, IpAddress destination, int hopLimit, byte[] message, String line,
            String... fields) {
        boolean alert = hopLimit == 1;
        int extra = alert ? MldMessage.ROUTER_ALERT_LENGTH : 0;
        byte[] packet = new byte[40 + extra + message.length];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv6Header.write(m, 0, 0, 0, extra + message.length, alert ? IpProtocol.HOP_BY_HOP : IpProtocol.ICMPV6, hopLimit,
                source.hi(), source.lo(), destination.hi(), destination.lo());
        if (alert) {
            MldMessage.writeRouterAlert(m, 40, IpProtocol.ICMPV6);
        }
        System.arraycopy(message, 0, packet, 40 + extra, message.length);
        IcmpHeader.setChecksum(m, 40 + extra, IcmpHeader.computeV6(m, 40 + extra, message.length, source, destination));
        var all = new ArrayList<>(List.of("icmpv6.checksum.status=1"));
        all.addAll(List.of(fields));
        long mac = destination.isMulticast() ? MacAddress.ofGroup(destination).bits() : MAC_1;
        add(name, frame(mac, EtherType.IPV6, packet), 54 + extra, line, all.toArray(String[]::new));
    }

    private void routerMessages() {
        icmpv6("ndp router solicitation", LOCAL_2, IpAddress.parse("ff02::2"), 255,
                written(m -> NdpOptionWriter.sourceLinkLayerAddress(m, NdpMessage.writeRouterSolicitation(m, 0), MAC_2)),
                "icmp6 fe80::2 -> ff02::2 router-solicitation type:133 code:0 len:8 options: {source:02:00:00:00:00:02}",
                "icmpv6.type=133", "icmpv6.opt.src_linkaddr=02:00:00:00:00:02");
        icmpv6("ndp router advertisement", LOCAL_1, ALL_NODES, 255, written(NetworkSamples::advertisement),
                "icmp6 fe80::1 -> ff02::1 router-advertisement type:134 code:0 lifetime:1800 flags:MO preference:high "
                + "hop-limit:64 reachable-ms:30000 retrans-ms:1000 len:192 options: {source:02:00:00:00:00:01 MTU:1400 "
                + "prefix:2001:db8::/64,on-link,autonomous,valid:86400,preferred:14400 "
                + "prefix:2001:db8:0:1::/64,on-link,valid:infinite,preferred:infinite "
                + "route:2001:db8:2::/48,low,lifetime:600 route:::/0,high,lifetime:60 "
                + "RDNSS:2001:db8::53,2001:db8::54,lifetime:300 DNSSL:example.org,lab.example.net,lifetime:300}",
                "icmpv6.type=134", "icmpv6.nd.ra.cur_hop_limit=64", "icmpv6.nd.ra.flag.m=1", "icmpv6.nd.ra.flag.o=1",
                "icmpv6.nd.ra.flag.prf=1", "icmpv6.nd.ra.router_lifetime=1800", "icmpv6.nd.ra.reachable_time=30000",
                "icmpv6.nd.ra.retrans_timer=1000", "icmpv6.opt.src_linkaddr=02:00:00:00:00:01", "icmpv6.opt.mtu=1400",
                "icmpv6.opt.prefix.flag.l=1,1", "icmpv6.opt.prefix.flag.a=1,0",
                "icmpv6.opt.prefix.valid_lifetime=86400,4294967295", "icmpv6.opt.prefix.preferred_lifetime=14400,4294967295",
                "icmpv6.opt.prefix.length=64,64,48,0", "icmpv6.opt.route_info.flag.route_preference=3,1",
                "icmpv6.opt.route_lifetime=600,60", "icmpv6.opt.rdnss=2001:db8::53,2001:db8::54",
                "icmpv6.opt.rdnss.lifetime=300", "icmpv6.opt.dnssl=example.org,lab.example.net",
                "icmpv6.opt.dnssl.lifetime=300", "icmpv6.opt.type=1,5,3,3,24,24,25,31");
        icmpv6("ndp redirect", LOCAL_1, GLOBAL, 255, written(NetworkSamples::redirect),
                "icmp6 fe80::1 -> 2001:db8::2 redirect type:137 code:0 to:2001:db8::99 through:fe80::9 len:88 options: "
                + "{target:02:00:00:00:00:09 redirected:40}",
                "icmpv6.type=137", "icmpv6.nd.rd.target_address=fe80::9", "icmpv6.rd.na.destination_address=2001:db8::99",
                "icmpv6.opt.target_linkaddr=02:00:00:00:00:09", "icmpv6.opt.type=2,4");
    }

    private static long advertisement(MemorySegment m) {
        long at = NdpMessage.writeRouterAdvertisement(m, 0, 64, NdpMessage.MANAGED | NdpMessage.OTHER_CONFIGURATION,
                NdpMessage.PREFERENCE_HIGH, 1800, 30_000, 1000);
        at = NdpOptionWriter.sourceLinkLayerAddress(m, at, MAC_1);
        at = NdpOptionWriter.mtu(m, at, 1400);
        at = NdpOptionWriter.prefix(m, at, 0x2001_0db8_0000_0000L, 0, 64, true, true, 86_400, 14_400);
        at = NdpOptionWriter.prefix(m, at, 0x2001_0db8_0000_0001L, 0, 64, true, false, NdpOptions.INFINITE_SECONDS,
                NdpOptions.INFINITE_SECONDS);
        at = NdpOptionWriter.route(m, at, 0x2001_0db8_0002_0000L, 0, 48, NdpMessage.PREFERENCE_LOW, 600);
        at = NdpOptionWriter.route(m, at, 0, 0, 0, NdpMessage.PREFERENCE_HIGH, 60);
        at = NdpOptionWriter.rdnss(m, at, 300, List.of(IpAddress.parse("2001:db8::53"), IpAddress.parse("2001:db8::54")));
        return NdpOptionWriter.dnssl(m, at, 300, List.of("example.org", "lab.example.net"));
    }

    private static long redirect(MemorySegment m) {
        IpAddress target = IpAddress.parse("fe80::9");
        IpAddress destination = IpAddress.parse("2001:db8::99");
        long at = NdpMessage.writeRedirect(m, 0, target.hi(), target.lo(), destination.hi(), destination.lo());
        at = NdpOptionWriter.targetLinkLayerAddress(m, at, 0x0200_0000_0009L);
        MemorySegment quoted = MemorySegment.ofArray(new byte[47]);
        Ipv6Header.write(quoted, 0, 0, 0, 0, IpProtocol.NO_NEXT_HEADER, 64, GLOBAL.hi(), GLOBAL.lo(), destination.hi(),
                destination.lo());
        return NdpOptionWriter.redirectedHeader(m, at, quoted, 0, 47);
    }

    private void neighborMessages() {
        IpAddress node = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(1));
        icmpv6("ndp neighbor solicitation", LOCAL_2, node, 255, written(m -> NdpOptionWriter.sourceLinkLayerAddress(m,
                NdpMessage.writeNeighborSolicitation(m, 0, LOCAL_1.hi(), LOCAL_1.lo()), MAC_2)),
                "icmp6 fe80::2 -> ff02::1:ff00:1 neighbor-solicitation type:135 code:0 who-has fe80::1 len:24 options: "
                + "{source:02:00:00:00:00:02}",
                "icmpv6.type=135", "icmpv6.nd.ns.target_address=fe80::1", "icmpv6.opt.src_linkaddr=02:00:00:00:00:02");
        icmpv6("ndp neighbor probe", IpAddress.ANY_V6, node, 255,
                written(m -> NdpMessage.writeNeighborSolicitation(m, 0, LOCAL_1.hi(), LOCAL_1.lo())),
                "icmp6 :: -> ff02::1:ff00:1 neighbor-solicitation type:135 code:0 who-has fe80::1 len:16",
                "icmpv6.type=135", "icmpv6.nd.ns.target_address=fe80::1");
        icmpv6("ndp neighbor advertisement", LOCAL_1, LOCAL_2, 255, written(m -> NdpOptionWriter.targetLinkLayerAddress(m,
                NdpMessage.writeNeighborAdvertisement(m, 0, NdpMessage.ROUTER | NdpMessage.SOLICITED | NdpMessage.OVERRIDE,
                        LOCAL_1.hi(), LOCAL_1.lo()), MAC_1)),
                "icmp6 fe80::1 -> fe80::2 neighbor-advertisement type:136 code:0 target:fe80::1 flags:RSO len:24 options: "
                + "{target:02:00:00:00:00:01}",
                "icmpv6.type=136", "icmpv6.nd.na.flag.r=1", "icmpv6.nd.na.flag.s=1", "icmpv6.nd.na.flag.o=1",
                "icmpv6.nd.na.target_address=fe80::1", "icmpv6.opt.target_linkaddr=02:00:00:00:00:01");
    }

    private void vxlan() {
        byte[] inner = samples.get(0).frame();
        byte[] packet = new byte[36 + inner.length];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv4Header.write(m, 0, 0, packet.length, 9, 0, 64, IpProtocol.UDP, A2, A1);
        UdpHeader.write(m, 20, 50_000, VxlanHeader.PORT, packet.length - 20);
        VxlanHeader.write(m, 28, 0xabcdef);
        System.arraycopy(inner, 0, packet, 36, inner.length);
        add("vxlan", frame(MAC_1, EtherType.IPV4, packet), 42, "udp 10.0.0.2:50000 -> 10.0.0.1:4789 len:68 id:0x0009 "
                + "xsum:0x0000 vxlan vni:11259375 {arp who-has 10.0.0.1 tell 10.0.0.2 at 02:00:00:00:00:02}",
                "vxlan.vni=11259375", "vxlan.flag_i=1", "arp.opcode=1");
    }

    private void fragments() {
        byte[] v6 = new byte[64];
        MemorySegment m = MemorySegment.ofArray(v6);
        Ipv6Header.write(m, 0, 0, 0, 24, IpProtocol.FRAGMENT, 64, LOCAL_2.hi(), LOCAL_2.lo(), LOCAL_1.hi(), LOCAL_1.lo());
        Ipv6Fragment.write(m, 40, IpProtocol.UDP, 1448, true, 0x1234_5678);
        add("fragment of IPv6", frame(MAC_1, EtherType.IPV6, v6), 54,
                "udp fe80::2 -> fe80::1 fragment offset:1448 len:16 id:0x12345678",
                "ipv6.fraghdr.nxt=17", "ipv6.fraghdr.offset=181", "ipv6.fraghdr.more=1", "ipv6.fraghdr.ident=0x12345678");
        byte[] v4 = new byte[36];
        Ipv4Header.write(MemorySegment.ofArray(v4), 0, 0, 36, 7, Ipv4Header.MORE_FRAGMENTS | 185, 64, IpProtocol.UDP, A2, A1);
        add("fragment of IPv4", frame(MAC_1, EtherType.IPV4, v4), 14,
                "udp 10.0.0.2 -> 10.0.0.1 fragment offset:1480 len:16 id:0x0007", "ip.frag_offset=185");
    }

    private void igmp(String name, int destination, byte[] message, String line, String... fields) {
        byte[] packet = new byte[24 + message.length];
        MemorySegment m = MemorySegment.ofArray(packet);
        Ipv4Header.write(m, 0, 0, packet.length, 1, 0, 1, IpProtocol.IGMP, A2, destination);
        BigEndian.put8(m, 0, 0x46);
        BigEndian.put32(m, 20, IgmpMessage.ROUTER_ALERT);
        BigEndian.put16(m, 10, 0);
        BigEndian.put16(m, 10, Checksum.finish(Checksum.sum(m, 0, 24)));
        System.arraycopy(message, 0, packet, 24, message.length);
        IgmpMessage.setChecksum(m, 24, message.length);
        var all = new ArrayList<>(List.of("igmp.checksum.status=1"));
        all.addAll(List.of(fields));
        add(name, frame(MacAddress.ofGroup(IpAddress.v4(destination)).bits(), EtherType.IPV4, packet), 38, line,
                all.toArray(String[]::new));
    }

    private void igmp() {
        igmp("igmp v2 report", GROUP, written(m -> IgmpMessage.writeV2Report(m, 0, GROUP)),
                "igmp 10.0.0.2 -> 239.1.1.1 report v2 239.1.1.1 id:0x0001", "igmp.type=0x16", "igmp.maddr=239.1.1.1");
        igmp("igmp leave", IgmpMessage.ALL_ROUTERS, written(m -> IgmpMessage.writeLeave(m, 0, GROUP)),
                "igmp 10.0.0.2 -> 224.0.0.2 leave 239.1.1.1 id:0x0001", "igmp.type=0x17", "igmp.maddr=239.1.1.1");
        igmp("igmp v2 query", 0xe000_0001, written(m -> IgmpMessage.writeV2Query(m, 0, 100, 0)),
                "igmp 10.0.0.2 -> 224.0.0.1 query v2 max-response-ms:10000 id:0x0001", "igmp.type=0x11", "igmp.max_resp=100");
        igmp("igmp v3 query", GROUP, written(m -> {
            long at = IgmpMessage.writeV3Query(m, 0, 10, GROUP, 2, 125, 1);
            BigEndian.put32(m, at, A1);
            return at + 4;
        }), "igmp 10.0.0.2 -> 239.1.1.1 query v3 239.1.1.1 max-response-ms:1000 sources:1 id:0x0001", "igmp.type=0x11",
                "igmp.maddr=239.1.1.1", "igmp.qrv=2", "igmp.qqic=125", "igmp.num_src=1", "igmp.saddr=10.0.0.1");
        igmp("igmp v3 report", IgmpMessage.V3_ROUTERS, written(m -> {
            long at = IgmpMessage.writeV3Report(m, 0, 2);
            at = IgmpMessage.writeRecord(m, at, GroupRecords.CHANGE_TO_EXCLUDE, GROUP, 0);
            at = IgmpMessage.writeRecord(m, at, GroupRecords.ALLOW_NEW_SOURCES, GROUP + 1, 2);
            BigEndian.put32(m, at, A1);
            BigEndian.put32(m, at + 4, A2);
            return at + 8;
        }), "igmp 10.0.0.2 -> 224.0.0.22 report v3 {to-exclude 239.1.1.1; allow 239.1.1.2 from 10.0.0.1,10.0.0.2} id:0x0001",
                "igmp.type=0x22", "igmp.num_grp_recs=2", "igmp.record_type=4,5", "igmp.maddr=239.1.1.1,239.1.1.2",
                "igmp.saddr=10.0.0.1,10.0.0.2");
    }

    private void mld() {
        icmpv6("mld v1 report", LOCAL_2, GROUP_6, 1, written(m -> MldMessage.writeV1Report(m, 0, GROUP_6.hi(), GROUP_6.lo())),
                "icmp6 fe80::2 -> ff05::1:3 mld type:131 code:0 report v1 ff05::1:3 len:16",
                "icmpv6.type=131", "icmpv6.mld.multicast_address=ff05::1:3");
        icmpv6("mld v1 done", LOCAL_2, IpAddress.parse("ff02::2"), 1,
                written(m -> MldMessage.writeV1Done(m, 0, GROUP_6.hi(), GROUP_6.lo())),
                "icmp6 fe80::2 -> ff02::2 mld type:132 code:0 done ff05::1:3 len:16",
                "icmpv6.type=132", "icmpv6.mld.multicast_address=ff05::1:3");
        icmpv6("mld v1 query", LOCAL_1, ALL_NODES, 1, written(m -> MldMessage.writeV1Query(m, 0, 10_000, 0, 0)),
                "icmp6 fe80::1 -> ff02::1 mld type:130 code:0 query v1 max-response-ms:10000 len:16",
                "icmpv6.type=130", "icmpv6.mld.maximum_response_delay=10000");
        icmpv6("mld v2 query", LOCAL_1, GROUP_6, 1, written(m -> {
            long at = MldMessage.writeV2Query(m, 0, 1000, GROUP_6.hi(), GROUP_6.lo(), 2, 125, 1);
            BigEndian.put64(m, at, GLOBAL.hi());
            BigEndian.put64(m, at + 8, GLOBAL.lo());
            return at + 16;
        }), "icmp6 fe80::1 -> ff05::1:3 mld type:130 code:0 query v2 ff05::1:3 max-response-ms:1000 sources:1 len:36",
                "icmpv6.type=130", "icmpv6.mld.maximum_response_code=1000", "icmpv6.mld.flag.qrv=2", "icmpv6.mld.qqi=125",
                "icmpv6.mld.nb_sources=1", "icmpv6.mld.source_address=2001:db8::2");
        icmpv6("mld v2 report", LOCAL_2, new IpAddress(MldMessage.ROUTERS_HI, MldMessage.V2_ROUTERS_LO), 1, written(m -> {
            long at = MldMessage.writeV2Report(m, 0, 2);
            at = MldMessage.writeRecord(m, at, GroupRecords.CHANGE_TO_INCLUDE, GROUP_6.hi(), GROUP_6.lo(), 0);
            at = MldMessage.writeRecord(m, at, GroupRecords.BLOCK_OLD_SOURCES, GROUP_6.hi(), GROUP_6.lo() + 1, 1);
            BigEndian.put64(m, at, GLOBAL.hi());
            BigEndian.put64(m, at + 8, GLOBAL.lo());
            return at + 16;
        }), "icmp6 fe80::2 -> ff02::16 mld type:143 code:0 report v2 {to-include ff05::1:3; block ff05::1:4 from 2001:db8::2} "
                + "len:56", "icmpv6.type=143", "icmpv6.mldr.nb_mcast_records=2", "icmpv6.mldr.mar.record_type=3,6",
                "icmpv6.mldr.mar.multicast_address=ff05::1:3,ff05::1:4", "icmpv6.mldr.mar.source_address=2001:db8::2");
    }
}
