package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Frames that may be anything, on an Ethernet with all that looks at them.
@Timeout(120)
class HostileFramesTest {
    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(11);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    private static void send(Station from, byte[] bytes) {
        var list = new PacketList();
        list.add(Packet.copyOf(bytes));
        from.link().transmit(list);
    }

    @Test
    void nothingThrowsOrLeaks() throws Exception {
        EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/24");
        EthernetSwitch more = net.ethernet("more");
        net.link("lan", "more", LinkConditions.perfect().corruption(0.2).duplication(0.1));
        Router edge = net.router("edge", "198.18.0.254");
        net.link("edge", "internet", LinkConditions.perfect());
        EthernetGateway gateway = lan.gateway(edge, "10.1.0.254/24", "fd00:1::fe/64");
        gateway.advertise(Duration.ofMinutes(30));
        Host a = net.host("a", NicPlan.on(lan, "nic", "10.1.0.1/24", "fd00:1::1/64").withGateway("10.1.0.254"));
        net.host("b", NicPlan.on(more, "nic", "10.1.0.2/24").withOption("slaac", "true"));
        net.host("out", "198.18.0.1");
        var real = new ArrayList<byte[]>();
        net.log(_ -> {
        });
        net.packets(p -> p.isArp() || p.isTcp() || p.isOpening() || p.hasPayload() || p.toString().isEmpty());
        net.drop(p -> p.isTo(a) && p.isArp() && p.hasPayload());
        net.delay(p -> p.isUdp(), Duration.ofMillis(1));
        net.slow(java.util.List.of("a"), java.util.List.of("b"), Duration.ofMillis(1));
        net.reset("a", "b");
        net.cutOneWay("b", "out");
        var random = new Random(5);
        long[] macs = {gateway.station(), a.link().hardwareAddress(), 0xffffffffffffL, 0x333300000001L, 0, 0x020000000001L};
        int[] types = {0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x1234, 0x05dc};
        for (int i = 0; i < 40_000; i++) {
            byte[] f = new byte[random.nextInt(10) == 0 ? random.nextInt(20) : 14 + random.nextInt(120)];
            random.nextBytes(f);
            if (f.length >= 14) {
                put(f, 0, macs[random.nextInt(macs.length)]);
                put(f, 6, random.nextInt(3) == 0 ? 0x020000000000L + random.nextInt(100_000) : macs[random.nextInt(macs.length)]);
                int type = types[random.nextInt(types.length)];
                f[12] = (byte) (type >> 8);
                f[13] = (byte) type;
                int at = 14;
                if ((type == 0x8100 || type == 0x88a8) && f.length >= 18) {
                    int inner = types[random.nextInt(4)];
                    f[16] = (byte) (inner >> 8);
                    f[17] = (byte) inner;
                    type = inner;
                    at = 18;
                }
                if (type == 0x0806 && f.length >= at + 8) {
                    System.arraycopy(new byte[] {0, 1, 8, 0, 6, 4, 0, (byte) (1 + random.nextInt(2))}, 0, f, at, 8);
                    if (f.length >= at + 28 && random.nextBoolean()) {
                        System.arraycopy(new byte[] {10, 1, 0, (byte) 254}, 0, f, at + 24, 4);
                    }
                } else if (type == 0x86dd && f.length >= at + 41) {
                    f[at] = 0x60;
                    f[at + 4] = 0;
                    f[at + 5] = (byte) (f.length - at - 40);
                    f[at + 6] = (byte) (random.nextBoolean() ? 58 : 6);
                    f[at + 7] = (byte) 255;
                    f[at + 40] = (byte) (133 + random.nextInt(5));
                } else if (type == 0x0800 && f.length >= at + 20) {
                    f[at] = (byte) (0x40 + random.nextInt(16));
                    f[at + 2] = 0;
                    f[at + 3] = (byte) (f.length - at);
                }
            }
            send(a, f);
            if (i % 1000 == 0) {
                net.runFor(Duration.ofMillis(10));
            }
        }
        net.runFor(Duration.ofMinutes(1));
        assertTrue(lan.knownStations() <= EthernetSwitch.MAX_STATIONS);
        assertTrue(gateway.neighborCount() <= GatewayNeighbors.MAX_NEIGHBORS);
        assertEquals(0, real.size());
        net.picture();
        net.recentPackets(java.util.List.of(), 1000);
        net.healAll();
        assertEquals(1, net.host("b").orElseThrow().stack().tcp().listen(80) == null ? 0 : 1);
    }

    private static void put(byte[] f, int at, long mac) {
        for (int i = 0; i < 6; i++) {
            f[at + i] = (byte) (mac >> 40 - 8 * i);
        }
    }

    private static void serve(Host h) {
        h.run(() -> {
            try (TcpListener l = h.stack().tcp().listen(80)) {
                while (true) {
                    TcpSocket s = l.accept();
                    h.run(() -> {
                        try (s) {
                            s.inputStream().transferTo(s.outputStream());
                        } catch (IOException e) {
                            return;
                        }
                    });
                }
            }
        });
    }

    /// Opens a connection, has it reset, and returns what each side heard.
    private void checkReset(Host client, Host server, InetSocketAddress to) throws Exception {
        var heard = new Exception[1];
        server.run(() -> {
            try (TcpListener l = server.stack().tcp().listen(81); TcpSocket s = l.accept()) {
                s.setReadTimeout(Duration.ofSeconds(20));
                while (s.inputStream().read() >= 0) {
                    continue;
                }
                heard[0] = new IOException("the end");
            } catch (IOException e) {
                heard[0] = e;
            }
        });
        client.run(() -> {
            try (TcpSocket s = client.stack().tcp().connect(to, Duration.ofSeconds(5))) {
                s.setReadTimeout(Duration.ofSeconds(10));
                s.outputStream().write(1);
                client.sleep(Duration.ofSeconds(1));
                Fault reset = net.reset(client.name(), server.name());
                s.outputStream().write(1);
                var e = assertThrows(IOException.class, () -> s.inputStream().read());
                assertTrue(e.getMessage().contains("reset"), e::toString);
                assertEquals(1, reset.packets());
            }
        }).get();
        net.runFor(Duration.ofSeconds(1));
        assertTrue(heard[0] != null && heard[0].getMessage().contains("reset"), "" + heard[0]);
    }

    @Test
    void aResetIsDoneOnAnEthernetAsWell() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host a = net.host("a", NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.1.0.254"));
        Host b = net.host("b", NicPlan.on(lan, "nic", "10.1.0.2/24"));
        Host v = net.host("v", NicPlan.on(lan, "nic", "10.2.0.1/24").withOption("vlan", "7"));
        Host w = net.host("w", NicPlan.on(lan, "nic", "10.2.0.2/24").withOption("vlan", "7"));
        checkReset(a, b, new InetSocketAddress("10.1.0.2", 81));
        checkReset(v, w, new InetSocketAddress("10.2.0.2", 81));
        Router edge = net.router("edge", "198.18.0.254");
        net.link("edge", "internet", LinkConditions.perfect());
        lan.gateway(edge, "10.1.0.254/24");
        Host out = net.host("out", "198.18.0.1");
        checkReset(a, out, new InetSocketAddress("198.18.0.1", 81));
    }

    @Test
    void aResetIsDoneThroughATranslatorAsWell() throws Exception {
        NatBox nat = net.nat("nat", "198.18.0.2", NatOptions.DEFAULT);
        Host a = nat.host("a", "192.168.0.2");
        Host out = net.host("out", "198.18.0.1");
        checkReset(a, out, new InetSocketAddress("198.18.0.1", 81));
    }

    @Test
    void aGatewayIsOnNoVlan() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Router edge = net.router("edge", "198.18.0.254");
        net.link("edge", "internet", LinkConditions.perfect());
        EthernetGateway gateway = lan.gateway(edge, "10.1.0.254/24");
        Host v = net.host("v", NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.1.0.254").withOption("vlan", "7"));
        serve(net.host("out", "198.18.0.1"));
        v.run(() -> assertThrows(IOException.class,
                () -> v.stack().tcp().connect(new InetSocketAddress("198.18.0.1", 80), Duration.ofSeconds(5)))).get();
        assertEquals(0, gateway.neighborCount());
    }

    @Test
    void tooShortFramesAreCounted() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host a = net.host("a", NicPlan.on(lan, "nic", "10.1.0.1/24"));
        for (int n = 0; n < EthernetHeader.LENGTH; n++) {
            send(a, new byte[n]);
        }
        net.runFor(Duration.ofSeconds(1));
        assertEquals((long) EthernetHeader.LENGTH, net.counters().get("bad-frame"));
    }
}
