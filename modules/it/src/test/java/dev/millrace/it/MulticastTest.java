package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.NicConfig;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.TcpOptions;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.Ipv4Header;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs that join multicast groups: stacks on one Ethernet, and the kernel's bridge, which delivers to members only.
@Timeout(180)
class MulticastTest {
    private static final String V4 = "239.1.2.3";
    private static final String V6 = "ff15::1:2:3";

    private final LeakCheck leaks = new LeakCheck();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<byte[]> frames = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (AutoCloseable c : open.reversed()) {
            c.close();
        }
        leaks.close();
    }

    private <T extends AutoCloseable> T opened(T what) {
        open.add(what);
        return what;
    }

    /// Stacks `0`, `1`, ... on one Ethernet, each with NIC `e`, and a second NIC `f` that leads nowhere.
    private List<ManualStack> stacks(int count, Map<String, String> stackOptions) throws IOException {
        var vnics = new ArrayList<Vnic>();
        var stacks = new ArrayList<ManualStack>();
        for (int i = 0; i < count; i++) {
            var e = new Vnic(Link.Medium.ETHERNET, 1500, true);
            var f = new Vnic(Link.Medium.ETHERNET, 1500, true);
            int own = i;
            e.onTransmit(frame -> {
                frames.add(frame);
                for (int j = 0; j < vnics.size(); j++) {
                    if (j != own) {
                        vnics.get(j).inject(frame);
                    }
                }
            });
            f.onTransmit(_ -> { });
            Map<String, String> quiet = Map.of("link-local", "off");
            vnics.add(e);
            stacks.add(opened(StackProvider.find().openManual(new StackConfig("s" + i, List.of(
                    new NicConfig("e", "", e, 0, List.of(cidr("10.0.0." + (i + 1) + "/24"), cidr("fd00::" + (i + 1) + "/64")), null,
                            quiet),
                    new NicConfig("f", "", f, 0, List.of(cidr("10.1.0." + (i + 1) + "/24")), null, quiet)), List.of(), List.of(),
                    Map.of("stack", stackOptions, "neighbors", Map.of("dad-transmits", "0"))), i + 1)));
        }
        return stacks;
    }

    private static dev.millrace.Cidr cidr(String text) {
        return dev.millrace.Cidr.parse(text);
    }

    private static InetAddress address(String text) {
        return InetAddress.ofLiteral(text);
    }

    private static void send(UdpSocket from, String group, String text) throws IOException {
        from.send(ByteBuffer.wrap(text.getBytes(UTF_8)), new InetSocketAddress(address(group), 5000));
    }

    private static String received(UdpSocket at) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(100);
        return at.tryReceive(b) == null ? null : UTF_8.decode(b.flip()).toString();
    }

    @ParameterizedTest
    @CsvSource({V4 + ", 10.0.0.1", V6 + ", fd00::1", "224.0.0.251, 10.0.0.1", "ff02::fb, fd00::1"})
    void membersReceiveAndOthersDoNot(String group, String sender) throws Exception {
        List<ManualStack> s = stacks(3, Map.of());
        UdpSocket from = opened(s.get(0).udp().bind(0));
        UdpSocket member = opened(s.get(1).udp().bind(5000));
        UdpSocket other = opened(s.get(2).udp().bind(5000));
        send(from, group, "early");
        assertNull(received(member));
        member.join(address(group), "e");
        send(from, group, "hello");
        ByteBuffer b = ByteBuffer.allocate(100);
        UdpSocket.Datagram got = member.tryReceiveDatagram(b);
        assertEquals("hello", UTF_8.decode(b.flip()).toString());
        assertEquals(address(group), got.local());
        assertEquals(address(sender), got.sender().getAddress());
        assertNull(received(other));
        // An answer to the sender is to one host, and comes from an address of the member.
        member.send(ByteBuffer.wrap(new byte[] {'!'}), got.sender());
        assertEquals("!", received(from));
        member.leave(address(group), "e");
        send(from, group, "late");
        assertNull(received(member));
        assertTrue(s.get(1).counters().get("drops").get("not-for-us") >= 2);
    }

    @Test
    void everySocketThatJoinedGetsIt() throws Exception {
        List<ManualStack> s = stacks(2, Map.of());
        UdpSocket from = opened(s.get(0).udp().bind(0));
        var members = new ArrayList<UdpSocket>();
        for (int i = 0; i < 3; i++) {
            members.add(opened(s.get(1).udp().bindShared(new InetSocketAddress(5000))));
        }
        members.add(opened(s.get(1).udp().bind(5001)));
        UdpSocket ofOtherGroup = opened(s.get(1).udp().bindShared(new InetSocketAddress(5000)));
        for (UdpSocket m : members) {
            m.join(address(V4), "e");
        }
        ofOtherGroup.join(address("239.9.9.9"), "e");
        assertEquals(5, s.get(1).udp().socketCount());
        members.get(1).connect(new InetSocketAddress("10.0.0.77", 7));
        send(from, V4, "all");
        assertEquals("all", received(members.get(0)));
        assertNull(received(members.get(1)), "of another peer only");
        assertEquals("all", received(members.get(2)));
        assertNull(received(members.get(3)), "another port");
        assertNull(received(ofOtherGroup));
        // What is for one host goes to whoever was first, and to the next when that is closed.
        send(from, "10.0.0.2", "one");
        assertEquals("one", received(members.get(0)));
        assertNull(received(members.get(2)));
        members.get(0).close();
        members.get(1).close();
        send(from, "10.0.0.2", "next");
        assertEquals("next", received(members.get(2)));
        assertThrows(java.net.BindException.class, () -> s.get(1).udp().bind(5000));
        assertThrows(java.net.BindException.class, () -> s.get(1).udp().bindShared(new InetSocketAddress(5001)));
        members.get(2).close();
        ofOtherGroup.close();
        opened(s.get(1).udp().bind(5000));
    }

    @Test
    void aSocketBoundToTheGroupGetsNothingElse() throws Exception {
        List<ManualStack> s = stacks(2, Map.of());
        UdpSocket from = opened(s.get(0).udp().bind(0));
        UdpSocket member = opened(s.get(1).udp().bind(new InetSocketAddress(address(V4), 5000)));
        member.join(address(V4), "e");
        member.join(address("239.9.9.9"), "e");
        send(from, "239.9.9.9", "other");
        send(from, V4, "own");
        assertEquals("own", received(member));
        assertNull(received(member));
        member.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.1", from.localAddress().getPort()));
        assertEquals("\0", received(from), "sent from an address of the stack");
    }

    @Test
    void theOptionsOfTheSenderDecide() throws Exception {
        List<ManualStack> s = stacks(2, Map.of());
        UdpSocket from = opened(s.get(0).udp().bind(5000));
        UdpSocket member = opened(s.get(1).udp().bind(5000));
        from.join(address(V4), "e");
        member.join(address(V4), "e");
        from.setOption(TcpOptions.HOP_LIMIT, 99);
        send(from, V4, "a");
        assertEquals(List.of(1), ttls(), "not beyond the link, whatever holds for single hosts");
        assertEquals("a", received(member));
        assertEquals("a", received(from), "it is a member itself");
        assertNull(received(from), "once");
        from.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 7).setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
        send(from, V4, "b");
        assertEquals(List.of(7), ttls());
        assertEquals("b", received(member));
        assertNull(received(from));
        from.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 0).setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
        send(from, V4, "c");
        assertEquals(List.of(), ttls());
        assertEquals("c", received(from));
        assertNull(received(member));
        // Another NIC, where nobody of this stack is a member.
        from.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1).setOption(UdpOptions.MULTICAST_NIC, "f");
        send(from, V4, "d");
        assertEquals(List.of(), ttls());
        assertNull(received(from));
        from.join(address(V4), "f");
        send(from, V4, "e");
        ByteBuffer b = ByteBuffer.allocate(10);
        assertEquals(address("10.1.0.1"), from.tryReceiveDatagram(b).sender().getAddress());
        assertThrows(IllegalArgumentException.class, () -> from.setOption(UdpOptions.MULTICAST_NIC, "g"));
        from.setOption(UdpOptions.MULTICAST_NIC, "");
        send(from, V4, "f");
        assertEquals("f", received(member));
        assertEquals("", from.getOption(UdpOptions.MULTICAST_NIC));
        assertEquals(1, from.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
    }

    /// The hop limits of the datagrams to the group that were seen since the last call.
    private List<Integer> ttls() {
        List<Integer> all = frames.stream().map(MemorySegment::ofArray).filter(m -> EthernetHeader.type(m, 0) == EtherType.IPV4
                && Ipv4Header.protocol(m, 14) == 17).map(m -> Ipv4Header.ttl(m, 14)).toList();
        frames.clear();
        return all;
    }

    /// A callback that sends to its own group does not make its thread's stack grow.
    @Test
    void callbacksMaySendToTheirOwnGroup() throws Exception {
        ManualStack s = stacks(1, Map.of()).getFirst();
        UdpSocket socket = opened(s.udp().bind(5000));
        socket.join(address(V4), "e");
        int[] rounds = new int[1];
        socket.onReady(_ -> {
            try {
                while (received(socket) != null && rounds[0]++ < 20_000) {
                    send(socket, V4, "again");
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        send(socket, V4, "first");
        assertEquals(20_001, rounds[0]);
        socket.onReady(null);
    }

    @Test
    void mistakesAreToldAndBoundsHold() throws Exception {
        ManualStack s = stacks(1, Map.of("groups", "300")).getFirst();
        UdpSocket socket = opened(s.udp().bind(5000));
        assertThrows(IllegalArgumentException.class, () -> socket.join(address("10.0.0.1"), "e"));
        assertThrows(IllegalArgumentException.class, () -> socket.join(address(V4), "nosuch"));
        assertThrows(SocketException.class, () -> socket.leave(address(V4), "e"));
        socket.join(address(V4), null);
        var again = assertThrows(SocketException.class, () -> socket.join(address(V4), "e"), "null was the first Ethernet");
        assertEquals(ErrorCode.ADDRESS_IN_USE, ErrorCode.of(again).orElseThrow());
        socket.join(address(V4), "f");
        int joined = 2;
        while (joined < 1_000) {
            try {
                socket.join(InetAddress.getByAddress(new byte[] {(byte) 239, 2, (byte) (joined >> 8), (byte) joined}), "e");
                joined++;
            } catch (SocketException e) {
                assertEquals(ErrorCode.LIMIT_REACHED, ErrorCode.of(e).orElseThrow());
                break;
            }
        }
        assertEquals(256, joined);
        UdpSocket other = opened(s.udp().bind(5001));
        while (joined < 1_000) {
            try {
                other.join(InetAddress.getByAddress(new byte[] {(byte) 239, 3, (byte) (joined >> 8), (byte) joined}), "e");
                joined++;
            } catch (SocketException e) {
                assertTrue(e.getMessage().contains("groups"), e.getMessage());
                break;
            }
        }
        assertEquals(300, joined);
        socket.close();
        other.join(address(V4), "e");
        assertThrows(IOException.class, () -> socket.join(address(V4), "e"));
    }

    // ---- the kernel

    /// The stack's NIC is at a port of a bridge that delivers frames for groups only to ports whose members have said so.
    private NetworkNamespace bridged(String... programs) throws Exception {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
        NetworkNamespace ns = opened(new NetworkNamespace());
        ns.run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "1", "mcast_querier", "1",
                "mcast_query_response_interval", "100", "mcast_startup_query_interval", "100").orFail();
        ns.run("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1").orFail();
        ns.run("ip", "link", "set", "e0", "master", "br0", "up").orFail();
        ns.run("ip", "link", "set", "e1", "up").orFail();
        ns.run("ip", "addr", "add", "10.0.0.1/24", "dev", "br0").orFail();
        ns.run("ip", "addr", "add", "fd00::1/64", "dev", "br0", "nodad").orFail();
        ns.run("ip", "link", "set", "br0", "up").orFail();
        return ns;
    }

    @ParameterizedTest
    @ValueSource(strings = {V4, V6})
    void theKernelsBridgeHearsOfMembersAndDeliversToThem(String group) throws Exception {
        NetworkNamespace ns = bridged("socat", "bridge");
        boolean v6 = group.contains(":");
        Stack stack = opened(ns.call(() -> Stack.builder().name("member").nic("nic", "packet:e1", "10.0.0.2/24", "fd00::2/64")
                .open()));
        UdpSocket socket = stack.udp().bind(5000);
        socket.setReadTimeout(Duration.ofMillis(200));
        socket.join(address(group), "nic");
        Await.until(() -> ns.run("bridge", "mdb", "show").orFail().lines().anyMatch(l -> l.contains("port e0 grp " + group)),
                () -> "no member at the bridge's port");
        // From the kernel to the member.
        String to = v6 ? "UDP6-DATAGRAM:[" + group + "]:5000,so-bindtodevice=br0" : "UDP4-DATAGRAM:" + group + ":5000,ip-multicast-if=10.0.0.1";
        ByteBuffer b = ByteBuffer.allocate(100);
        Await.until(() -> {
            // The bridge has no route and no address for groups until it has been up for a moment.
            return ns.run("bash", "-c", "echo -n hi | socat -u - '" + to + "'").code() == 0 && receives(socket, b);
        }, () -> "nothing came from the kernel");
        assertEquals("hi", UTF_8.decode(b.flip()).toString());

        // From the stack to a member in the kernel.
        Path got = folder.resolve("got");
        String recv = v6 ? "UDP6-RECV:6000,ipv6-join-group=[" + group + "]:br0" : "UDP4-RECV:6000,ip-add-membership=" + group
                + ":br0";
        Process member = ns.start(folder.resolve("socat.log"), "socat", "-u", recv, "OPEN:" + got + ",creat,append");
        Await.until(() -> {
            socket.send(ByteBuffer.wrap("ho".getBytes(UTF_8)), new InetSocketAddress(address(group), 6000));
            return Files.exists(got) && Files.readString(got).contains("ho");
        }, () -> "nothing came to the kernel: " + Files.readString(folder.resolve("socat.log")));
        member.destroy();
        member.waitFor(10, TimeUnit.SECONDS);

        // Who closes is a member no longer, and the bridge hears of it.
        socket.close();
        Await.until(() -> ns.run("bridge", "mdb", "show").orFail().lines().noneMatch(l -> l.contains("port e0 grp " + group)),
                () -> "still a member");
    }

    private static boolean receives(UdpSocket socket, ByteBuffer b) throws IOException {
        try {
            socket.receive(b.clear());
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    /// What goes over the wire, in tshark's words.
    @Test
    void reportsAreWhatTsharkKnows() throws Exception {
        NetworkNamespace ns = bridged("tcpdump", "tshark");
        ns.run("ip", "link", "set", "br0", "type", "bridge", "mcast_igmp_version", "3").orFail();
        Path capture = folder.resolve("igmp.pcap");
        Path log = folder.resolve("tcpdump.log");
        Process tcpdump = ns.start(log, "tcpdump", "-U", "-i", "e1", "-w", capture.toString(), "igmp");
        Await.until(() -> Files.exists(log) && Files.readString(log).contains("listening"), () -> "tcpdump has not begun");
        try (Stack stack = ns.call(() -> Stack.builder().name("member").nic("nic", "packet:e1", "10.0.0.2/24").open());
                UdpSocket socket = stack.udp().bind(5000)) {
            socket.join(address(V4), "nic");
            Await.until(() -> tshark(ns, capture).contains("Join group " + V4), () -> "no report");
            // The kernel asks every few seconds, and is answered.
            Await.until(() -> tshark(ns, capture).lines().anyMatch(l -> l.contains("Membership Query, general")), () -> "no query");
            Await.until(() -> stack.counters().get("neighbors").get("igmp-queries-received") > 0, () -> "no query heard");
            socket.leave(address(V4), "nic");
            Await.until(() -> tshark(ns, capture).contains("Leave group " + V4), () -> "no leave");
        } finally {
            tcpdump.destroy();
            tcpdump.waitFor(10, TimeUnit.SECONDS);
        }
        assertFalse(tshark(ns, capture).contains("Malformed"), tshark(ns, capture));
    }

    private static String tshark(NetworkNamespace ns, Path capture) throws IOException {
        return ns.run("tshark", "-r", capture.toString()).out();
    }
}
