package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

/// The codecs of Ethernet networks: whatever fields are written are read again, and nothing is written beside them.
class NetworkCodecProperties {
    private static final int AT = 5;
    private static final int ROOM = 2100;
    private static final byte GUARD = 0x5a;
    private static final long U32 = 0xffff_ffffL;

    private final MemorySegment m = MemorySegment.ofArray(new byte[ROOM]).fill(GUARD);
    private final NdpOptions options = new NdpOptions();

    /// All bytes before [#AT] and from `end` on are as they were.
    private void nothingElseIsWritten(long end) {
        for (int i = 0; i < ROOM; i++) {
            if (i < AT || i >= end) {
                assertEquals(GUARD, m.get(ValueLayout.JAVA_BYTE, i), "byte " + i);
            }
        }
    }

    @Property(tries = 300)
    void ethernet(@ForAll @LongRange(max = MacAddress.BROADCAST) long to, @ForAll @LongRange(max = MacAddress.BROADCAST) long from,
            @ForAll @IntRange(max = 65535) int type, @ForAll @IntRange(max = 7) int priority, @ForAll boolean dropEligible,
            @ForAll @IntRange(max = 4095) int vlan) {
        m.fill(GUARD);
        EthernetHeader.write(m, AT, to, from, type);
        nothingElseIsWritten(AT + 14);
        assertEquals(to, EthernetHeader.destination(m, AT));
        assertEquals(from, EthernetHeader.source(m, AT));
        assertEquals(type, EthernetHeader.type(m, AT));
        assertEquals(type < 0x600 ? WireError.UNKNOWN_FORMAT : WireError.NONE, EthernetHeader.check(m, AT, 14));
        EthernetHeader.writeTagged(m, AT, to, from, VlanTag.control(priority, dropEligible, vlan), type);
        nothingElseIsWritten(AT + 18);
        assertEquals(to, EthernetHeader.destination(m, AT));
        assertEquals(from, EthernetHeader.source(m, AT));
        int control = VlanTag.control(m, AT, 0);
        assertEquals(priority, VlanTag.priority(control));
        assertEquals(dropEligible, VlanTag.dropEligible(control));
        assertEquals(vlan, VlanTag.vlan(control));
        if (!EtherType.isVlan(type)) {
            assertEquals(type, VlanTag.type(VlanTag.walk(m, AT, 18)));
        }
    }

    @Property(tries = 300)
    void vxlanAndFragments(@ForAll @IntRange(max = VxlanHeader.MAX_VNI) int vni, @ForAll @IntRange(max = 255) int next,
            @ForAll @IntRange(max = 8191) int offset, @ForAll boolean more, @ForAll int identification) {
        m.fill(GUARD);
        VxlanHeader.write(m, AT, vni);
        nothingElseIsWritten(AT + 8);
        assertEquals(WireError.NONE, VxlanHeader.check(m, AT, 8));
        assertEquals(WireError.TRUNCATED, VxlanHeader.check(m, AT, 7));
        assertEquals(vni, VxlanHeader.vni(m, AT));
        BigEndian.put8(m, AT, 0xf7);
        assertEquals(WireError.UNKNOWN_FORMAT, VxlanHeader.check(m, AT, 8));
        Ipv6Fragment.write(m, AT, next, 8 * offset, more, identification);
        nothingElseIsWritten(AT + 8);
        assertEquals(next, Ipv6Fragment.nextHeader(m, AT));
        assertEquals(8 * offset, Ipv6Fragment.fragmentOffset(m, AT));
        assertEquals(more, Ipv6Fragment.moreFragments(m, AT));
        assertEquals(identification, Ipv6Fragment.identification(m, AT));
        assertEquals(offset == 0 && !more, Ipv6Fragment.isAtomic(m, AT));
        BigEndian.put16(m, AT + 2, 0x0006);
        assertTrue(Ipv6Fragment.isAtomic(m, AT), "reserved bits mean nothing");
    }

    @Property(tries = 300)
    void routerAdvertisements(@ForAll @IntRange(max = 255) int hops, @ForAll boolean managed, @ForAll boolean other,
            @ForAll @IntRange(min = -1, max = 1) int preference, @ForAll @IntRange(min = 1, max = 65535) int lifetime,
            @ForAll @LongRange(max = U32) long reachable, @ForAll @LongRange(max = U32) long retrans) {
        m.fill(GUARD);
        int flags = (managed ? NdpMessage.MANAGED : 0) | (other ? NdpMessage.OTHER_CONFIGURATION : 0);
        long end = NdpMessage.writeRouterAdvertisement(m, AT, hops, flags, preference, lifetime, reachable, retrans);
        assertEquals(AT + 16, end);
        nothingElseIsWritten(end);
        assertEquals(hops, NdpMessage.currentHopLimit(m, AT));
        assertEquals(flags, NdpMessage.routerFlags(m, AT) & 0xe0);
        assertEquals(preference, NdpMessage.preference(m, AT));
        assertEquals(lifetime, NdpMessage.routerLifetimeSeconds(m, AT));
        assertEquals(reachable, NdpMessage.reachableMs(m, AT));
        assertEquals(retrans, NdpMessage.retransMs(m, AT));
    }

    @Property(tries = 300)
    void neighborsAndRedirects(@ForAll long hi, @ForAll long lo, @ForAll long hi2, @ForAll long lo2,
            @ForAll @IntRange(max = 7) int flags) {
        m.fill(GUARD);
        nothingElseIsWritten(NdpMessage.writeNeighborSolicitation(m, AT, hi, lo));
        assertEquals(hi, NdpMessage.targetHi(m, AT));
        assertEquals(lo, NdpMessage.targetLo(m, AT));
        nothingElseIsWritten(NdpMessage.writeNeighborAdvertisement(m, AT, flags << 5, hi2, lo2));
        assertEquals(flags << 5, NdpMessage.flags(m, AT));
        assertEquals(hi2, NdpMessage.targetHi(m, AT));
        assertEquals(lo2, NdpMessage.targetLo(m, AT));
        nothingElseIsWritten(NdpMessage.writeRedirect(m, AT, hi, lo, hi2, lo2));
        assertEquals(hi, NdpMessage.targetHi(m, AT));
        assertEquals(lo, NdpMessage.targetLo(m, AT));
        assertEquals(hi2, NdpMessage.redirectedHi(m, AT));
        assertEquals(lo2, NdpMessage.redirectedLo(m, AT));
    }

    private void only(long end) {
        nothingElseIsWritten(end);
        options.over(m, AT, (int) (end - AT));
        assertTrue(options.next());
        assertEquals(end, options.offset() + options.length());
    }

    private void atEnd() {
        assertFalse(options.next());
        assertEquals(WireError.NONE, options.error());
        assertEquals(0, options.ignored());
    }

    @Property(tries = 300)
    void addressPrefixAndMtuOptions(@ForAll @LongRange(max = MacAddress.BROADCAST) long anyMac, @ForAll long hi, @ForAll long lo,
            @ForAll @IntRange(max = 128) int bits, @ForAll boolean onLink, @ForAll boolean autonomous,
            @ForAll @LongRange(max = U32) long valid, @ForAll @LongRange(max = U32) long preferred) {
        m.fill(GUARD);
        long mac = anyMac & ~(1L << 40);
        long from = NdpMessage.writeRouterSolicitation(m, AT);
        only(NdpOptionWriter.sourceLinkLayerAddress(m, from, mac));
        assertEquals(NdpOptions.SOURCE_LINK_LAYER_ADDRESS, options.type());
        assertEquals(mac, options.linkLayerAddress());
        atEnd();
        only(NdpOptionWriter.targetLinkLayerAddress(m, from, mac));
        assertEquals(NdpOptions.TARGET_LINK_LAYER_ADDRESS, options.type());
        assertEquals(mac, options.linkLayerAddress());
        only(NdpOptionWriter.mtu(m, from, valid));
        assertEquals(valid, options.mtu());
        only(NdpOptionWriter.prefix(m, from, hi, lo, bits, onLink, autonomous, valid, preferred));
        assertEquals(hi, options.prefixHi());
        assertEquals(lo, options.prefixLo());
        assertEquals(bits, options.prefixLength());
        assertEquals(onLink, options.isOnLink());
        assertEquals(autonomous, options.isAutonomous());
        assertEquals(valid, options.validSeconds());
        assertEquals(preferred, options.preferredSeconds());
        atEnd();
    }

    @Property(tries = 300)
    void routes(@ForAll long hi, @ForAll long lo, @ForAll @IntRange(max = 128) int bits,
            @ForAll @IntRange(min = -1, max = 1) int preference, @ForAll @LongRange(max = U32) long lifetime) {
        m.fill(GUARD);
        only(NdpOptionWriter.route(m, NdpMessage.writeRouterSolicitation(m, AT), hi, lo, bits, preference, lifetime));
        assertEquals(NdpOptions.ROUTE_INFORMATION, options.type());
        assertEquals(bits == 0 ? 0 : hi, options.prefixHi());
        assertEquals(bits <= 64 ? 0 : lo, options.prefixLo());
        assertEquals(bits, options.prefixLength());
        assertEquals(preference, options.preference());
        assertEquals(lifetime, options.lifetimeSeconds());
        atEnd();
    }

    @Property(tries = 200)
    void servers(@ForAll @Size(min = 1, max = 20) List<Long> words, @ForAll @LongRange(max = U32) long lifetime) {
        m.fill(GUARD);
        List<IpAddress> servers = words.stream().map(w -> new IpAddress(w, ~w)).toList();
        only(NdpOptionWriter.rdnss(m, NdpMessage.writeRouterSolicitation(m, AT), lifetime, servers));
        assertEquals(NdpOptions.RDNSS, options.type());
        assertEquals(lifetime, options.lifetimeSeconds());
        assertEquals(servers, IntStream.range(0, options.serverCount())
                .mapToObj(i -> new IpAddress(options.serverHi(i), options.serverLo(i))).toList());
        atEnd();
    }

    @Provide
    Arbitrary<List<String>> names() {
        Arbitrary<String> label = Arbitraries.strings().withCharRange('a', 'z').withCharRange('0', '9').withChars('-', '_')
                .ofMinLength(1).ofMaxLength(20);
        return label.list().ofMinSize(1).ofMaxSize(4).map(l -> String.join(".", l)).list().ofMinSize(1).ofMaxSize(8);
    }

    @Property(tries = 300)
    void domains(@ForAll("names") List<String> names, @ForAll @LongRange(max = U32) long lifetime) {
        m.fill(GUARD);
        only(NdpOptionWriter.dnssl(m, NdpMessage.writeRouterSolicitation(m, AT), lifetime, names));
        assertEquals(NdpOptions.DNSSL, options.type());
        assertEquals(lifetime, options.lifetimeSeconds());
        assertEquals(names, options.domains());
        atEnd();
    }

    @Property(tries = 200)
    void redirectedHeaders(@ForAll @Size(min = 1, max = 300) byte[] packet) {
        m.fill(GUARD);
        only(NdpOptionWriter.redirectedHeader(m, NdpMessage.writeRouterSolicitation(m, AT), MemorySegment.ofArray(packet), 1,
                packet.length - 1));
        assertEquals(NdpOptions.REDIRECTED_HEADER, options.type());
        assertEquals((packet.length - 1) / 8 * 8, options.quotedLength());
        assertArrayEquals(java.util.Arrays.copyOfRange(packet, 1, 1 + options.quotedLength()),
                m.asSlice(options.quotedOffset(), options.quotedLength()).toArray(ValueLayout.JAVA_BYTE));
        atEnd();
    }

    @Property(tries = 300)
    void igmp(@ForAll @IntRange(max = 0xfff_ffff) int low, @ForAll @IntRange(min = 1, max = 6) int type,
            @ForAll @Size(max = 20) List<Integer> sources, @ForAll @IntRange(max = 127) int time,
            @ForAll @IntRange(max = 7) int robustness, @ForAll @IntRange(max = 127) int interval) {
        m.fill(GUARD);
        int group = 0xe000_0000 | low;
        nothingElseIsWritten(IgmpMessage.writeV2Report(m, AT, group));
        assertEquals(WireError.NONE, IgmpMessage.check(m, AT, 8));
        assertEquals(group, IgmpMessage.group(m, AT));
        nothingElseIsWritten(IgmpMessage.writeLeave(m, AT, group));
        assertEquals(WireError.NONE, IgmpMessage.check(m, AT, 8));
        assertEquals(IgmpMessage.LEAVE, IgmpMessage.type(m, AT));
        long end = putV4(IgmpMessage.writeV3Query(m, AT, time, group, robustness, interval, sources.size()), sources);
        nothingElseIsWritten(end);
        int length = (int) end - AT;
        assertEquals(WireError.NONE, IgmpMessage.check(m, AT, length));
        assertEquals(time * 100, IgmpMessage.maxResponseMs(m, AT, length));
        assertEquals(robustness, IgmpMessage.robustness(m, AT));
        assertEquals(interval, IgmpMessage.queryIntervalSeconds(m, AT));
        assertFalse(IgmpMessage.suppressesRouters(m, AT));
        assertEquals(sources, IntStream.range(0, IgmpMessage.sourceCount(m, AT))
                .mapToObj(i -> IgmpMessage.source(m, AT, i)).toList());
        end = IgmpMessage.writeV3Report(m, AT, 2);
        end = putV4(IgmpMessage.writeRecord(m, end, type, group, sources.size()), sources);
        end = IgmpMessage.writeRecord(m, end, type, group, 0);
        assertEquals(WireError.NONE, IgmpMessage.check(m, AT, (int) end - AT));
        var records = new GroupRecords();
        records.overIgmp(m, AT, (int) end - AT);
        assertTrue(records.next());
        assertEquals(type, records.type());
        assertEquals(IpAddress.v4(group), new IpAddress(records.groupHi(), records.groupLo()));
        assertEquals(sources, IntStream.range(0, records.sourceCount())
                .mapToObj(i -> new IpAddress(records.sourceHi(i), records.sourceLo(i)).v4Bits()).toList());
        assertTrue(records.next() && records.sourceCount() == 0);
        assertFalse(records.next());
        assertEquals(WireError.NONE, records.error());
    }

    private long putV4(long at, List<Integer> sources) {
        long end = at;
        for (int source : sources) {
            BigEndian.put32(m, end, source);
            end += 4;
        }
        return end;
    }

    @Property(tries = 300)
    void mld(@ForAll long low, @ForAll long lo, @ForAll @IntRange(min = 1, max = 6) int type,
            @ForAll @Size(max = 20) List<Long> sources, @ForAll @IntRange(max = 32767) int time,
            @ForAll @IntRange(max = 7) int robustness, @ForAll @IntRange(max = 127) int interval) {
        m.fill(GUARD);
        long hi = low | 0xffL << 56;
        IpAddress local = NetworkSamples.LOCAL_1;
        nothingElseIsWritten(MldMessage.writeV1Report(m, AT, hi, lo));
        assertEquals(WireError.NONE, MldMessage.check(m, AT, 24, 1, local.hi(), local.lo()));
        assertEquals(hi, MldMessage.groupHi(m, AT));
        assertEquals(lo, MldMessage.groupLo(m, AT));
        long end = putV6(MldMessage.writeV2Query(m, AT, time, hi, lo, robustness, interval, sources.size()), sources);
        nothingElseIsWritten(end);
        int length = (int) end - AT;
        assertEquals(WireError.NONE, MldMessage.check(m, AT, length, 1, local.hi(), local.lo()));
        assertEquals(time, MldMessage.maxResponseMs(m, AT, length));
        assertEquals(robustness, MldMessage.robustness(m, AT));
        assertEquals(interval, MldMessage.queryIntervalSeconds(m, AT));
        assertFalse(MldMessage.suppressesRouters(m, AT));
        assertEquals(sources, IntStream.range(0, MldMessage.sourceCount(m, AT)).mapToObj(i -> {
            assertEquals(~MldMessage.sourceHi(m, AT, i), MldMessage.sourceLo(m, AT, i));
            return MldMessage.sourceHi(m, AT, i);
        }).toList());
        end = MldMessage.writeV2Report(m, AT, 1);
        end = putV6(MldMessage.writeRecord(m, end, type, hi, lo, sources.size()), sources);
        assertEquals(WireError.NONE, MldMessage.check(m, AT, (int) end - AT, 1, local.hi(), local.lo()));
        var records = new GroupRecords();
        records.overMld(m, AT, (int) end - AT);
        assertTrue(records.next());
        assertEquals(type, records.type());
        assertEquals(hi, records.groupHi());
        assertEquals(lo, records.groupLo());
        assertEquals(sources, IntStream.range(0, records.sourceCount()).mapToObj(records::sourceHi).toList());
        assertFalse(records.next());
    }

    private long putV6(long at, List<Long> sources) {
        long end = at;
        for (long source : sources) {
            BigEndian.put64(m, end, source);
            BigEndian.put64(m, end + 8, ~source);
            end += 16;
        }
        return end;
    }

    @Property(tries = 50)
    void routerAlerts(@ForAll @IntRange(max = 255) int next) {
        m.fill(GUARD);
        nothingElseIsWritten(MldMessage.writeRouterAlert(m, AT, next));
        var cursor = new OptionCursor();
        cursor.overIpv6(m, AT, 8);
        assertTrue(cursor.next() && cursor.kind() == 5 && cursor.dataLength() == 2);
        assertTrue(cursor.next() && cursor.kind() == OptionCursor.KIND_1 && cursor.dataLength() == 0);
        assertFalse(cursor.next());
        assertEquals(WireError.NONE, cursor.error());
        assertEquals(next, BigEndian.u8(m, AT));
    }
}
