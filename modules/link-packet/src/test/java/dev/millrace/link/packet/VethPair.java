package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.OptionValues;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/// Two namespaces with a cable between them: v0 is for the links of the test, v1 is the kernel's, with 10.0.0.1/24. The end
/// checks that nothing is left: packets, descriptors, mappings, threads.
final class VethPair implements AutoCloseable {
    static final long OURS = 0x0200_0000_000aL;
    static final long THEIRS = 0x0200_0000_000bL;
    /// An EtherType for experiments (IEEE 802).
    static final int EXPERIMENT = 0x88b5;
    static final int ADDRESS = 0x0a000002;

    final NetworkNamespace here;
    final NetworkNamespace there;
    private final LeakCheck leaks = new LeakCheck();
    private final List<Link> opened = new CopyOnWriteArrayList<>();
    private final long descriptors;

    VethPair() throws Exception {
        String missing = NetworkNamespace.missing("ping", "tcpdump", "python3").orElse(null);
        assumeTrue(missing == null, missing);
        here = new NetworkNamespace();
        there = new NetworkNamespace();
        for (NetworkNamespace ns : List.of(here, there)) {
            ns.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;"
                    + "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6").orFail();
        }
        connect();
        // What the first use of these classes opens, and keeps, is not a leak.
        link("v0", Map.of()).close();
        descriptors = openDescriptors();
    }

    /// Makes the cable, also again.
    void connect() throws IOException {
        here.run("ip", "link", "add", "v0", "address", MacAddress.text(OURS), "type", "veth", "peer", "name", "v1",
                "address", MacAddress.text(THEIRS), "netns", there.name()).orFail();
        here.run("ip", "link", "set", "v0", "up").orFail();
        there.run("ip", "addr", "add", "10.0.0.1/24", "dev", "v1").orFail();
        there.run("ip", "link", "set", "v1", "up").orFail();
        // So that the kernel answers without asking.
        there.run("ip", "neigh", "add", "10.0.0.2", "lladdr", MacAddress.text(OURS), "dev", "v1").orFail();
    }

    Link link(String name, Map<String, String> options) throws Exception {
        return link(here, name, options, 0);
    }

    Link link(NetworkNamespace ns, String name, Map<String, String> options, int mtu) throws Exception {
        var driver = new PacketDriver();
        Link link = ns.call(() -> driver.open(new LinkDriver.Request("n0", name, mtu,
                OptionValues.check("nic[0]", driver.options(), options))));
        opened.add(link);
        return link;
    }

    /// A frame of the experiment's type for their station, with bytes that depend on `number`.
    static Packet frame(int length, int number) {
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        EthernetHeader.write(m, at, THEIRS, OURS, EXPERIMENT);
        for (int i = 14; i < length; i++) {
            m.set(JAVA_BYTE, at + i, (byte) (number >>> 8 * (i & 3) ^ i >>> 2));
        }
        return p;
    }

    /// A datagram to a port of the kernel where nobody listens.
    static Packet udp(int destinationPort) {
        byte[] text = "over".getBytes();
        int length = 14 + 28 + text.length;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        MemorySegment m = p.memory();
        EthernetHeader.write(m, at, THEIRS, OURS, EtherType.IPV4);
        Ipv4Header.write(m, at + 14, 0, 28 + text.length, 1, 0, 64, IpProtocol.UDP, ADDRESS, 0x0a000001);
        UdpHeader.write(m, at + 34, 4000, destinationPort, 8 + text.length);
        MemorySegment.copy(text, 0, m, JAVA_BYTE, at + 42, text.length);
        // No checksum is a checksum that UDP over IPv4 allows.
        return p;
    }

    static void send(Link link, Packet... packets) {
        var list = new PacketList();
        for (Packet p : packets) {
            list.add(p);
        }
        link.transmit(list);
    }

    static int type(byte[] frame) {
        return frame.length < 14 ? -1 : (frame[12] & 0xff) << 8 | frame[13] & 0xff;
    }

    /// Whether it is an ICMP message over IPv4 without a tag.
    static boolean isIcmp(byte[] frame) {
        return type(frame) == EtherType.IPV4 && frame[23] == 1;
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(p -> {
                try {
                    String to = Files.readSymbolicLink(p).toString();
                    return to.startsWith("anon_inode:[eventfd]") || to.startsWith("socket");
                } catch (IOException gone) {
                    return false;
                }
            }).count();
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(l -> l.contains("socket:[")).count();
        }
    }

    /// Gives everything back whatever the test did, so that a failure is one failure and not also that of all tests after it.
    @Override
    public void close() throws Exception {
        opened.reversed().forEach(Link::close);
        here.close();
        there.close();
        assertEquals(descriptors, openDescriptors(), "open descriptors");
        assertEquals(0, mappings(), "rings");
        leaks.close();
        assertEquals(List.of(), Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(n -> n.startsWith("millrace-v")).toList(), "readers");
    }
}
