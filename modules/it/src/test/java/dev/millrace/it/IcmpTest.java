package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.UdpHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// IP and ICMP at the wire: packets in, packets out.
class IcmpTest {
    private static final IpAddress PEER4 = IpAddress.parse("10.9.0.1");
    private static final IpAddress OWN4 = IpAddress.parse("10.9.0.2");
    private static final IpAddress PEER6 = IpAddress.parse("fd09::1");
    private static final IpAddress OWN6 = IpAddress.parse("fd09::2");
    private final Vnic wire = new Vnic(65535);
    private final List<byte[]> out = new ArrayList<>();
    private ManualStack stack;

    @BeforeEach
    void open() throws IOException {
        wire.onTransmit(out::add);
        stack = Stack.builder().nic("n", wire, n -> n.address("10.9.0.2/24").address("fd09::2/64")).manual(1);
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private static byte[] ip(IpAddress from, IpAddress to, int protocol, byte[] payload) {
        int header = from.isV4() ? 20 : 40;
        byte[] p = new byte[header + payload.length];
        MemorySegment m = MemorySegment.ofArray(p);
        System.arraycopy(payload, 0, p, header, payload.length);
        if (from.isV4()) {
            Ipv4Header.write(m, 0, 0, p.length, 9, 0, 64, protocol, from.v4Bits(), to.v4Bits());
        } else {
            Ipv6Header.write(m, 0, 0, 0, payload.length, protocol, 64, from.hi(), from.lo(), to.hi(), to.lo());
        }
        return p;
    }

    private static byte[] echo(IpAddress from, IpAddress to, int size) {
        byte[] b = new byte[8 + size];
        new Random(size).nextBytes(b);
        MemorySegment m = MemorySegment.ofArray(b);
        IcmpHeader.writeEcho(m, 0, from.isV4() ? IcmpHeader.V4_ECHO_REQUEST : IcmpHeader.V6_ECHO_REQUEST, 7, 8);
        long pseudo = from.isV4() ? 0 : Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), 58, b.length);
        IcmpHeader.setChecksum(m, 0, Checksum.finish(pseudo + Checksum.sum(m, 0, b.length)));
        return ip(from, to, from.isV4() ? 1 : 58, b);
    }

    private static byte[] udp(IpAddress from, IpAddress to, int port) {
        byte[] b = new byte[20];
        MemorySegment m = MemorySegment.ofArray(b);
        UdpHeader.write(m, 0, 1000, port, b.length);
        UdpHeader.setChecksum(m, 0, Checksum.finish(Checksum.pseudoHeader(from.hi(), from.lo(), to.hi(), to.lo(), 17, b.length)
                + Checksum.sum(m, 0, b.length)));
        return ip(from, to, 17, b);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 55, 56, 1472, 9000, 65487})
    void echoIsMirroredWithRightChecksums(int size) {
        for (boolean v4 : new boolean[] {true, false}) {
            IpAddress peer = v4 ? PEER4 : PEER6;
            IpAddress own = v4 ? OWN4 : OWN6;
            out.clear();
            byte[] request = echo(peer, own, size);
            wire.inject(request);
            assertEquals(1, out.size(), "IPv" + peer.version() + " of " + size);
            byte[] reply = out.getFirst();
            int header = v4 ? 20 : 40;
            MemorySegment m = MemorySegment.ofArray(reply);
            assertEquals(v4 ? 0 : 129, IcmpHeader.type(m, header));
            assertArrayEquals(Arrays.copyOfRange(request, header + 4, request.length),
                    Arrays.copyOfRange(reply, header + 4, reply.length));
            long pseudo = v4 ? 0 : Checksum.pseudoHeader(own.hi(), own.lo(), peer.hi(), peer.lo(), 58, 8 + size);
            assertTrue(Checksum.isRight(pseudo + Checksum.sum(m, header, 8 + size)));
            assertTrue(!v4 || Ipv4Header.checksumIsRight(m, 0));
        }
    }

    @Test
    void aFlippedBitAnywhereInAHeaderIsSilence() {
        byte[] request = echo(PEER4, OWN4, 10);
        for (int bit = 0; bit < 8 * request.length; bit++) {
            byte[] damaged = request.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            wire.inject(damaged);
            assertTrue(out.isEmpty(), "bit " + bit);
        }
        byte[] udp = udp(PEER4, OWN4, 9);
        for (int bit = 160; bit < 8 * udp.length; bit++) {
            byte[] damaged = udp.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            wire.inject(damaged);
            assertTrue(out.isEmpty(), "bit " + bit);
        }
    }

    @Requirement("RFC1122:3.2.2.1")
    @Test
    void closedPortsAndUnknownProtocolsAreTold() {
        wire.inject(udp(PEER4, OWN4, 9));
        MemorySegment m = MemorySegment.ofArray(out.getLast());
        assertEquals(3, IcmpHeader.type(m, 20));
        assertEquals(3, IcmpHeader.code(m, 20));
        assertArrayEquals(udp(PEER4, OWN4, 9), Arrays.copyOfRange(out.getLast(), 28, out.getLast().length), "the whole is quoted");
        wire.inject(udp(PEER6, OWN6, 9));
        m = MemorySegment.ofArray(out.getLast());
        assertEquals(1, IcmpHeader.type(m, 40));
        assertEquals(4, IcmpHeader.code(m, 40));
        wire.inject(ip(PEER4, OWN4, 99, new byte[20]));
        m = MemorySegment.ofArray(out.getLast());
        assertEquals(2, IcmpHeader.code(m, 20));
        wire.inject(ip(PEER6, OWN6, 254, new byte[20]));
        m = MemorySegment.ofArray(out.getLast());
        assertEquals(4, IcmpHeader.type(m, 40));
        assertEquals(1, IcmpHeader.code(m, 40));
        assertEquals(6, IcmpHeader.pointerV6(m, 40));
        assertEquals(4, out.size());
    }

    @Requirement("RFC1122:3.2.2")
    @Test
    void nobodyIsToldAboutBroadcastsErrorsFragmentsAndForgedSources() {
        wire.inject(udp(PEER4, IpAddress.BROADCAST, 9));
        wire.inject(udp(PEER4, IpAddress.parse("10.9.0.255"), 9));
        wire.inject(udp(PEER4, IpAddress.parse("224.0.0.1"), 9));
        for (String source : new String[] {"0.0.0.0", "127.0.0.1", "224.0.0.9", "255.255.255.255", "240.0.0.1", "10.9.0.2"}) {
            wire.inject(udp(IpAddress.parse(source), OWN4, 9));
        }
        for (String source : new String[] {"::", "::1", "ff02::1", "fd09::2"}) {
            wire.inject(udp(IpAddress.parse(source), OWN6, 9));
        }
        wire.inject(udp(PEER6, IpAddress.parse("ff02::1"), 9));
        wire.inject(udp(PEER4, IpAddress.parse("10.9.0.3"), 9));
        byte[] fragment = ip(PEER4, OWN4, 17, new byte[64]);
        Ipv4Header.write(MemorySegment.ofArray(fragment), 0, 0, fragment.length, 9, 4, 64, 17, PEER4.v4Bits(), OWN4.v4Bits());
        wire.inject(fragment);
        stack.step(30_000_000_000L);
        assertTrue(out.isEmpty(), () -> out.size() + " answers");
        var drops = stack.counters().get("drops");
        assertEquals(1L, drops.get("fragment"), drops.toString());
        assertTrue(drops.get("martian-source") >= 9, drops.toString());
        assertEquals(1L, drops.get("not-for-us"), drops.toString());
    }

    @Test
    void errorsAreRateLimitedAndTheLimitRefills() {
        for (int i = 0; i < 500; i++) {
            wire.inject(udp(PEER4, OWN4, 9));
        }
        assertEquals(50, out.size(), "the burst");
        assertTrue(stack.counters().get("drops").get("rate-limited") >= 450);
        stack.step(100_000_000);
        out.clear();
        for (int i = 0; i < 500; i++) {
            wire.inject(udp(PEER4, OWN4, 9));
        }
        assertFalse(out.isEmpty());
        assertTrue(out.size() <= 100, "a tenth of a second's worth, got " + out.size());
    }

    @Test
    void sourceRoutesAreRefusedAndOtherOptionsIgnored() {
        for (int kind : new int[] {131, 137, 7, 68, 148, 30}) {
            byte[] plain = echo(PEER4, OWN4, 4);
            byte[] p = new byte[plain.length + 4];
            System.arraycopy(plain, 0, p, 0, 20);
            System.arraycopy(plain, 20, p, 24, plain.length - 20);
            p[0] = 0x46;
            p[3] = (byte) p.length;
            p[20] = (byte) kind;
            p[21] = 4;
            MemorySegment m = MemorySegment.ofArray(p);
            p[10] = 0;
            p[11] = 0;
            int sum = Checksum.finish(Checksum.sum(m, 0, 24));
            p[10] = (byte) (sum >> 8);
            p[11] = (byte) sum;
            out.clear();
            wire.inject(p);
            assertEquals(kind != 131 && kind != 137, !out.isEmpty(), "option " + kind);
        }
    }
}
