package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.Nic;
import dev.millrace.NicAddress;
import dev.millrace.spi.GroupMembership;
import dev.millrace.spi.Link;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.GroupRecords;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MldMessage;
import dev.millrace.wire.NdpMessage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a station says of the groups that it listens to, in stepped time.
class MldTest extends GroupsTest {
    private static final int AT = EthernetHeader.LENGTH + Ipv6Header.LENGTH + MldMessage.ROUTER_ALERT_LENGTH;
    private static final IpAddress GROUP = IpAddress.parse("ff05::1234");
    /// One thing said: `join ff02::…`, `leave …`, `is …` in version 2; `report …`, `done …` in version 1.
    private List<String> said() {
        var all = new ArrayList<String>();
        for (byte[] f : segment.seen) {
            MemorySegment m = MemorySegment.ofArray(f);
            if (EthernetHeader.type(m, 0) != EtherType.IPV6 || Ipv6Header.nextHeader(m, 14) != 0) {
                continue;
            }
            assertEquals(1, Ipv6Header.hopLimit(m, 14));
            assertEquals(0x3a00_0502_0000_0100L, m.get(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED.withOrder(
                    java.nio.ByteOrder.BIG_ENDIAN), 54), "a router alert");
            int length = f.length - AT;
            assertTrue(NdpMessage.checksumIsRight(m, AT, length, Ipv6Header.sourceHi(m, 14), Ipv6Header.sourceLo(m, 14),
                    Ipv6Header.destinationHi(m, 14), Ipv6Header.destinationLo(m, 14)));
            switch (IcmpHeader.type(m, AT)) {
                case MldMessage.V2_REPORT -> {
                    assertEquals(MldMessage.V2_ROUTERS_LO, Ipv6Header.destinationLo(m, 14));
                    var records = new GroupRecords();
                    records.overMld(m, AT, length);
                    read(records, all);
                }
                case MldMessage.V1_REPORT -> all.add("report " + new IpAddress(MldMessage.groupHi(m, AT), MldMessage.groupLo(m, AT)));
                case MldMessage.V1_DONE -> all.add("done " + new IpAddress(MldMessage.groupHi(m, AT), MldMessage.groupLo(m, AT)));
                default -> { }
            }
        }
        segment.seen.clear();
        return all;
    }

    private static long sourceOfFirst(Segment segment) {
        return segment.seen.stream().map(MemorySegment::ofArray).filter(m -> Ipv6Header.nextHeader(m, 14) == 0)
                .mapToLong(m -> Ipv6Header.sourceHi(m, 14)).findFirst().orElseThrow();
    }

    private ManualStack host() throws IOException {
        return station("fd00::1/64");
    }

    @Test
    void whatAnAddressNeedsIsReportedTwiceAndLeft() throws Exception {
        ManualStack host = host();
        segment.pass(100);
        assertEquals(0, sourceOfFirst(segment), "from :: while there is no link-local address (RFC 3590)");
        assertEquals(List.of("join ff02::1:ff00:1"), said());
        segment.pass(1_000);
        assertEquals(List.of("join ff02::1:ff00:1"), said());
        segment.pass(10_000);
        assertEquals(List.of(), said());
        Nic nic = host.nics().getFirst();
        nic.removeAddress(nic.addresses().getFirst());
        segment.pass(2_000);
        assertEquals(List.of("leave ff02::1:ff00:1", "leave ff02::1:ff00:1"), said());
    }

    @Test
    void withALinkLocalAddressReportsComeFromIt() throws Exception {
        ManualStack host = segment.station("host", "fd00::1/64");
        segment.pass(5_000);
        segment.seen.clear();
        segment.inject(Frames.query(2, "::", 1_000));
        segment.pass(1_000);
        assertEquals(0xfe80L << 48, sourceOfFirst(segment));
        IpAddress own = host.nics().getFirst().addressDetails().stream().map(NicAddress::address)
                .filter(IpAddress::isLinkLocal).findFirst().orElseThrow();
        List<String> said = said();
        assertEquals(2, said.size(), said.toString());
        assertTrue(said.contains("is " + new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(own.lo()))));
    }

    @Test
    void queriesAreAnsweredInTheirTime() throws Exception {
        ManualStack host = host();
        groups(host).join(port(host), GROUP);
        segment.pass(5_000);
        said();
        segment.inject(Frames.query(2, "::", 10_000));
        segment.inject(Frames.query(2, "::", 10_000));
        assertEquals(List.of(), said());
        segment.pass(10_000);
        assertEquals(List.of("is ff02::1:ff00:1", "is ff05::1234"), said(), "one answer for both");
        segment.inject(Frames.query(2, "ff02::1:ff00:1", 1_000));
        segment.pass(1_000);
        assertEquals(List.of("is ff02::1:ff00:1"), said());
        segment.inject(Frames.query(2, "ff02::1:ff00:77", 1_000));
        segment.pass(1_000);
        assertEquals(List.of(), said());
    }

    @Test
    void joinsAreCounted() throws Exception {
        ManualStack host = host();
        segment.pass(3_000);
        said();
        GroupMembership g = groups(host);
        assertTrue(g.join(port(host), GROUP));
        assertTrue(g.join(port(host), GROUP));
        g.leave(port(host), GROUP);
        segment.pass(2_000);
        assertEquals(List.of("join ff05::1234", "join ff05::1234"), said());
        g.leave(port(host), GROUP);
        g.leave(port(host), GROUP);
        segment.pass(2_000);
        assertEquals(List.of("leave ff05::1234", "leave ff05::1234"), said());
        // All nodes and what stays on the host is never reported (RFC 3810 §6).
        g.join(port(host), IpAddress.parse("ff02::1"));
        g.join(port(host), IpAddress.parse("ff01::5"));
        segment.pass(2_000);
        assertEquals(List.of(), said());
        assertFalse(g.join(port(host), IpAddress.parse("fd00::1")));
        int joined = 0;
        while (joined < 2_000 && g.join(port(host), new IpAddress(0xff05L << 48, 0x10000 + joined))) {
            joined++;
        }
        assertTrue(joined < 600, "bounded: " + joined);
        segment.pass(200);
        assertEquals(joined, said().stream().distinct().count(), "in several reports");
    }

    @Test
    void anOldRouterIsSpokenToInItsVersion() throws Exception {
        ManualStack host = host();
        segment.pass(3_000);
        said();
        segment.inject(Frames.query(1, "::", 1_000));
        segment.pass(1_000);
        assertEquals(List.of("report ff02::1:ff00:1"), said());
        GroupMembership g = groups(host);
        g.join(port(host), GROUP);
        segment.pass(2_000);
        assertEquals(List.of("report ff05::1234", "report ff05::1234"), said());
        // Another member answers first.
        String own = "ff02::1:ff00:1";
        segment.inject(Frames.query(1, own, 5_000));
        segment.inject(Frames.oldReport(0x0200_5e00_0009L, "fe80::9", own));
        segment.pass(6_000);
        assertEquals(List.of(), said());
        Nic nic = host.nics().getFirst();
        nic.removeAddress(Cidr.parse("fd00::1/64"));
        segment.pass(2_000);
        assertEquals(List.of(), said(), "the other is a member still");
        nic.addAddress(Cidr.parse("fd00::1/64"));
        segment.pass(2_000);
        said();
        g.leave(port(host), GROUP);
        segment.pass(2_000);
        assertEquals(List.of("done ff05::1234"), said());
        // It is not heard again.
        segment.pass(260_000);
        segment.inject(Frames.query(2, "::", 1_000));
        segment.pass(1_000);
        assertEquals(List.of("is ff02::1:ff00:1"), said());
    }

    @Test
    void aNicThatComesUpReportsAgainAndAFloodOfQueriesIsAnsweredSeldom() throws Exception {
        ManualStack host = host();
        segment.pass(3_000);
        said();
        var link = (Link.Sink) host.nics().getFirst();
        link.stateChanged(false, "unplugged");
        link.stateChanged(true, "plugged in");
        segment.pass(2_000);
        assertEquals(List.of("join ff02::1:ff00:1", "join ff02::1:ff00:1"), said());
        for (int i = 0; i < 1_000; i++) {
            segment.inject(Frames.query(2, "::", 0));
            if (i % 10 == 0) {
                segment.pass(10);
            }
        }
        int said = said().size();
        assertTrue(said > 0 && said <= 101, "answers in a second: " + said);
    }

    @Test
    void itCanBeLeftOut() throws Exception {
        ManualStack host = segment.station("host", Map.of("neighbors", Map.of("mld", "false")), "fd00::1/64");
        assertFalse(groups(host).join(port(host), GROUP));
        segment.inject(Frames.query(2, "::", 0));
        segment.pass(3_000);
        assertEquals(List.of(), said());
    }
}
