package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.NameServers;
import dev.millrace.RouteConfig;
import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import dev.millrace.dhcp.Dhcp.Lease;
import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.dhcp.Network.Seen;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Stacks in stepped time that lease their addresses from a server of the test's.
@Timeout(120)
class DhcpStackTest {
    private final LeakCheck leaks = new LeakCheck();
    private final Network network = new Network();

    @AfterEach
    void nothingIsLeft() {
        network.close();
        leaks.close();
    }

    private static Dhcp dhcp(Stack stack) {
        return stack.service(Dhcp.class).orElseThrow();
    }

    /// A server that lends one address.
    private static byte[] lend(Seen m, String address, int seconds, UnaryOperator<Reply> more) {
        return switch (m.type()) {
            case DISCOVER -> more.apply(Reply.usual(m.bytes(), MessageType.OFFER, address, seconds)).bytes();
            case REQUEST -> more.apply(Reply.usual(m.bytes(), MessageType.ACK, address, seconds)).bytes();
            default -> null;
        };
    }

    private void lends(String address, int seconds, UnaryOperator<Reply> more) {
        network.server = m -> lend(m, address, seconds, more);
    }

    private static List<String> routes(Stack stack) {
        return stack.routes().stream().filter(r -> r.to().address().isV4())
                .map(r -> r.to() + (r.via() == null ? "" : " via " + r.via().getHostAddress())).toList();
    }

    @Test
    void aLeaseBringsAddressRoutesAndNamesAndTakesThemAway() throws Exception {
        lends("10.0.0.7", 120, r -> r.option(DhcpOption.DOMAIN_NAME, 'l', 'a', 'n').option(DhcpOption.INTERFACE_MTU, 5, 0x14)
                .option(DhcpOption.DOMAIN_SEARCH, 1, 'a', 0));
        ManualStack stack = network.client(Map.of("dhcp-hostname", "box"));
        var changes = new ArrayList<State>();
        dhcp(stack).onChange(c -> changes.add(c.state()));
        assertEquals(State.SELECTING, dhcp(stack).state("e"));
        assertThrows(IllegalStateException.class, () -> dhcp(stack).awaitLease("e", Duration.ofSeconds(1)));
        network.pass(500);
        assertEquals(State.CHECKING, dhcp(stack).state("e"));
        assertEquals(List.of(), stack.nics().getFirst().addresses());
        network.pass(200);
        assertEquals(List.of(State.CHECKING, State.BOUND), changes.subList(changes.size() - 2, changes.size()));

        Lease lease = dhcp(stack).awaitLease("e", Duration.ofSeconds(1));
        assertEquals(Cidr.parse("10.0.0.7/24"), lease.address());
        assertEquals(List.of(InetAddress.ofLiteral("10.0.0.53")), lease.nameServers());
        assertEquals(List.of(InetAddress.ofLiteral("10.0.0.1")), lease.routers());
        assertEquals("lan", lease.domain());
        assertEquals(List.of("a"), lease.searchDomains());
        assertEquals(Duration.ofSeconds(120), Duration.between(lease.began(), lease.expires()));
        assertEquals(List.of(Cidr.parse("10.0.0.7/24")), stack.nics().getFirst().addresses());
        assertEquals(List.of("10.0.0.0/24", "0.0.0.0/0 via 10.0.0.1"), routes(stack));
        assertEquals(1300, stack.nics().getFirst().mtu());
        assertEquals(List.of(MessageType.DISCOVER, MessageType.REQUEST), network.types());

        // Renewed at half time, by the server alone, whom ARP has to find first: it is silent, so that all are asked.
        network.pass(62_000);
        assertEquals(State.RENEWING, dhcp(stack).state("e"));
        network.server = _ -> null;
        network.pass(44_000);
        assertEquals(State.REBINDING, dhcp(stack).state("e"));
        assertEquals(List.of(MessageType.REQUEST), network.types());
        network.pass(16_000);
        assertEquals(State.SELECTING, dhcp(stack).state("e"));
        assertEquals(List.of(), stack.nics().getFirst().addresses());
        assertEquals(List.of(), routes(stack));
        assertEquals(1500, stack.nics().getFirst().mtu());
        assertTrue(dhcp(stack).lease("e").isEmpty());
    }

    @Test
    void aServerOnTheLinkRenewsAndHearsOfTheEnd() throws Exception {
        lends("10.0.0.7", 120, r -> r);
        // The server's station answers ARP.
        network.station("server", Map.of("mac", "02:00:00:00:00:01"), Map.of(), "10.0.0.1/24");
        ManualStack stack = network.client(Map.of());
        network.pass(700);
        network.types();
        Instant expires = dhcp(stack).lease("e").orElseThrow().expires();
        network.pass(62_000);
        Seen renew = network.seen.getFirst();
        assertEquals(MessageType.REQUEST, renew.type());
        assertEquals("10.0.0.7", renew.from().toString());
        assertEquals("10.0.0.1", renew.to().toString());
        assertEquals(0x0200_0000_0001L, renew.station());
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        assertTrue(dhcp(stack).lease("e").orElseThrow().expires().isAfter(expires));
        network.types();
        dhcp(stack).renew("e");
        network.settle();
        assertEquals(List.of(MessageType.REQUEST), network.types());
        assertEquals(State.BOUND, dhcp(stack).state("e"));

        dhcp(stack).release("e");
        network.settle();
        assertEquals(List.of(MessageType.RELEASE), network.types());
        assertEquals(State.STOPPED, dhcp(stack).state("e"));
        assertEquals(List.of(), stack.nics().getFirst().addresses());
        dhcp(stack).renew("e");
        network.pass(700);
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        network.types();
        stack.close();
        network.settle();
        Seen release = network.seen.getFirst();
        assertEquals(MessageType.RELEASE, release.type());
        assertEquals("10.0.0.1", release.to().toString());
        assertEquals(MacAddress.BROADCAST, release.station());
    }

    @Test
    void whatTheProgramAddedStays() throws Exception {
        lends("10.0.0.7", 120, r -> r.option(DhcpOption.CLASSLESS_ROUTES, 0, 192, 168, 9, 9, 24, 10, 1, 1, 10, 0, 0, 2,
                24, 10, 2, 2, 0, 0, 0, 0));
        ManualStack stack = network.station("client", Map.of("dhcp", "true"), Map.of(), "10.9.0.1/24");
        stack.addRoute(new RouteConfig(null, IpAddress.parse("10.9.0.254"), "e"));
        stack.addRoute(new RouteConfig(Cidr.parse("10.1.1.0/24"), IpAddress.parse("10.0.0.2"), "e"));
        List<String> before = routes(stack);
        network.pass(700);
        // A gateway outside of the network has a route of its own; the program's default route is before the server's.
        List<String> during = routes(stack);
        assertTrue(during.containsAll(List.of("192.168.9.9/32", "10.2.2.0/24", "10.0.0.0/24")), during.toString());
        assertTrue(during.indexOf("0.0.0.0/0 via 10.9.0.254") < during.indexOf("0.0.0.0/0 via 192.168.9.9"), during.toString());
        assertFalse(during.contains("0.0.0.0/0 via 10.0.0.1"), "RFC 3442: the router option does not count");
        assertTrue(stack.routes().stream().anyMatch(r -> r.origin().equals("dhcp") && r.remaining() != null));
        assertEquals(List.of("10.0.0.53"), stack.service(NameServers.class).orElseThrow().list().stream()
                .map(s -> s.address().getHostAddress()).toList());
        dhcp(stack).release("e");
        network.settle();
        assertEquals(before, routes(stack));
        assertEquals(List.of(), stack.service(NameServers.class).orElseThrow().list());
        assertEquals(List.of(Cidr.parse("10.9.0.1/24")), stack.nics().getFirst().addresses());
    }

    @Test
    void routesAreLeftToTheProgramIfItWantsSo() throws Exception {
        lends("10.0.0.7", 120, r -> r);
        ManualStack stack = network.client(Map.of("dhcp-routes", "false"));
        network.pass(700);
        assertEquals(List.of("10.0.0.0/24"), routes(stack));
        assertEquals(1, dhcp(stack).lease("e").orElseThrow().routes().size());
    }

    @Test
    void aRenewalMayChangeWhatComesWithTheAddress() throws Exception {
        network.station("server", Map.of(), Map.of(), "10.0.0.1/24");
        lends("10.0.0.7", 120, r -> r);
        ManualStack stack = network.client(Map.of());
        network.pass(700);
        try (UdpSocket socket = stack.udp().bind(new InetSocketAddress("10.0.0.7", 0))) {
            network.server = m -> new Reply(m.bytes(), MessageType.ACK, "10.0.0.7").seconds(DhcpOption.LEASE_TIME, 600)
                    .address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1").address(DhcpOption.SUBNET_MASK, "255.255.0.0")
                    .address(DhcpOption.ROUTER, "10.0.3.3").bytes();
            dhcp(stack).renew("e");
            network.settle();
            assertEquals(List.of("10.0.0.0/16", "0.0.0.0/0 via 10.0.3.3"), routes(stack));
            assertTrue(socket.isOpen());
        }
    }

    @Test
    void anAddressThatAStationHasIsDeclined() throws Exception {
        network.station("squatter", Map.of(), Map.of(), "10.0.0.7/24");
        String[] lent = {"10.0.0.7"};
        network.server = m -> lend(m, lent[0], 120, r -> r);
        ManualStack stack = network.client(Map.of());
        network.pass(100);
        assertEquals(List.of(MessageType.DISCOVER, MessageType.REQUEST, MessageType.DECLINE), network.types());
        assertEquals(State.INIT, dhcp(stack).state("e"));
        lent[0] = "10.0.0.8";
        network.pass(12_000);
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        assertEquals("10.0.0.8/24", dhcp(stack).lease("e").orElseThrow().address().toString());
    }

    @Test
    void anAddressThatTheProgramTakesAwayIsGivenBack() throws Exception {
        network.station("server", Map.of(), Map.of(), "10.0.0.1/24");
        lends("10.0.0.7", 120, r -> r);
        ManualStack stack = network.client(Map.of());
        network.pass(700);
        network.types();
        assertTrue(stack.nics().getFirst().removeAddress(Cidr.parse("10.0.0.7/24")));
        network.settle();
        assertEquals(List.of(MessageType.RELEASE), network.types());
        assertEquals(State.STOPPED, dhcp(stack).state("e"));
        assertEquals(List.of(), routes(stack));
    }

    @Test
    void twoThatProbeForOneAddressBothLeaveIt() throws Exception {
        lends("10.0.0.7", 120, r -> r);
        ManualStack one = network.client(Map.of());
        ManualStack two = network.station("other", Map.of("dhcp", "true"), Map.of());
        network.pass(700);
        assertNotEquals(State.BOUND, dhcp(one).state("e"));
        assertNotEquals(State.BOUND, dhcp(two).state("e"));
    }

    @Test
    void anAddressOfAnotherNicIsDeclined() throws Exception {
        lends("10.0.0.7", 120, r -> r);
        ManualStack stack = network.station("client", Map.of("dhcp", "true"), Map.of("dhcp", Map.of("probe-time", "0s")),
                "10.0.0.7/24");
        network.pass(100);
        assertEquals(List.of(MessageType.DISCOVER, MessageType.REQUEST, MessageType.DECLINE), network.types());
        assertEquals(1, stack.nics().getFirst().addresses().size());
    }

    @Test
    void aLinkThatComesBackHasItsAddressConfirmed() throws Exception {
        lends("10.0.0.7", 3600, r -> r);
        ManualStack stack = network.client(Map.of());
        network.pass(700);
        network.types();
        network.server = m -> m.type() == MessageType.REQUEST ? new Reply(m.bytes(), MessageType.NAK, "0.0.0.0")
                .address(DhcpOption.SERVER_IDENTIFIER, "192.168.1.1").bytes() : null;
        network.flap(stack);
        network.settle();
        assertEquals(List.of(MessageType.REQUEST, MessageType.DISCOVER), network.types());
        assertEquals(List.of(), stack.nics().getFirst().addresses());
    }

    @Test
    void aFileKeepsTheLeaseOverARestart(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("lease");
        lends("10.0.0.7", 3600, r -> r);
        Map<String, String> options = Map.of("dhcp-lease-file", file.toString());
        ManualStack first = network.client(options);
        network.pass(700);
        first.close();
        network.settle();
        assertEquals(List.of(MessageType.DISCOVER, MessageType.REQUEST), network.types(), "no release: it is kept");
        assertTrue(Files.readString(file).contains("10.0.0.7"));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }

        ManualStack second = network.client(options);
        network.pass(700);
        assertEquals(List.of(MessageType.REQUEST), network.types());
        assertEquals("10.0.0.7/24", dhcp(second).lease("e").orElseThrow().address().toString());
        dhcp(second).release("e");
        assertFalse(Files.exists(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "station = x\naddress = y\nexpires = z", "station = 02:00:00:00:00:01\naddress = ::1\n"
        + "expires = never", "station = 02:00:00:00:00:01\naddress = 10.0.0.7\nexpires = tomorrow",
        "station = 02:00:00:00:00:02\naddress = 10.0.0.7\nexpires = never",
        "station = 02:00:00:00:00:01\naddress = 10.0.0.7\nexpires = 1969-01-01T00:00:00Z"})
    void aFileThatIsNoneMeansABeginning(String content, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("lease"), content);
        lends("10.0.0.7", 3600, r -> r);
        ManualStack stack = network.client(Map.of("dhcp-lease-file", file.toString(), "mac", "02:00:00:00:00:01"));
        network.pass(700);
        assertEquals(List.of(MessageType.DISCOVER, MessageType.REQUEST), network.types());
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        assertTrue(Files.readString(file).contains("station = 02:00:00:00:00:01\naddress = 10.0.0.7\n"));
    }

    @Test
    void aFileThatCannotBeHadIsNoFailure(@TempDir Path folder) throws Exception {
        lends("10.0.0.7", 3600, r -> r);
        ManualStack stack = network.client(Map.of("dhcp-lease-file", folder.resolve("no/such/folder/lease").toString()));
        network.pass(700);
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        ManualStack other = network.station("other", Map.of("dhcp", "true", "dhcp-lease-file", folder.toString()), Map.of());
        assertEquals(State.SELECTING, dhcp(other).state("e"));
    }

    @Test
    void strangersMessagesAreCountedAndNothingElse() throws Exception {
        ManualStack stack = network.client(Map.of());
        network.settle();
        byte[] asked = network.seen.getFirst().bytes();
        byte[] offer = Reply.usual(asked, MessageType.OFFER, "10.0.0.7", 60).bytes();
        byte[] otherTransaction = offer.clone();
        otherTransaction[DhcpMessage.XID] ^= 1;
        network.inject(Network.frame(otherTransaction, 0, IpAddress.ANY_V4));
        network.inject(Network.frame(new byte[20_000 % 1400], 0, IpAddress.ANY_V4));
        network.inject(Network.frame(new byte[0], 0, IpAddress.ANY_V4));
        Map<String, Long> drops = stack.counters().get("drops");
        assertEquals(1, drops.get("dhcp-not-asked"));
        assertEquals(2, drops.get("dhcp-bad-message"));
        assertEquals(State.SELECTING, dhcp(stack).state("e"));
        assertEquals(Map.of(), stack.counters().get("failures").entrySet().stream().filter(e -> e.getValue() != 0)
                .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    @Test
    void aListenerThatThrowsIsCounted() throws Exception {
        lends("10.0.0.7", 3600, r -> r);
        ManualStack stack = network.client(Map.of());
        dhcp(stack).onChange(_ -> {
            throw new IllegalStateException("listener");
        });
        network.pass(700);
        assertEquals(State.BOUND, dhcp(stack).state("e"));
        assertTrue(stack.counters().get("failures").get("dhcp-listener") >= 1);
    }

    @Test
    void aProgramWaitsUntilItsTimeIsOver() throws Exception {
        try (Stack stack = Stack.builder().nic("e", "vnic:", nic -> nic.option("medium", "ethernet").address("dhcp")).open()) {
            assertThrows(SocketTimeoutException.class, () -> dhcp(stack).awaitLease("e", Duration.ofMillis(50)));
            assertThrows(IllegalArgumentException.class, () -> dhcp(stack).state("nic"));
            var waiting = new Thread(stack::close);
            waiting.start();
            assertThrows(java.nio.channels.ClosedChannelException.class, () -> dhcp(stack).awaitLease("e", Duration.ofSeconds(30)));
            waiting.join();
        }
    }

    @Test
    void aNicOrStackThatCannotHaveItSaysSo() {
        var ip = assertThrows(ConfigurationException.class, () -> Stack.builder().nic("e", "vnic:", "dhcp").open());
        assertTrue(ip.getMessage().contains("Ethernet"), ip.getMessage());
        var udp = assertThrows(ConfigurationException.class, () -> Stack.builder().protocols("ipv4", "neighbors")
                .nic("e", "vnic:", nic -> nic.option("medium", "ethernet").address("dhcp")).open());
        assertEquals(ErrorCode.MISSING_PLUGIN, udp.code());
        assertTrue(udp.getMessage().contains("millrace-proto-udp"), udp.getMessage());
        var v4 = assertThrows(ConfigurationException.class, () -> Stack.builder().protocols("ipv6", "neighbors", "udp")
                .nic("e", "vnic:", nic -> nic.option("medium", "ethernet").address("dhcp")).open());
        assertTrue(v4.getMessage().contains("ipv4"), v4.getMessage());
        assertThrows(ConfigurationException.class, () -> network.client(Map.of("dhcp-hostname", "no host")));
        var value = assertThrows(ConfigurationException.class, () -> network.station("x", Map.of("dhcp", "on"), Map.of()));
        assertTrue(value.getMessage().contains("true"), value.getMessage());
    }

    @Test
    void aServerCannotTakeIpv6Away() throws Exception {
        lends("10.0.0.7", 120, r -> r.option(DhcpOption.INTERFACE_MTU, 2, 0x40));
        ManualStack stack = network.client(Map.of());
        network.pass(1_000);
        assertEquals(Cidr.parse("10.0.0.7/24"), stack.nics().getFirst().addresses().getFirst());
        assertEquals(1280, stack.nics().getFirst().mtu());
        stack.nics().getFirst().addAddress(Cidr.parse("fd00::7/64"));
    }

    @Test
    void hostsThatBeginTogetherNeedNotAskTogether() throws Exception {
        lends("10.0.0.7", 120, r -> r);
        ManualStack stack = network.station("client", Map.of("dhcp", "true"), Map.of("dhcp", Map.of("start-delay", "10s")));
        assertEquals(State.INIT, dhcp(stack).state("e"));
        assertEquals(List.of(), network.types());
        network.pass(11_000);
        assertEquals(State.BOUND, dhcp(stack).state("e"));
    }
}
