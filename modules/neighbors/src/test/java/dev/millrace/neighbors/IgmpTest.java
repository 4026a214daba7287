package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.spi.Link;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.GroupRecords;
import dev.millrace.wire.IgmpMessage;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.MacAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a station says of the IPv4 groups that it listens to, in stepped time.
class IgmpTest extends GroupsTest {
    private static final IpAddress GROUP = IpAddress.parse("239.1.2.3");
    private static final int IP = EthernetHeader.LENGTH;
    /// One thing said: `join 239…`, `leave …`, `is …` in version 3; `report …`, `old …` and `done …` in versions 2 and 1.
    private List<String> said() {
        var all = new ArrayList<String>();
        for (byte[] f : segment.seen) {
            MemorySegment m = MemorySegment.ofArray(f);
            if (EthernetHeader.type(m, 0) != EtherType.IPV4 || Ipv4Header.protocol(m, IP) != IpProtocol.IGMP) {
                continue;
            }
            int header = Ipv4Header.headerLength(m, IP);
            int at = IP + header;
            int length = Ipv4Header.totalLength(m, IP) - header;
            assertEquals(24, header, "with a router alert");
            assertTrue(Ipv4Header.checksumIsRight(m, IP) && IgmpMessage.checksumIsRight(m, at, length));
            assertEquals(1, Ipv4Header.ttl(m, IP));
            IpAddress to = IpAddress.v4(Ipv4Header.destination(m, IP));
            assertEquals(MacAddress.ofGroup(to.hi(), to.lo()), EthernetHeader.destination(m, 0));
            String group = IpAddress.v4(IgmpMessage.group(m, at)).toString();
            switch (IgmpMessage.type(m, at)) {
                case IgmpMessage.V3_REPORT -> {
                    assertEquals("224.0.0.22", to.toString());
                    var records = new GroupRecords();
                    records.overIgmp(m, at, length);
                    read(records, all);
                }
                case IgmpMessage.V2_REPORT -> {
                    assertEquals(group, to.toString());
                    all.add("report " + group);
                }
                case IgmpMessage.V1_REPORT -> all.add("old " + group);
                case IgmpMessage.LEAVE -> {
                    assertEquals("224.0.0.2", to.toString());
                    all.add("done " + group);
                }
                default -> { }
            }
        }
        segment.seen.clear();
        return all;
    }

    /// A frame with a message of a router or another member.
    private static byte[] frame(String to, byte[] message) {
        byte[] f = new byte[IP + 20 + message.length];
        MemorySegment m = MemorySegment.ofArray(f);
        IpAddress group = IpAddress.parse(to);
        EthernetHeader.write(m, 0, MacAddress.ofGroup(group.hi(), group.lo()), 0x0200_5e00_0009L, EtherType.IPV4);
        Ipv4Header.write(m, IP, 0, 20 + message.length, 0, 0, 1, IpProtocol.IGMP, IpAddress.parse("10.0.0.9").v4Bits(),
                group.v4Bits());
        System.arraycopy(message, 0, f, IP + 20, message.length);
        if (message.length >= 4) {
            IgmpMessage.setChecksum(m, IP + 20, message.length);
        }
        return f;
    }

    private static byte[] query(int version, String group, int tenths) {
        byte[] b = new byte[version == 3 ? IgmpMessage.V3_QUERY_LENGTH : IgmpMessage.LENGTH];
        int asked = IpAddress.parse(group).v4Bits();
        if (version == 3) {
            IgmpMessage.writeV3Query(MemorySegment.ofArray(b), 0, tenths, asked, 2, 125, 0);
        } else {
            IgmpMessage.writeV2Query(MemorySegment.ofArray(b), 0, version == 1 ? 0 : tenths, asked);
        }
        return frame(asked == 0 ? "224.0.0.1" : group, b);
    }

    private ManualStack host() throws IOException {
        return station("10.0.0.1/24");
    }

    @Test
    void joiningAndLeavingAreToldTwice() throws Exception {
        ManualStack host = host();
        assertTrue(groups(host).join(port(host), GROUP));
        segment.pass(100);
        assertEquals(List.of("join 239.1.2.3"), said());
        segment.pass(3_000);
        assertEquals(List.of("join 239.1.2.3"), said());
        groups(host).leave(port(host), GROUP);
        segment.pass(3_000);
        assertEquals(List.of("leave 239.1.2.3", "leave 239.1.2.3"), said());
        assertTrue(groups(host).join(port(host), IpAddress.parse("224.0.0.1")));
        segment.pass(3_000);
        assertEquals(List.of(), said(), "all hosts are never reported (RFC 3376 §5)");
    }

    @Test
    void queriesAreAnsweredWithinTheirTime() throws Exception {
        ManualStack host = host();
        groups(host).join(port(host), GROUP);
        groups(host).join(port(host), IpAddress.parse("239.9.9.9"));
        segment.pass(3_000);
        said();
        segment.inject(query(3, "0.0.0.0", 100));
        segment.inject(query(3, "0.0.0.0", 100));
        segment.pass(10_000);
        assertEquals(List.of("is 239.1.2.3", "is 239.9.9.9"), said(), "once for both");
        byte[] ofSwitch = query(3, "0.0.0.0", 10);
        MemorySegment m = MemorySegment.ofArray(ofSwitch);
        Ipv4Header.write(m, IP, 0, 32, 0, 0, 1, IpProtocol.IGMP, 0, IpAddress.parse("224.0.0.1").v4Bits());
        segment.inject(ofSwitch);
        segment.pass(1_000);
        assertEquals(2, said().size(), "a switch asks from 0.0.0.0");
        segment.inject(query(3, "239.9.9.9", 10));
        segment.pass(1_000);
        // The group's frames come in only once the stack takes them; here nobody but the report's own protocol wants them.
        assertTrue(said().size() <= 1);
    }

    @ParameterizedTest
    @CsvSource({"2, report, done", "1, old, "})
    void anOldRouterIsSpokenToInItsVersion(int version, String report, String done) throws Exception {
        ManualStack host = host();
        segment.inject(query(version, "0.0.0.0", 10));
        segment.pass(3_000);
        assertEquals(List.of(), said());
        groups(host).join(port(host), GROUP);
        segment.pass(3_000);
        assertEquals(List.of(report + " 239.1.2.3", report + " 239.1.2.3"), said());
        segment.inject(query(version, "0.0.0.0", 10));
        segment.pass(11_000);
        assertEquals(List.of(report + " 239.1.2.3"), said());
        groups(host).leave(port(host), GROUP);
        segment.pass(3_000);
        assertEquals(done == null ? List.of() : List.of(done + " 239.1.2.3"), said());
        // It is not heard again.
        segment.pass(262_000);
        groups(host).join(port(host), GROUP);
        segment.pass(3_000);
        assertEquals(List.of("join 239.1.2.3", "join 239.1.2.3"), said());
    }

    @Test
    void hostileMessagesAreCountedAndFloodsAnsweredSeldom() throws Exception {
        ManualStack host = host();
        groups(host).join(port(host), GROUP);
        segment.pass(3_000);
        said();
        byte[] wrong = query(3, "0.0.0.0", 1);
        wrong[IP + 20 + 2] ^= 1;
        segment.inject(wrong);
        segment.inject(frame("224.0.0.1", new byte[3]));
        segment.inject(frame("224.0.0.1", new byte[9]));
        assertEquals(3, host.counters().get("drops").get("bad-neighbor-message"));
        for (int i = 0; i < 1_000; i++) {
            segment.inject(query(3, "0.0.0.0", 0));
            if (i % 10 == 0) {
                segment.pass(10);
            }
        }
        int said = said().size();
        assertTrue(said > 0 && said <= 101, "answers in a second: " + said);
    }

    @Test
    void aNicThatComesUpReportsAgainAndItCanBeLeftOut() throws Exception {
        ManualStack host = host();
        groups(host).join(port(host), GROUP);
        segment.pass(3_000);
        said();
        var link = (Link.Sink) host.nics().getFirst();
        link.stateChanged(false, "unplugged");
        link.stateChanged(true, "plugged in");
        segment.pass(3_000);
        assertEquals(List.of("join 239.1.2.3", "join 239.1.2.3"), said());
        ManualStack silent = segment.station("silent", Map.of("neighbors", Map.of("igmp", "false")), "10.0.0.2/24");
        assertFalse(groups(silent).join(port(silent), GROUP));
    }
}
