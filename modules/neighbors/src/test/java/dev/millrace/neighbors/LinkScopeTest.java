package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.Nic;
import dev.millrace.NicConfig;
import dev.millrace.StackConfig;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Every link has link-local addresses: what is answered goes back where it came from.
class LinkScopeTest {
    private static final long STRANGER = 0x0266_0000_0001L;
    private final LeakCheck leaks = new LeakCheck();
    private final List<byte[]> onA = new ArrayList<>();
    private final List<byte[]> onB = new ArrayList<>();
    private final Vnic a = vnic(onA);
    private final Vnic b = vnic(onB);
    private ManualStack stack;

    private static Vnic vnic(List<byte[]> seen) {
        var v = new Vnic(Link.Medium.ETHERNET, 1500, true);
        v.onTransmit(seen::add);
        return v;
    }

    private void open(Map<String, Map<String, String>> options, String addressA, String addressB) throws IOException {
        stack = StackProvider.find().openManual(new StackConfig("two", List.of(
                new NicConfig("a", "", a, 0, List.of(Cidr.parse(addressA)), null, options.getOrDefault("nic", Map.of())),
                new NicConfig("b", "", b, 0, List.of(Cidr.parse(addressB)), null, options.getOrDefault("nic", Map.of()))),
                List.of(), List.of(), Map.of()), 5);
        for (int i = 0; i <= 300; i++) {
            stack.step(i * 10_000_000L);
        }
        onA.clear();
        onB.clear();
    }

    @AfterEach
    void close() {
        stack.close();
        leaks.close();
    }

    private static IpAddress linkLocal(Nic nic) {
        return nic.addresses().stream().map(Cidr::address).filter(x -> !x.isV4() && x.isLinkLocal()).findFirst().orElseThrow();
    }

    private static byte[] ping(IpAddress to, long station) {
        byte[] frame = Frames.icmp(STRANGER, "fe80::99", to.toString(), 64, (m, at) -> {
            IcmpHeader.write(m, at, 128, 0, 1);
            return at + 8;
        });
        EthernetHeader.write(MemorySegment.ofArray(frame), 0, station, STRANGER, EtherType.IPV6);
        return frame;
    }

    private static boolean asksFor(byte[] frame, String target) {
        MemorySegment m = MemorySegment.ofArray(frame);
        return EthernetHeader.type(m, 0) == EtherType.IPV6 && Ipv6Header.nextHeader(m, 14) == 58
                && (Ipv6Header.destinationLo(m, 14) & 0xff_ffff) == (IpAddress.parse(target).lo() & 0xff_ffff);
    }

    @Test
    void anAnswerLeavesThroughTheNicThatWasAsked() throws Exception {
        open(Map.of(), "fd00:a::1/64", "fd00:b::1/64");
        Nic second = stack.nics().getLast();
        b.inject(ping(linkLocal(second), ((dev.millrace.spi.NicPort) second).stationAddress()));
        assertTrue(onB.stream().anyMatch(f -> asksFor(f, "fe80::99")), "the sender is looked for on its own link");
        assertEquals(0, onA.size());
        try (UdpSocket socket = stack.udp().bind(new InetSocketAddress(linkLocal(second).toInetAddress(), 9))) {
            socket.send(ByteBuffer.allocate(1), new InetSocketAddress("fe80::77", 7));
            assertTrue(onB.stream().anyMatch(f -> asksFor(f, "fe80::77")));
            assertEquals(0, onA.size());
        }
    }

    @Test
    void twoNicsWithOneMacAddressHaveTwoAddresses() throws Exception {
        open(Map.of("nic", Map.of("mac", "02:00:5e:10:00:01", "interface-id", "eui64")), "fd00:a::1/64", "fd00:b::1/64");
        assertEquals("fe80::5eff:fe10:1", linkLocal(stack.nics().getFirst()).toString());
        assertTrue(linkLocal(stack.nics().getLast()).isLinkLocal());
    }

    @Test
    void whatWaitsForANeighbourDoesNotLeaveFromAnAddressThatIsGone() throws Exception {
        open(Map.of(), "fd00:a::1/64", "10.0.0.1/24");
        Nic first = stack.nics().getFirst();
        first.addAddress(Cidr.parse("fd00:a::2/64"));
        try (UdpSocket gone = stack.udp().bind(new InetSocketAddress("fd00:a::2", 9));
                UdpSocket stays = stack.udp().bind(new InetSocketAddress("fd00:a::1", 9))) {
            gone.send(ByteBuffer.allocate(1), new InetSocketAddress("fd00:a::77", 7));
            stays.send(ByteBuffer.allocate(1), new InetSocketAddress("fd00:a::77", 7));
            assertTrue(first.removeAddress(Cidr.parse("fd00:a::2/64")));
            onA.clear();
            a.inject(Frames.neighbor(STRANGER, "fd00:a::77", IpAddress.parse("fd00:a::77"), 0x20));
            List<Long> sources = onA.stream().map(MemorySegment::ofArray).filter(m -> Ipv6Header.nextHeader(m, 14) == 17)
                    .map(m -> Ipv6Header.sourceLo(m, 14)).toList();
            assertEquals(List.of(1L), sources);
        }
    }
}
