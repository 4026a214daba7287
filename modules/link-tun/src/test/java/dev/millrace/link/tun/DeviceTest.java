package dev.millrace.link.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.linux.Errno;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.testkit.RecordingSink;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The link on real devices, in a namespace of its own.
@Timeout(60)
class DeviceTest {
    private NetworkNamespace ns;
    private LeakCheck leaks;
    private long descriptors;
    private final RecordingSink sink = new RecordingSink();
    private final List<Link> opened = new CopyOnWriteArrayList<>();

    @BeforeEach
    void open() throws Exception {
        String missing = NetworkNamespace.missing("ping", "socat", "python3").orElse(null);
        assumeTrue(missing == null, missing);
        leaks = new LeakCheck();
        ns = new NetworkNamespace();
        // What the first use of these classes opens, and keeps, is not a leak.
        if (descriptors == 0) {
            ns.call(() -> {
                driver(false, "", Map.of(), 0).close();
                return null;
            });
        }
        descriptors = openDescriptors();
    }

    /// Gives everything back whatever the test did, so that a failure is one failure and not also that of all tests after it.
    @AfterEach
    void close() throws IOException {
        if (ns != null) {
            opened.reversed().forEach(Link::close);
            ns.close();
            assertEquals(descriptors, openDescriptors(), "open descriptors");
            leaks.close();
            assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("millrace-t0")));
        }
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(p -> {
                try {
                    String to = Files.readSymbolicLink(p).toString();
                    return to.startsWith("/dev/net") || to.startsWith("anon_inode:[eventfd]") || to.startsWith("socket");
                } catch (IOException gone) {
                    return false;
                }
            }).count();
        }
    }

    private Link driver(boolean tap, String name, Map<String, String> options, int mtu) throws IOException {
        LinkDriver driver = tap ? new TapDriver() : new TunDriver();
        Link link = driver.open(new LinkDriver.Request("n0", name, mtu,
                OptionValues.check("nic[0]", driver.options(), options)));
        opened.add(link);
        return link;
    }

    private Link tun(String name, Map<String, String> options) throws Exception {
        return ns.call(() -> driver(false, name, options, 0));
    }

    private Link attached(Map<String, String> options) throws Exception {
        ns.addDevice("t0", "tun", "10.0.0.1/24");
        Link link = tun("t0", options);
        link.attach(sink);
        return link;
    }

    private void ping() {
        try {
            ns.run("ping", "-c", "1", "-W", "1", "10.0.0.2");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A ping of the kernel's. The first ones after a device was opened may be lost: the kernel gives it a queue when its own
    /// threads come to it, which on a busy machine takes seconds.
    private RecordingSink.Got pinged() throws InterruptedException {
        return sink.awaitAnswer(DeviceTest::isEcho, this::ping);
    }

    private static boolean isEcho(RecordingSink.Got got) {
        return got.version() == 4 && got.bytes()[9] == 1;
    }

    @Test
    void packetsOfTheKernelComeIn() throws Exception {
        try (Link link = attached(Map.of())) {
            assertEquals(1500, link.mtu());
            assertEquals(65535, link.maxSuperSegment());
            assertEquals(84, pinged().bytes().length);
        }
    }

    private static Packet udp(int destinationPort) {
        byte[] text = "over".getBytes();
        Packet p = Packet.allocate(Packet.HEADROOM, 28 + text.length);
        int at = p.append(28 + text.length);
        Ipv4Header.write(p.memory(), at, 0, 28 + text.length, 1, 0, 64, IpProtocol.UDP, 0x0a000002, 0x0a000001);
        UdpHeader.write(p.memory(), at + 20, 4000, destinationPort, 8 + text.length);
        for (int i = 0; i < text.length; i++) {
            p.memory().set(java.lang.foreign.ValueLayout.JAVA_BYTE, at + 28 + i, text[i]);
        }
        // No checksum is a checksum that UDP over IPv4 allows.
        return p;
    }

    private static void send(Link link, Packet packet) {
        var list = new PacketList();
        list.add(packet);
        link.transmit(list);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void packetsGoOut(boolean offload) throws Exception {
        try (Link link = attached(Map.of("offload", Boolean.toString(offload)))) {
            // Nobody listens on the port, and the kernel says so.
            RecordingSink.Got answer = sink.awaitAnswer(DeviceTest::isEcho, () -> send(link, udp(9)));
            assertEquals(3, answer.bytes()[20], "ICMP destination unreachable");
            assertEquals(3, answer.bytes()[21], "port");
            assertTrue(sink.drops.isEmpty());
        }
    }

    @Test
    void kernelChoosesTheNameIfThereIsNone() throws Exception {
        Link link = tun("", Map.of());
        assertTrue(link.toString().startsWith("tun:tun"), link.toString());
        link.close();
    }

    @Test
    void deviceOfOursGoesWithTheLinkAndAPersistentOneStays() throws Exception {
        Link link = tun("t0", Map.of());
        assertEquals(0, ns.run("ip", "link", "show", "t0").code());
        link.close();
        assertNotEquals(0, ns.run("ip", "link", "show", "t0").code());
        tun("t0", Map.of("persist", "true")).close();
        assertEquals(0, ns.run("ip", "link", "show", "t0").code());
    }

    @Test
    void nextUserOfADeviceFindsNoOffloads(@TempDir Path folder) throws Exception {
        ns.addDevice("t0", "tun", "10.0.0.1/24");
        tun("t0", Map.of()).close();
        Link plain = tun("t0", Map.of("offload", "false"));
        plain.attach(sink);
        assertEquals(0, plain.maxSuperSegment());
        assertFalse(plain.completesChecksums());
        assertEquals(0, ns.run("ip", "-d", "link", "show", "t0").code());
        // The checksum of a SYN is whole, where a device with offloads would leave it to its reader.
        ns.start(folder.resolve("socat.txt"), "socat", "-u", "OPEN:/dev/null", "TCP:10.0.0.2:80,connect-timeout=1");
        RecordingSink.Got syn = sink.await(g -> g.version() == 4 && g.bytes()[9] == 6);
        assertEquals(Checksumming.ON_WIRE, syn.checksumming());
        long sum = 6 + (syn.bytes().length - 20);
        for (int i = 12; i < syn.bytes().length; i += 2) {
            sum += (syn.bytes()[i] & 0xff) << 8 | syn.bytes()[i + 1] & 0xff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        assertEquals(0xffff, sum);
        plain.close();
    }

    @Test
    void deviceThatIsDownIsSetUp() throws Exception {
        ns.run("ip", "tuntap", "add", "dev", "t0", "mode", "tun").orFail();
        tun("t0", Map.of()).close();
        assertTrue(ns.run("ip", "link", "show", "t0").orFail().contains("UP"));
    }

    @Test
    void mtuOfTheConfigurationIsSet() throws Exception {
        ns.addDevice("t0", "tun");
        Link link = ns.call(() -> driver(false, "t0", Map.of(), 9000));
        assertEquals(9000, link.mtu());
        assertTrue(ns.run("ip", "link", "show", "t0").orFail().contains("mtu 9000"));
        link.close();
    }

    @Test
    void changesOfTheDeviceAreTold() throws Exception {
        try (Link link = attached(Map.of())) {
            ns.run("ip", "link", "set", "t0", "mtu", "1400").orFail();
            assertEquals(1400, sink.mtus.poll(5, TimeUnit.SECONDS));
            assertEquals(1400, link.mtu());
            ns.run("ip", "link", "set", "t0", "down").orFail();
            assertEquals("down: t0 was set down", sink.states.poll(5, TimeUnit.SECONDS));
            send(link, udp(9));
            assertEquals(List.of(DropReason.LINK_CLOSED), sink.drops);
            ns.run("ip", "link", "set", "t0", "name", "t1").orFail();
            ns.run("ip", "link", "set", "t1", "up").orFail();
            assertEquals("up: t1 was set up", sink.states.poll(5, TimeUnit.SECONDS));
            ns.run("ip", "link", "del", "t1").orFail();
            assertEquals("down: t1 was set down", sink.states.poll(5, TimeUnit.SECONDS));
            assertEquals("down: t1 was removed", sink.states.poll(5, TimeUnit.SECONDS));
            send(link, udp(9));
            assertEquals(List.of(DropReason.LINK_CLOSED, DropReason.LINK_CLOSED), sink.drops);
        }
        assertNull(sink.states.poll(), "told once");
    }

    @Test
    void deviceThatMovesToAnotherNamespaceGoesOn() throws Exception {
        try (Link link = attached(Map.of()); var other = new NetworkNamespace()) {
            ns.run("ip", "link", "set", "t0", "netns", other.name()).orFail();
            other.run("ip", "addr", "add", "10.0.0.1/24", "dev", "t0").orFail();
            other.run("ip", "link", "set", "t0", "up").orFail();
            sink.got.clear();
            other.run("ping", "-c", "1", "-W", "1", "10.0.0.2");
            sink.await(DeviceTest::isEcho);
            assertEquals("tun:t0", link.toString());
        }
    }

    @Test
    void busyDeviceIsATypedError() throws Exception {
        ns.addDevice("t0", "tun");
        Link first = tun("t0", Map.of());
        TunException e = assertThrows(TunException.class, () -> tun("t0", Map.of()));
        assertEquals(Errno.EBUSY, e.errno());
        assertEquals("ioctl(TUNSETIFF)", e.systemCall());
        first.close();
    }

    @Test
    void deviceOfAnotherKindIsATypedError() throws Exception {
        ns.addDevice("t0", "tap");
        TunException e = assertThrows(TunException.class, () -> tun("t0", Map.of()));
        assertEquals(Errno.EINVAL, e.errno());
        assertTrue(e.getMessage().contains("no TUN device"), e.getMessage());
        ns.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1").orFail();
        TunException veth = assertThrows(TunException.class, () -> tun("v0", Map.of()));
        assertEquals(Errno.EINVAL, veth.errno());
    }

    @Test
    void descriptorThatIsNoDeviceIsATypedError() {
        TunException e = assertThrows(TunException.class, () -> tun("t0", Map.of("fd", "0")));
        assertEquals("ioctl(TUNGETIFF)", e.systemCall());
        assertTrue(e.getMessage().contains("descriptor 0 is no open descriptor of a TUN or TAP device"), e.getMessage());
    }

    @Test
    void openDescriptorIsTakenOver() throws Exception {
        ns.addDevice("t0", "tun", "10.0.0.1/24");
        TunDevice device = ns.call(() -> TunDevice.open(TunSettingsTest.settings("t0", Map.of())));
        Link link = tun("", Map.of("fd", Integer.toString(device.fds()[0])));
        link.attach(sink);
        assertEquals("tun:t0", link.toString());
        pinged();
        link.close();
    }

    @Test
    void severalQueuesHaveAReaderEach() throws Exception {
        ns.run("ip", "tuntap", "add", "dev", "t0", "mode", "tun", "multi_queue").orFail();
        ns.run("ip", "addr", "add", "10.0.0.1/24", "dev", "t0").orFail();
        Link link = tun("t0", Map.of("queues", "3"));
        link.attach(sink);
        for (int port = 1; port <= 64; port++) {
            send(link, udp(port));
        }
        for (int i = 0; i < 5; i++) {
            sink.await(DeviceTest::isEcho);
        }
        assertTrue(sink.drops.isEmpty());
        link.close();
        // One queue of a device that was made for several is fine, too.
        tun("t0", Map.of()).close();
    }

    @Test
    void tapCarriesEthernetFrames() throws Exception {
        ns.addDevice("t0", "tap", "10.0.0.1/24");
        Link link = ns.call(() -> driver(true, "t0", Map.of(), 0));
        assertEquals(Link.Medium.ETHERNET, link.medium());
        link.attach(sink);
        // The kernel asks who has the address: to all, EtherType 0x0806.
        RecordingSink.Got arp = sink.awaitAnswer(g -> g.bytes()[12] == 8 && g.bytes()[13] == 6, this::ping);
        assertEquals(-1, arp.bytes()[0]);
        link.close();
    }

    @Test
    void superDatagramComesAsItsDatagrams() throws Exception {
        try (Link link = attached(Map.of())) {
            pinged();
            // UDP_SEGMENT is option 103 of level SOL_UDP, 17.
            ns.run("python3", "-c", "import socket;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
                    + "s.setsockopt(17,103,1000);s.sendto(b'x'*4500,('10.0.0.2',7))").orFail();
            int[] lengths = new int[5];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = sink.await(g -> g.version() == 4 && g.bytes()[9] == 17).bytes().length;
            }
            assertEquals("[1028, 1028, 1028, 1028, 528]", java.util.Arrays.toString(lengths));
            assertEquals("tun:t0", link.toString());
        }
    }

    @Test
    void closingEndsABusyReaderAndIsDoneOnce() throws Exception {
        Link link = attached(Map.of("busy-poll", "1s"));
        pinged();
        link.close();
        link.close();
        int before = sink.got.size();
        send(link, udp(9));
        assertEquals(DropReason.LINK_CLOSED, sink.drops.getLast());
        assertEquals(before, sink.got.size());
    }

    @Test
    void closingFromTheReaderItselfDoesNotHang() throws Exception {
        ns.addDevice("t0", "tun", "10.0.0.1/24");
        Link link = tun("t0", Map.of());
        var closing = new RecordingSink();
        link.attach(new Link.Sink() {
            @Override
            public void deliver(PacketList packets) {
                link.close();
                closing.deliver(packets);
            }

            @Override
            public void drop(Packet packet, DropReason reason) {
                closing.drop(packet, reason);
            }

            @Override
            public void stateChanged(boolean up, String reason) {
                closing.stateChanged(up, reason);
            }

            @Override
            public void mtuChanged(int mtu) {
                closing.mtuChanged(mtu);
            }
        });
        closing.awaitAnswer(g -> true, this::ping);
        closing.threads.getFirst().join(5000);
        assertFalse(closing.threads.getFirst().isAlive());
    }

    /// A NIC that throws before it has taken anything, and then while it has the first packet in hand.
    @Test
    void readerThatFailsGoesOnAndLosesNoBatch() throws Exception {
        ns.addDevice("t0", "tun", "10.0.0.1/24");
        Link link = tun("t0", Map.of());
        var failing = new java.util.concurrent.atomic.AtomicInteger();
        link.attach(new Link.Sink() {
            @Override
            public void deliver(PacketList packets) {
                if (failing.incrementAndGet() <= 3) {
                    throw new OutOfMemoryError("a test's");
                }
                sink.deliver(packets);
            }

            @Override
            public void drop(Packet packet, DropReason reason) {
                sink.drop(packet, reason);
            }

            @Override
            public void stateChanged(boolean up, String reason) {
                sink.stateChanged(up, reason);
            }

            @Override
            public void mtuChanged(int mtu) {
                sink.mtuChanged(mtu);
            }
        });
        pinged();
        assertTrue(failing.get() > 3);
        assertNull(sink.states.poll(), "the device is what it was");
        link.close();
    }

    @Test
    void linkThatNobodyAttachedIsClosed() throws Exception {
        ns.addDevice("t0", "tun");
        tun("t0", Map.of()).close();
    }

    @Test
    void manyThreadsMayTransmitWhileTheLinkIsClosed() throws Exception {
        Link link = attached(Map.of());
        var threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 2000; n++) {
                    send(link, udp(9));
                }
            });
        }
        link.close();
        for (Thread t : threads) {
            t.join();
        }
        assertTrue(sink.drops.stream().allMatch(r -> r == DropReason.LINK_CLOSED));
    }
}
