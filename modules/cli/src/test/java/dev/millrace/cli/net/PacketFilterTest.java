package dev.millrace.cli.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.pcap.LinkType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketFilterTest {
    private static final Map<String, PacketFacts> PACKETS = new LinkedHashMap<>();

    static {
        add("web", PacketBuilder.between("10.0.0.1", "10.0.0.2").tcp(40000, 80, 1, 1, 0x10, 100, new byte[0], new byte[10]));
        add("dns", PacketBuilder.between("10.0.0.1", "10.9.0.9").udp(5353, 53, new byte[30]));
        add("ping", PacketBuilder.between("10.0.0.2", "10.0.0.1").echoRequest(1, 2, new byte[500]));
        add("ping6", PacketBuilder.between("fd00::1", "fd00::2").echoRequest(1, 2, new byte[8]));
        add("web6", PacketBuilder.between("fd00::2", "fd00::1").extension(60, 0, 0, 0, 0, 0, 0, 0).tcp(80, 40000, 1, 1, 0x10,
                100, new byte[0], new byte[0]));
        add("arp", frame(0x0806, PacketBuilder.bytes(0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0,
                10, 0, 0, 9)),
                LinkType.ETHERNET);
        add("tagged", tagged(PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1, 2, new byte[4])), LinkType.ETHERNET);
    }

    private static void add(String name, byte[] ip) {
        add(name, ip, LinkType.RAW);
    }

    private static void add(String name, byte[] bytes, int linkType) {
        PACKETS.put(name, PacketFacts.of(bytes, linkType, bytes.length));
    }

    private static byte[] frame(int type, byte[] payload) {
        byte[] f = new byte[14 + payload.length];
        Arrays.fill(f, 0, 6, (byte) 0xff);
        f[6] = 2;
        f[11] = 1;
        f[12] = (byte) (type >> 8);
        f[13] = (byte) type;
        System.arraycopy(payload, 0, f, 14, payload.length);
        return f;
    }

    private static byte[] tagged(byte[] ip) {
        byte[] inner = new byte[4 + ip.length];
        inner[1] = 7;
        inner[2] = 8;
        System.arraycopy(ip, 0, inner, 4, ip.length);
        return frame(0x8100, inner);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                  | web dns ping ping6 web6 arp tagged
            ip                                  | web dns ping tagged
            ip6                                 | ping6 web6
            arp                                 | arp
            tcp                                 | web web6
            udp                                 | dns tagged
            icmp or icmp6                       | ping ping6
            tcp port 80                         | web web6
            tcp dst port 80                     | web
            src tcp port 80                     | web6
            dst udp port 53                     | dns
            udp port 80                         | ''
            port 50-60                          | dns
            host 10.0.0.1                       | web dns ping arp tagged
            src host 10.0.0.1                   | web dns arp tagged
            dst host 10.0.0.1                   | ping
            host fd00::1                        | ping6 web6
            net 10.9.0.0/16                     | dns
            src net fd00::/16                   | ping6 web6
            proto 17                            | dns tagged
            vlan                                | tagged
            vlan 7                              | tagged
            vlan 8                              | ''
            broadcast                           | arp tagged
            ether host 02:00:00:00:00:01        | arp tagged
            ether dst ff:ff:ff:ff:ff:ff         | arp tagged
            greater 500                         | ping
            not ip and not ip6                  | arp
            not (ip or ip6)                     | arp
            !(ip&&ip)&&!ip6                     | arp
            tcp and host 10.0.0.2 or arp        | web arp
            arp or tcp and host 10.0.0.2        | web arp
            (arp or tcp) and host 10.0.0.2      | web
            not not not arp and not tcp         | dns ping ping6 tagged
            """)
    void letsThroughWhatIsMeant(String filter, String expected) {
        var found = new ArrayList<String>();
        var wanted = PacketFilter.parse(filter);
        PACKETS.forEach((name, facts) -> {
            if (wanted.test(facts)) {
                found.add(name);
            }
        });
        assertEquals(expected, String.join(" ", found), filter);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tcp prt 80     | the filter has "prt" behind "tcp" where it should have and, or
            port           | the filter has the end behind "port" where it should have a port
            port 70000     | the filter has "70000" behind "port" where it should have a port
            host 10.0.0    | the filter has "10.0.0" behind "host" where it should have an address
            (tcp           | the filter has the end behind "( tcp" where it should have and, or, )
            src tcp        | the filter has the end behind "src tcp" where it should have port
            src arp        | the filter has "arp" behind "src" where it should have host, net or port
            and tcp        | the filter has "and" where it should have a word such as tcp
            ether 1        | the filter has "1" behind "ether" where it should have host
            """)
    void saysWhatIsWrongAndWhere(String filter, String message) {
        var e = assertThrows(IllegalArgumentException.class, () -> PacketFilter.parse(filter));
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
    }

    @Test
    void nestingHasAnEnd() {
        assertThrows(IllegalArgumentException.class, () -> PacketFilter.parse("(".repeat(100_000)));
        assertThrows(IllegalArgumentException.class, () -> PacketFilter.parse("not ".repeat(100_000)));
    }

    @Provide
    Arbitrary<String> words() {
        return Arbitraries.of("tcp", "udp", "port", "80", "-1", "1-", "host", "10.0.0.1", "net", "10.0.0.0/8", "/", "src", "dst",
                "ether", "vlan", "7", "less", "proto", "and", "or", "not", "(", ")", "!", "&&", "arp", "x").list().ofMaxSize(12)
                .map(l -> String.join(" ", l));
    }

    @Property(tries = 2000)
    void anyWordsAreAFilterOrRefusedInWords(@ForAll @From("words") String text) {
        try {
            var filter = PacketFilter.parse(text);
            PACKETS.values().forEach(filter::test);
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage().startsWith("the filter"), text + ": " + e);
        }
    }

    @Property(tries = 2000)
    void anyBytesGiveFacts(@ForAll byte[] bytes, @ForAll("linkTypes") int linkType) {
        PacketFacts facts = PacketFacts.of(bytes, linkType, bytes.length);
        assertTrue(facts.transport() < bytes.length);
        new FlowTable(10).packet(facts, bytes, 1);
    }

    @Provide
    Arbitrary<Integer> linkTypes() {
        return Arbitraries.of(LinkType.ETHERNET, LinkType.RAW, LinkType.NULL, 113, 276);
    }

    /// Real packets, with a byte changed and cut off somewhere: what random bytes seldom reach.
    @Property(tries = 5000)
    void damagedPacketsGiveFacts(@ForAll @IntRange(min = 0, max = 2) int which,
            @ForAll @IntRange(min = 0, max = 70) int at, @ForAll byte value,
            @ForAll @IntRange(min = 0, max = 80) int cut) {
        byte[] packet = switch (which) {
            case 0 -> PacketBuilder.between("10.0.0.1", "10.0.0.2").tcp(1, 2, 3, 4, 0x12, 100, new byte[0], new byte[10]);
            case 1 -> PacketBuilder.between("fd00::2", "fd00::1").extension(60, 0, 0, 0, 0, 0, 0, 0).tcp(80, 4, 1, 1, 2, 100,
                    new byte[0], new byte[9]);
            default -> tagged(PacketBuilder.between("10.0.0.1", "10.0.0.2").echoRequest(1, 2, new byte[4]));
        };
        byte[] bytes = Arrays.copyOf(packet, Math.max(0, packet.length - cut));
        if (at < bytes.length) {
            bytes[at] = value;
        }
        PacketFacts facts = PacketFacts.of(bytes, which == 2 ? LinkType.ETHERNET : LinkType.RAW, packet.length);
        new FlowTable(10).packet(facts, bytes, 1);
    }
}
