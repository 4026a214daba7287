package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Hosts on an Ethernet, hosts with several NICs, and the routers between them and the rest.
@Timeout(120)
class EthernetSwitchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(7);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    /// Sends back what comes, on all of the host's addresses. It listens when this returns, in real time as well.
    private static void echo(Host host) throws IOException {
        TcpListener listener = host.stack().tcp().listen(7);
        host.run(() -> {
            try (TcpListener l = listener) {
                while (true) {
                    TcpSocket s = l.accept();
                    host.threads().newThread(() -> {
                        try (s) {
                            s.inputStream().transferTo(s.outputStream());
                        } catch (IOException e) {
                            // Whoever asked looks at what came back.
                            return;
                        }
                    }).start();
                }
            } catch (SocketException e) {
                // The end.
            }
        });
    }

    /// Sends some to an echo and returns how much came back, and from which address it was asked.
    private static String ask(Host host, String whom, int bytes) throws IOException {
        try (TcpSocket s = host.stack().tcp().connect(new InetSocketAddress(whom, 7), PATIENCE)) {
            byte[] data = new byte[bytes];
            new Random(bytes).nextBytes(data);
            host.threads().newThread(() -> {
                try {
                    s.write(data, 0, bytes);
                    s.shutdownOutput();
                } catch (IOException e) {
                    s.abort();
                }
            }).start();
            byte[] back = s.inputStream().readAllBytes();
            assertEquals(java.util.Arrays.hashCode(data), java.util.Arrays.hashCode(back));
            return s.localAddress().getAddress().getHostAddress();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.2", "fd00:1::2"})
    void hostsOnOneEthernetAskForEachOtherAndTalk(String whom) throws Exception {
        var lines = new ArrayList<String>();
        try (var log = net.log(lines::add)) {
            EthernetSwitch lan = net.ethernet("lan");
            Host a = lan.host("a", "10.1.0.1/24", "fd00:1::1/64");
            Host b = lan.host("b", "10.1.0.2/24", "fd00:1::2/64");
            lan.host("c", "10.1.0.3/24");
            net.link("a", "lan", LinkConditions.perfect().delay(Duration.ofMillis(3)));
            echo(b);
            a.call(() -> ask(a, whom, 200_000)).get();
        }
        boolean v4 = !whom.contains(":");
        assertTrue(lines.stream().anyMatch(l -> v4 ? l.contains("a sends ARP who has 10.1.0.2? tell 10.1.0.1")
                : l.contains("a sends ICMP fd00:1::1 > ff02::1:ff00:2")), lines.toString());
        assertTrue(lines.stream().anyMatch(l -> l.contains("c gets ") && (!v4 || l.contains("ARP who has 10.1.0.2"))));
        // The switch has learned where b is: c does not hear what is for b.
        assertTrue(lines.stream().noneMatch(l -> l.contains("c gets TCP")));
    }

    @Test
    void aCaptureHasFrames(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("lan.pcapng");
        EthernetSwitch lan = net.ethernet("lan");
        try (var capture = net.capture(file)) {
            Host a = lan.host("a", "10.1.0.1/24");
            Host b = lan.host("b", "10.1.0.2/24");
            echo(b);
            a.call(() -> ask(a, "10.1.0.2", 1000)).get();
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readAllBytes();
            // An interface description block (type 1) with link type 1, Ethernet.
            boolean found = false;
            ByteBuffer b = ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.nativeOrder());
            for (int at = 0; at + 12 <= bytes.length; at += b.getInt(at + 4)) {
                found |= b.getInt(at) == 1 && b.getShort(at + 8) == 1;
            }
            assertTrue(found);
        }
    }

    @ParameterizedTest
    @CsvSource({"198.18.0.1, 10.1.0.2, 10.1.0.1", "2001:db8:1::1, fd00:1::2, fd00:1:0:0:0:0:0:1"})
    void aRouterLeadsOutAndIn(String outside, String inside, String own) throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Router router = net.router("r", "198.18.0.254", "2001:db8:1::fe");
        net.link("r", "internet", LinkConditions.perfect().delay(Duration.ofMillis(10)));
        lan.gateway(router, "10.1.0.254/24", "fd00:1::fe/64");
        Host a = net.host("a", NicPlan.on(lan, "nic", "10.1.0.1/24", "fd00:1::1/64").withGateway("10.1.0.254").withGateway("fd00:1::fe"));
        Host b = net.host("b", NicPlan.on(lan, "nic", "10.1.0.2/24", "fd00:1::2/64").withGateway("10.1.0.254").withGateway("fd00:1::fe"));
        Host far = net.host("far", "198.18.0.1", "2001:db8:1::1");
        echo(far);
        echo(b);
        assertEquals(InetAddress.getByName(own), InetAddress.getByName(a.call(() -> ask(a, outside, 100_000)).get()));
        far.call(() -> ask(far, inside, 100_000)).get();
    }

    @Test
    void whoIsNotThereIsToldByTheRouter() throws Exception {
        EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/24");
        Router router = net.router("r", "198.18.0.254");
        net.link("r", "internet", LinkConditions.perfect());
        lan.gateway(router, "10.1.0.254/24");
        Host far = net.host("far", "198.18.0.1");
        var refused = far.call(() -> assertThrows(NoRouteToHostException.class,
                () -> far.stack().tcp().connect(new InetSocketAddress("10.1.0.77", 7), PATIENCE))).get();
        assertTrue(refused.getMessage() != null);
        // Three questions, a second apart.
        assertTrue(net.now().compareTo(Duration.ofSeconds(3)) >= 0 && net.now().compareTo(Duration.ofSeconds(5)) < 0, net.now().toString());
    }

    @Test
    void twoEthernetsOfOneRouterAndTwoRoutersOfOneEthernet() throws Exception {
        EthernetSwitch left = net.ethernet("left");
        EthernetSwitch middle = net.ethernet("middle");
        EthernetSwitch right = net.ethernet("right");
        Router r1 = net.router("r1");
        Router r2 = net.router("r2");
        left.gateway(r1, "10.1.0.254/24");
        middle.gateway(r1, "10.2.0.1/24");
        middle.gateway(r2, "10.2.0.2/24");
        right.gateway(r2, "10.3.0.254/24");
        Host a = net.host("a", NicPlan.on(left, "nic", "10.1.0.1/24").withGateway("10.1.0.254"));
        Host b = net.host("b", NicPlan.on(right, "nic", "10.3.0.1/24").withGateway("10.3.0.254"));
        echo(b);
        assertEquals("10.1.0.1", a.call(() -> ask(a, "10.3.0.1", 50_000)).get());
    }

    @Test
    void aHostWithSeveralNicsAnswersOnEach() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host gate = net.host("gate", NicPlan.of("out", "198.18.0.7"), NicPlan.on(lan, "in", "10.1.0.254/24"),
                NicPlan.of("spare", "198.18.0.8"));
        Host far = net.host("far", "198.18.0.1");
        Host a = lan.host("a", "10.1.0.1/24");
        echo(gate);
        echo(far);
        assertEquals("198.18.0.1", far.call(() -> ask(far, "198.18.0.7", 10_000)).get());
        assertEquals("198.18.0.1", far.call(() -> ask(far, "198.18.0.8", 10_000)).get());
        assertEquals("10.1.0.1", a.call(() -> ask(a, "10.1.0.254", 10_000)).get());
        assertEquals("198.18.0.7", gate.call(() -> ask(gate, "198.18.0.1", 10_000)).get());
        assertEquals(3, gate.addresses().size());
        assertEquals(List.of("out", "in", "spare"), gate.stack().nics().stream().map(dev.millrace.Nic::name).toList());
        String picture = net.picture();
        assertTrue(picture.contains("gate/in") && picture.contains("Ethernet"), picture);
        gate.crash();
        // All of its names and addresses are free again.
        Host again = net.host("gate", NicPlan.on(lan, "in", "10.1.0.254/24"), NicPlan.of("out", "198.18.0.7"));
        echo(again);
        assertEquals("10.1.0.1", a.call(() -> ask(a, "10.1.0.254", 10_000)).get());
        assertEquals("198.18.0.1", far.call(() -> ask(far, "198.18.0.7", 10_000)).get());
    }

    @Test
    void faultsHoldOnAnEthernet() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host a = lan.host("a", "10.1.0.1/24");
        Host b = lan.host("b", "10.1.0.2/24");
        Host c = lan.host("c", "10.1.0.3/24");
        echo(b);
        echo(c);
        try (Fault cut = net.cut("a", "b")) {
            // Not even ARP.
            a.call(() -> assertThrows(NoRouteToHostException.class,
                    () -> a.stack().tcp().connect(new InetSocketAddress("10.1.0.2", 7), PATIENCE))).get();
            assertTrue(cut.packets() > 0);
            a.call(() -> ask(a, "10.1.0.3", 1000)).get();
        }
        a.call(() -> ask(a, "10.1.0.2", 1000)).get();
        try (Fault wire = net.cut("b", "lan")) {
            a.call(() -> assertThrows(IOException.class,
                    () -> ask(a, "10.1.0.2", 1000))).get();
        }
        try (Fault arp = net.drop(PacketView::isArp)) {
            // It has learned c; only whom it does not know it cannot ask.
            a.call(() -> ask(a, "10.1.0.3", 1000)).get();
        }
    }

    @Test
    void vlansAreSeparate() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host a = net.host("a", NicPlan.on(lan, "nic", "10.1.0.1/24").withOption("vlan", "7"));
        Host b = net.host("b", NicPlan.on(lan, "nic", "10.1.0.2/24").withOption("vlan", "7"));
        Host c = net.host("c", NicPlan.on(lan, "nic", "10.1.0.3/24"));
        echo(b);
        echo(c);
        a.call(() -> ask(a, "10.1.0.2", 100_000)).get();
        a.call(() -> assertThrows(NoRouteToHostException.class, () -> ask(a, "10.1.0.3", 1))).get();
    }

    @Test
    void switchesInALineAreOneEthernetAndRingsAreRefused() throws Exception {
        EthernetSwitch one = net.ethernet("one");
        net.ethernet("two");
        EthernetSwitch three = net.ethernet("three");
        net.link("one", "two", LinkConditions.perfect().delay(Duration.ofMillis(1)));
        net.link("two", "three", LinkConditions.perfect().loss(0.01));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> net.link("three", "one", LinkConditions.perfect()))
                .getMessage().contains("round for ever"));
        Host a = one.host("a", "10.1.0.1/24");
        Host b = three.host("b", "10.1.0.2/24");
        echo(b);
        a.call(() -> ask(a, "10.1.0.2", 100_000)).get();
        assertEquals(2, one.knownStations());
    }

    @Test
    void whatHasNoFramesIsNotLinked() throws Exception {
        net.ethernet("lan").host("a", "10.1.0.1/24");
        net.host("b", "198.18.0.1");
        net.router("r", "198.18.0.254");
        for (String[] pair : new String[][] {{"lan", "b"}, {"r", "lan"}, {"a", "b"}, {"a", "r"}, {"lan", "internet"}}) {
            var wrong = assertThrows(IllegalArgumentException.class, () -> net.link(pair[0], pair[1], LinkConditions.perfect()));
            assertTrue(wrong.getMessage().contains("Ethernet"), wrong.getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> net.host("x", List.of(), _ -> {
        }));
        assertThrows(IllegalArgumentException.class, () -> NicPlan.of("nic", "198.18.0.3").withGateway("198.18.0.1"));
        // Nothing stays behind of what was refused.
        assertThrows(IllegalArgumentException.class, () -> net.host("y", NicPlan.of("one", "198.18.0.4"), NicPlan.of("two", "198.18.0.1")));
        net.host("y", NicPlan.of("one", "198.18.0.4"), NicPlan.of("two", "198.18.0.5"));
    }

    @Test
    void broadcastsReachAllOfTheEthernetAndNothingElse() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Router router = net.router("r");
        lan.gateway(router, "10.1.0.254/24");
        Host a = lan.host("a", "10.1.0.1/24");
        var heard = new ArrayList<String>();
        for (int i = 2; i < 5; i++) {
            Host h = lan.host("h" + i, "10.1.0." + i + "/24");
            h.run(() -> {
                try (UdpSocket s = h.stack().udp().bind(new InetSocketAddress(9))) {
                    s.receive(ByteBuffer.allocate(100));
                    heard.add(h.name());
                }
            });
        }
        a.run(() -> {
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                s.setOption(java.net.StandardSocketOptions.SO_BROADCAST, true);
                s.send(ByteBuffer.wrap(new byte[3]), new InetSocketAddress("10.1.0.255", 9));
            }
        });
        assertTrue(net.runUntil(() -> heard.size() == 3, PATIENCE));
    }

    /// Frames of stations that nobody has: the table keeps its bound, and those who are there keep their way.
    @Test
    void aFloodOfStationsLeavesItWorking() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host a = lan.host("a", "10.1.0.1/24");
        Host b = lan.host("b", "10.1.0.2/24");
        echo(b);
        var random = new Random(1);
        for (int i = 0; i < 3 * EthernetSwitch.MAX_STATIONS; i++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            Packet frame = Packet.allocate(Packet.HEADROOM, 100);
            int at = frame.append(bytes.length);
            java.lang.foreign.MemorySegment.copy(bytes, 0, frame.memory(), java.lang.foreign.ValueLayout.JAVA_BYTE, at, bytes.length);
            if (bytes.length >= EthernetHeader.LENGTH && random.nextBoolean()) {
                EthernetHeader.write(frame.memory(), at, 0xffff_ffff_ffffL, random.nextLong() & 0xfeff_ffff_ffffL,
                        random.nextBoolean() ? EtherType.ARP : EtherType.IPV6);
            }
            net.clockwork().now(() -> a.pipes().getFirst().accept(frame));
            if (i % 1000 == 0) {
                net.runFor(Duration.ofMillis(1));
            }
        }
        net.runFor(Duration.ofMillis(1));
        assertTrue(lan.knownStations() <= EthernetSwitch.MAX_STATIONS);
        a.call(() -> ask(a, "10.1.0.2", 1000)).get();
    }

    @Test
    void aScanThroughTheRouterIsBounded() throws Exception {
        EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/16");
        Router router = net.router("r", "198.18.0.254");
        net.link("r", "internet", LinkConditions.perfect());
        EthernetGateway gateway = lan.gateway(router, "10.1.255.254/16");
        Host b = net.host("b", NicPlan.on(lan, "nic", "10.1.0.2/16").withGateway("10.1.255.254"));
        echo(b);
        Host far = net.host("far", "198.18.0.1");
        far.run(() -> {
            try (UdpSocket s = far.stack().udp().bind(new InetSocketAddress(0))) {
                for (int i = 1000; i < 6000; i++) {
                    try {
                        s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.1." + (i >> 8) + "." + (i & 255), 9));
                    } catch (IOException e) {
                        // Told of one before that nobody is there.
                        continue;
                    }
                }
            }
        });
        far.call(() -> ask(far, "10.1.0.2", 10_000)).get();
        assertTrue(gateway.neighborCount() <= GatewayNeighbors.MAX_NEIGHBORS);
        net.runFor(Duration.ofSeconds(10));
        assertFalse(gateway.neighborCount() > 3, "those that did not answer are forgotten: " + gateway.neighborCount());
    }

    @Test
    void oneSeedIsOneRun() throws Exception {
        assertEquals(run(11), run(11));
    }

    private static List<String> run(long seed) throws Exception {
        var lines = new ArrayList<String>();
        try (Internet net = Internet.virtualTime(seed)) {
            net.log(lines::add);
            EthernetSwitch lan = net.ethernet("lan");
            lan.gateway(net.router("r", "198.18.0.254"), "10.1.0.254/24", "fd00:1::fe/64").advertise(Duration.ofSeconds(30));
            Host a = lan.host("a", "10.1.0.1/24");
            Host b = lan.host("b", "10.1.0.2/24");
            net.link("b", "lan", LinkConditions.perfect().delay(Duration.ofMillis(5)).jitter(Duration.ofMillis(2)).loss(0.05));
            echo(b);
            a.call(() -> ask(a, "10.1.0.2", 50_000)).get();
            net.runFor(Duration.ofSeconds(50));
        }
        return lines;
    }

    @Test
    void inRealTimeAsWell() throws Exception {
        try (Internet real = Internet.realTime()) {
            EthernetSwitch lan = real.ethernet("lan");
            Host a = lan.host("a", "10.1.0.1/24", "fd00::1/64");
            Host b = real.host("b", NicPlan.on(lan, "lan", "10.1.0.2/24", "fd00::2/64"), NicPlan.of("out", "198.18.0.2"));
            echo(b);
            ask(a, "10.1.0.2", 3_000_000);
            ask(a, "fd00::2", 3_000_000);
        }
    }
}
