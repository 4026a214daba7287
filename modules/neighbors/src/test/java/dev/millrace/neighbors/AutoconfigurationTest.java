package dev.millrace.neighbors;

import static dev.millrace.neighbors.Frames.NONE;
import static dev.millrace.neighbors.Frames.ROUTER;
import static dev.millrace.neighbors.Frames.ROUTER_MAC;
import static dev.millrace.neighbors.Frames.advertisement;
import static dev.millrace.neighbors.Frames.prefix;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.NameServers;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.NdpOptionWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A host that is given no address, and what it makes of what routers say, in stepped time.
class AutoconfigurationTest extends AddressesTest {
    private static final long OTHER_MAC = 0x0200_5e00_0002L;

    private static String via(Stack stack, String to) {
        return stack.routes().stream().filter(r -> r.to().equals(Cidr.parse(to)))
                .map(r -> r.via() == null ? "link" : IpAddress.of(r.via()).toString()).findFirst().orElse("none");
    }

    private static List<String> vias(Stack stack) {
        return stack.routes().stream().filter(r -> r.to().equals(Cidr.parse("::/0")) && r.via() != null)
                .map(r -> IpAddress.of(r.via()).toString()).toList();
    }

    /// A host that has its link-local address and an answer of the router.
    private ManualStack host(String prefix, long valid, long preferred) throws IOException {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        segment.inject(advertisement(1800, prefix(prefix, true, true, valid, preferred)));
        segment.pass(2_500);
        return host;
    }

    // ---- routers

    @Test
    void routersAreAskedForEverMoreSeldom() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_200);
        List<byte[]> asked = segment.seen.stream().filter(f -> isIcmp(f, NdpMessage.ROUTER_SOLICITATION)).toList();
        assertEquals(1, asked.size());
        MemorySegment m = MemorySegment.ofArray(asked.getFirst());
        assertEquals(of(host, "link-local").address(), new IpAddress(Ipv6Header.sourceHi(m, 14), Ipv6Header.sourceLo(m, 14)));
        assertEquals(255, Ipv6Header.hopLimit(m, 14));
        segment.seen.clear();
        // After 4, 8, 16, ... seconds, each a tenth more or less.
        segment.pass(4_500 + 9_000 + 18_500);
        assertEquals(3, count(NdpMessage.ROUTER_SOLICITATION));
        segment.inject(advertisement(0, prefix("2001:db8:1::", true, true, 600, 600)));
        segment.pass(40_000);
        assertTrue(count(NdpMessage.ROUTER_SOLICITATION) > 0, "that was no default router");
        segment.inject(advertisement(1800, NONE));
        segment.pass(300_000);
        assertEquals(0, count(NdpMessage.ROUTER_SOLICITATION));
        assertEquals(ROUTER, via(host, "::/0"));
    }

    @Test
    void anAdvertisedPrefixMakesAnAddressAndRoutes() throws Exception {
        ManualStack host = host("2001:db8:1::", 7200, 3600);
        NicAddress made = of(host, "slaac");
        assertEquals(State.PREFERRED, made.state());
        assertTrue(Cidr.parse("2001:db8:1::/64").contains(made.address()));
        assertEquals("link", via(host, "2001:db8:1::/64"));
        assertEquals(ROUTER, via(host, "::/0"));
        segment.pass(3_600_000);
        assertEquals(State.DEPRECATED, state(host, "slaac"));
        assertEquals("none", via(host, "::/0"), "the router's lifetime is over");
        segment.pass(3_600_000);
        assertNull(state(host, "slaac"));
        assertEquals("none", via(host, "2001:db8:1::/64"));
    }

    @Test
    void withoutSlaacNobodyListens() throws Exception {
        ManualStack host = segment.station("host", "fd00::1/64");
        segment.pass(3_000);
        segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, 7200, 3600)));
        segment.pass(3_000);
        assertNull(of(host, "slaac"));
        assertEquals("none", via(host, "::/0"));
        assertEquals(0, count(NdpMessage.ROUTER_SOLICITATION));
    }

    /// RFC 4862 §5.5.3 and RFC 4861 §6.1.2: of these nothing is made.
    @ParameterizedTest
    @CsvSource({"not autonomous", "preferred longer", "link-local", "no time", "wrong hop limit", "global source", "short prefix"})
    void whatIsNotInOrderIsNotBelieved(String what) throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        Frames.Options good = prefix("2001:db8:1::", false, true, 7200, 3600);
        segment.inject(switch (what) {
            case "not autonomous" -> advertisement(0, prefix("2001:db8:1::", false, false, 7200, 3600));
            case "preferred longer" -> advertisement(0, prefix("2001:db8:1::", false, true, 3600, 7200));
            case "link-local" -> advertisement(0, prefix("fe80::", false, true, 7200, 3600));
            case "no time" -> advertisement(0, prefix("2001:db8:1::", false, true, 0, 0));
            case "wrong hop limit" -> Frames.icmp(ROUTER_MAC, ROUTER, "ff02::1", 254,
                    (m, at) -> good.write(m, NdpMessage.writeRouterAdvertisement(m, at, 64, 0, 0, 1800, 0, 0)));
            case "short prefix" -> advertisement(0, (m, at) -> NdpOptionWriter.prefix(m, at, 0x2001_0db8_0001_0000L, 0, 60, false,
                    true, 7200, 3600));
            default -> advertisement(ROUTER_MAC, "2001:db8::1", 1800, 0, good);
        });
        segment.pass(2_500);
        assertNull(of(host, "slaac"));
        assertEquals("none", via(host, "::/0"));
    }

    /// RFC 4862 §5.5.3(e): left, told, and what is left then, in seconds of the valid lifetime.
    @ParameterizedTest
    @CsvSource({"10000, 20000, 20000", "10000, 60, 7200", "10000, 8000, 8000", "5000, 60, 5000", "5000, 6000, 6000",
        "10000, 0, 7200", "4294967295, 60, 7200", "5000, 4294967295, -1"})
    void nobodyShortensALifeBelowTwoHours(long left, long told, long then) throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, left, left)));
        segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, told, 0)));
        NicAddress a = of(host, "slaac");
        assertEquals(then < 0 ? null : Duration.ofSeconds(then), a.valid());
        assertEquals(Duration.ZERO, a.preferred());
        segment.pass(2_500);
        assertEquals(State.DEPRECATED, state(host, "slaac"));
    }

    @Test
    void aSlaacAddressThatIsTakenIsFollowedByAnother() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, 7200, 3600)));
        IpAddress first = of(host, "slaac").address();
        segment.inject(Frames.neighbor(OTHER_MAC, first.toString(), first, NdpMessage.OVERRIDE));
        assertNotEquals(first, of(host, "slaac").address());
        segment.pass(2_500);
        assertEquals(State.PREFERRED, state(host, "slaac"));
        segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, 9000, 4000)));
        assertEquals(1, all(host).stream().filter(a -> a.origin().equals("slaac")).count());
    }

    @Test
    void routesHavePreferencesAndEnd() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        segment.inject(advertisement(ROUTER_MAC, ROUTER, 1800, 0, NONE));
        segment.inject(advertisement(OTHER_MAC, "fe80::ff:2", 1800, 1, (m, at) -> NdpOptionWriter.route(m, at,
                0x2001_0db8_0007_0000L, 0, 48, 0, 600)));
        assertEquals(List.of("fe80::ff:2", ROUTER), vias(host));
        assertEquals("fe80::ff:2", via(host, "2001:db8:7::/48"));
        segment.inject(advertisement(OTHER_MAC, "fe80::ff:2", 1800, -1, NONE));
        assertEquals(List.of(ROUTER, "fe80::ff:2"), vias(host));
        segment.inject(advertisement(ROUTER_MAC, ROUTER, 0, 0, NONE));
        assertEquals(List.of("fe80::ff:2"), vias(host));
        segment.pass(601_000);
        assertEquals("none", via(host, "2001:db8:7::/48"));
    }

    @Test
    void whenARouterDoesNotAnswerTheNextIsTaken() throws Exception {
        ManualStack host = host("2001:db8:1::", 7200, 3600);
        segment.inject(advertisement(OTHER_MAC, "fe80::ff:2", 1800, -1, NONE));
        try (UdpSocket from = host.udp().bind(0)) {
            from.connect(new InetSocketAddress("2001:db8:99::1", 7));
            for (int i = 0; i < 12; i++) {
                from.send(ByteBuffer.allocate(1), null);
                segment.pass(1_000);
            }
            segment.words();
            assertEquals(List.of("fe80::ff:2", ROUTER), vias(host));
            // Neither answers: both are tried in turn, and routers are asked for.
            for (int i = 0; i < 12; i++) {
                try {
                    from.send(ByteBuffer.allocate(1), null);
                } catch (IOException e) {
                    // What was sent before did not arrive.
                    assertTrue(i > 0);
                }
                segment.pass(1_000);
            }
            assertEquals(List.of(ROUTER, "fe80::ff:2"), vias(host));
            assertTrue(count(NdpMessage.ROUTER_SOLICITATION) > 0);
        }
        // Heard again, it is preferred again.
        segment.inject(advertisement(OTHER_MAC, "fe80::ff:2", 1800, -1, NONE));
        assertEquals(List.of("fe80::ff:2", ROUTER), vias(host));
        // One that says that it is none is forgotten (RFC 4861 §7.2.5).
        segment.inject(Frames.neighbor(OTHER_MAC, "fe80::ff:2", IpAddress.parse("fe80::ff:2"), NdpMessage.OVERRIDE));
        assertEquals(List.of(ROUTER), vias(host));
    }

    @Test
    void whatALinkNeedsIsTakenWithinBounds() throws Exception {
        ManualStack host = host("2001:db8:1::", 7200, 3600);
        ManualStack peer = segment.station("peer", "2001:db8:1::5/64");
        segment.pass(2_500);
        try (UdpSocket from = host.udp().bind(0); UdpSocket to = peer.udp().bind(7)) {
            assertEquals(1500, sent(from, 2000));
            for (long wrong : new long[] {1279, 1501, 9000, 0, 0xffff_ffffL}) {
                segment.inject(advertisement(1800, (m, at) -> NdpOptionWriter.mtu(m, at, wrong)));
                assertEquals(1500, sent(from, 2000), "MTU " + wrong);
            }
            segment.inject(advertisement(1800, (m, at) -> NdpOptionWriter.mtu(m, at, 1400)));
            assertTrue(sent(from, 2000) <= 1400);
            segment.inject(Frames.icmp(ROUTER_MAC, ROUTER, "ff02::1", 255,
                    (m, at) -> NdpMessage.writeRouterAdvertisement(m, at, 99, 0, 0, 1800, 0, 0)));
            sent(from, 1);
            assertEquals(99, lastHopLimit());
            segment.inject(Frames.icmp(ROUTER_MAC, ROUTER, "ff02::1", 255,
                    (m, at) -> NdpMessage.writeRouterAdvertisement(m, at, 1, 0, 0, 1800, 0, 0)));
            sent(from, 1);
            assertEquals(99, lastHopLimit(), "a router that would cut us off is not believed");
        }
    }

    /// The largest packet of those that a datagram made.
    private int sent(UdpSocket from, int bytes) throws IOException {
        from.send(ByteBuffer.allocate(bytes), new InetSocketAddress("2001:db8:1::5", 7));
        segment.settle();
        segment.pass(10);
        int largest = segment.seen.stream().mapToInt(f -> f.length - 14).max().orElse(0);
        lastSeen = segment.seen.isEmpty() ? lastSeen : segment.seen.getLast();
        segment.seen.clear();
        // In eights, behind a header of 40 and one of 8 bytes.
        return largest > 1488 ? 1500 : largest;
    }

    private byte[] lastSeen;

    private int lastHopLimit() {
        return Ipv6Header.hopLimit(MemorySegment.ofArray(Objects.requireNonNull(lastSeen)), 14);
    }

    /// How long a neighbour is believed, and how often it is asked.
    @Test
    void routersSayHowPatientNeighboursAre() throws Exception {
        ManualStack host = host("2001:db8:1::", 7200, 3600);
        segment.inject(Frames.icmp(ROUTER_MAC, ROUTER, "ff02::1", 255,
                (m, at) -> NdpMessage.writeRouterAdvertisement(m, at, 64, 0, 0, 1800, 4_000, 200)));
        ManualStack peer = segment.station("peer", "2001:db8:1::5/64");
        try (UdpSocket from = host.udp().bind(0); UdpSocket to = peer.udp().bind(7)) {
            from.send(ByteBuffer.allocate(1), new InetSocketAddress("2001:db8:1::5", 7));
            segment.settle();
            assertTrue(to.tryReceive(ByteBuffer.allocate(10)) != null);
            assertEquals(Neighbors.State.REACHABLE, neighbor(host, "2001:db8:1::5"));
            segment.pass(6_010);
            assertEquals(Neighbors.State.STALE, neighbor(host, "2001:db8:1::5"));
            from.send(ByteBuffer.allocate(1), new InetSocketAddress("2001:db8:1::77", 7));
            segment.pass(590);
            assertEquals(Neighbors.State.INCOMPLETE, neighbor(host, "2001:db8:1::77"));
            segment.pass(30);
            assertNull(neighbor(host, "2001:db8:1::77"), "three questions, a fifth of a second each");
        }
        // Nobody is asked as often as a router would have it, who wants no patience at all.
        segment.inject(Frames.icmp(ROUTER_MAC, ROUTER, "ff02::1", 255,
                (m, at) -> NdpMessage.writeRouterAdvertisement(m, at, 64, 0, 0, 1800, 1, 1)));
        try (UdpSocket from = host.udp().bind(0)) {
            from.send(ByteBuffer.allocate(1), new InetSocketAddress("2001:db8:1::78", 7));
            segment.pass(290);
            assertEquals(Neighbors.State.INCOMPLETE, neighbor(host, "2001:db8:1::78"));
        }
    }

    private static Neighbors.State neighbor(Stack stack, String address) {
        return stack.service(Neighbors.class).orElseThrow().list().stream()
                .filter(n -> n.address().equals(IpAddress.parse(address))).map(Neighbors.Neighbor::state).findFirst().orElse(null);
    }

    @Test
    void nameServersAreToldAndForgotten() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        segment.pass(2_500);
        NameServers servers = host.service(NameServers.class).orElseThrow();
        segment.inject(advertisement(1800, (m, at) -> NdpOptionWriter.rdnss(m, at, 60,
                List.of(IpAddress.parse("2001:db8::53"), IpAddress.parse("fe80::53")))));
        assertEquals(2, servers.list().size());
        assertEquals("slaac", servers.list().getFirst().origin());
        segment.inject(advertisement(1800, (m, at) -> NdpOptionWriter.rdnss(m, at, 0, List.of(IpAddress.parse("fe80::53")))));
        assertEquals(1, servers.list().size());
        segment.pass(61_000);
        assertEquals(List.of(), servers.list());
    }

    // ---- redirects

    @Test
    void aRedirectIsBelievedOfTheRouterInUseOnly() throws Exception {
        ManualStack host = host("2001:db8:1::", 7200, 3600);
        String own = of(host, "link-local").address().toString();
        String far = "2001:db8:99::1";
        segment.inject(Frames.redirect(OTHER_MAC, "fe80::ff:2", own, far, "fe80::ff:3"));
        assertEquals("none", via(host, far + "/128"), "not the router that is in use");
        segment.inject(Frames.redirect(ROUTER_MAC, ROUTER, own, far, "2001:db8:1::5"));
        assertEquals("none", via(host, far + "/128"), "a gateway is named by its link-local address");
        segment.inject(Frames.redirect(ROUTER_MAC, ROUTER, own, far, "fe80::ff:2"));
        assertEquals("fe80::ff:2", via(host, far + "/128"));
        segment.inject(Frames.redirect(ROUTER_MAC, ROUTER, own, "2001:db8:99::2", "2001:db8:99::2"));
        assertEquals("link", via(host, "2001:db8:99::2/128"));
        try (UdpSocket from = host.udp().bind(0)) {
            from.send(ByteBuffer.allocate(1), new InetSocketAddress(far, 7));
            segment.pass(4_000);
        }
        assertEquals("none", via(host, far + "/128"), "who does not answer is not the better way");
        segment.pass(601_000);
        assertEquals("none", via(host, "2001:db8:99::2/128"));
    }

    @Test
    void redirectsCanBeRefused() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("slaac", "true"), "neighbors", Map.of("redirects", "false")));
        segment.pass(2_500);
        segment.inject(advertisement(1800, NONE));
        segment.inject(Frames.redirect(ROUTER_MAC, ROUTER, of(host, "link-local").address().toString(), "2001:db8:99::1",
                "fe80::ff:2"));
        assertEquals("none", via(host, "2001:db8:99::1/128"));
    }

    // ---- temporary addresses

    @Test
    void temporaryAddressesChangeBeforeTheyEnd() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("slaac", "true", "temporary-addresses", "true"),
                "neighbors", Map.of("temporary-valid", "300s", "temporary-preferred", "100s")));
        ManualStack peer = segment.station("peer", "2001:db8:1::5/64");
        segment.pass(2_500);
        var seen = new java.util.HashSet<IpAddress>();
        for (int i = 0; i < 1_000; i++) {
            if (i % 50 == 0) {
                segment.inject(advertisement(1800, prefix("2001:db8:1::", true, true, 7200, 3600)));
            }
            segment.pass(1_000);
            List<NicAddress> temporary = all(host).stream().filter(NicAddress::isTemporary).toList();
            temporary.forEach(t -> seen.add(t.address()));
            assertTrue(temporary.size() <= 8, temporary.toString());
            if (i > 3) {
                assertTrue(temporary.stream().anyMatch(t -> t.state() == State.PREFERRED), i + ": " + temporary);
            }
        }
        assertTrue(seen.size() >= 8, seen.toString());
        // They are what a host begins with (RFC 6724, rule 7).
        try (UdpSocket from = host.udp().bind(0); UdpSocket to = peer.udp().bind(7)) {
            from.send(ByteBuffer.allocate(1), new InetSocketAddress("2001:db8:1::5", 7));
            segment.settle();
            var source = IpAddress.of(to.tryReceive(ByteBuffer.allocate(10)).getAddress());
            assertTrue(all(host).stream().anyMatch(a -> a.address().equals(source) && a.isTemporary()
                    && a.state() == State.PREFERRED), source.toString());
        }
        segment.inject(advertisement(0, prefix("2001:db8:1::", true, true, 7200, 0)));
        segment.pass(300_000);
        assertEquals(0, all(host).stream().filter(NicAddress::isTemporary).count(), "a prefix that is deprecated gets none");
    }

    // ---- what follows for connections

    @Test
    void nothingLeavesFromAnAddressThatIsGone() throws Exception {
        ManualStack host = host("2001:db8:1::", 20, 10);
        ManualStack peer = segment.station("peer", "2001:db8:1::5/64");
        segment.pass(3_000);
        IpAddress own = of(host, "slaac").address();
        try (TcpListener listener = peer.tcp().listen(80); TcpSocket client = host.tcp().open()) {
            client.startConnect(new InetSocketAddress("2001:db8:1::5", 80));
            segment.settle();
            assertTrue(client.finishConnect());
            try (TcpSocket server = listener.tryAccept()) {
                segment.pass(8_000);
                assertEquals(State.DEPRECATED, state(host, "slaac"));
                assertEquals(1, client.tryWrite(ByteBuffer.allocate(1)));
                segment.settle();
                assertEquals(1, server.tryRead(ByteBuffer.allocate(10)), "who has a deprecated address goes on with it");
                segment.pass(12_000);
                assertNull(state(host, "slaac"));
                segment.seen.clear();
                client.tryWrite(ByteBuffer.allocate(1));
                segment.pass(30_000);
                assertTrue(segment.seen.stream().noneMatch(f -> EthernetHeader.type(MemorySegment.ofArray(f), 0) == EtherType.IPV6
                        && Ipv6Header.sourceLo(MemorySegment.ofArray(f), 14) == own.lo()), "a packet left from " + own);
                assertTrue(host.counters().get("drops").getOrDefault("no-route", 0L) > 0);
            }
            client.abort();
        }
    }

    // ---- strangers

    @Test
    void aFloodOfAdvertisementsIsBounded() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("slaac", "true", "temporary-addresses", "true"), "neighbors",
                Map.of("cache", "256")));
        segment.pass(2_500);
        for (int i = 0; i < 20_000; i++) {
            int n = i;
            segment.inject(advertisement(OTHER_MAC + i, "fe80::aa:" + Integer.toHexString(i), 65535, i % 3 - 1, Frames.all(
                    prefix("2001:db8:" + Integer.toHexString(n) + "::", true, true, 0xffff_ffffL, 0xffff_ffffL),
                    (m, at) -> NdpOptionWriter.route(m, at, 0x2002_0000_0000_0000L | (long) n << 16, 0, 48, 0, 0xffff_ffffL),
                    (m, at) -> NdpOptionWriter.rdnss(m, at, 0xffff_ffffL, List.of(new IpAddress(0x2003L << 48, n + 1))))));
            if (i % 500 == 0) {
                segment.pass(10);
                segment.seen.clear();
            }
        }
        assertTrue(all(host).size() <= 1 + 16 + 16 * 8, "addresses: " + all(host).size());
        assertTrue(host.routes().size() <= 16 + 64 + 2, "routes: " + host.routes().size());
        assertTrue(host.service(NameServers.class).orElseThrow().list().size() <= 8);
        assertTrue(host.service(Neighbors.class).orElseThrow().list().size() <= 256);
        assertTrue(host.counters().get("neighbors").get("advertised-refused") > 10_000);
        segment.pass(3_000);
        assertEquals(State.PREFERRED, state(host, "slaac"));
    }
}
