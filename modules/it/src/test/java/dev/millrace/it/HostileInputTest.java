package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.link.vnic.Injection;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// A stack at whose wire anything may come in: nothing escapes, nothing is lost from the books, and it still works.
class HostileInputTest {
    private static ManualStack stack(Vnic wire) throws IOException {
        return Stack.builder().name("target").nic("n", wire, n -> n.address("10.9.0.2/24").address("fd09::2/64")).manual(1);
    }

    private static long packetsIn(Stack stack) {
        return stack.counters().get("n").get("packets-in");
    }

    @Example
    void framesOfOddSizesAreRefusedOrCounted() throws IOException {
        var wire = new Vnic(65535);
        try (ManualStack stack = stack(wire)) {
            assertEquals(Injection.EMPTY, wire.inject(new byte[0]));
            assertEquals(Injection.NOT_IP, wire.inject(new byte[1]));
            assertEquals(Injection.TOO_BIG, wire.inject(new byte[65536]));
            for (int size : new int[] {1, 19, 20, 39, 40, 59, 60, 65535}) {
                for (int version : new int[] {0x45, 0x60}) {
                    byte[] frame = new byte[size];
                    frame[0] = (byte) version;
                    assertEquals(Injection.DELIVERED, wire.inject(frame));
                }
            }
            long dropped = stack.counters().get("drops").values().stream().mapToLong(Long::longValue).sum();
            assertEquals(packetsIn(stack), dropped);
            answersPing(stack, wire);
        }
    }

    @Property(tries = 300)
    void arbitraryPacketsNeverBreakIt(@ForAll("almostPackets") List<byte[]> frames, @ForAll long seed) throws IOException {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var wire = new Vnic(65535);
        var answers = new ArrayList<byte[]>();
        wire.onTransmit(answers::add);
        try (ManualStack stack = stack(wire)) {
            stack.tcp().listen(new InetSocketAddress(80), 4);
            stack.udp().bind(53);
            long now = 0;
            for (byte[] frame : frames) {
                wire.inject(frame);
                now += 10_000_000;
                stack.step(now);
            }
            stack.step(now + 200_000_000_000L);
            assertTrue(answers.size() <= 40 * frames.size() + 40, answers.size() + " answers to " + frames.size());
            answersPing(stack, wire);
        }
        assertEquals(packets, Leaks.packets(), "packets leaked");
        assertEquals(buffers, Leaks.buffers(), "buffers leaked");
    }

    @Provide
    Arbitrary<List<byte[]>> almostPackets() {
        return Arbitraries.randomValue(HostileInputTest::almostPacket).list().ofMaxSize(30);
    }

    /// Bytes that get past the first checks often enough to reach the later ones: right versions, lengths, addresses and
    /// ports, with the rest at random, and one byte in some of them wrong.
    private static byte[] almostPacket(Random random) {
        boolean v4 = random.nextInt(4) != 0;
        int header = v4 ? 20 : 40;
        int payload = random.nextInt(80);
        byte[] p = new byte[header + payload];
        random.nextBytes(p);
        int protocol = new int[] {6, 6, 6, 17, v4 ? 1 : 58, 0, 44, 60, 99}[random.nextInt(9)];
        byte[] peer = {10, 9, 0, 1};
        byte[] own = {10, 9, 0, 2};
        if (v4) {
            p[0] = 0x45;
            p[2] = (byte) (p.length >> 8);
            p[3] = (byte) p.length;
            p[6] = random.nextInt(8) == 0 ? p[6] : 0x40;
            p[7] = random.nextInt(8) == 0 ? p[7] : 0;
            p[9] = (byte) protocol;
            System.arraycopy(peer, 0, p, 12, 4);
            System.arraycopy(own, 0, p, 16, 4);
            checksum(p, 0, 20, 10, 0);
        } else {
            p[0] = 0x60;
            p[4] = 0;
            p[5] = (byte) payload;
            p[6] = (byte) protocol;
            byte[] prefix = {(byte) 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
            System.arraycopy(prefix, 0, p, 8, 16);
            prefix[15] = 2;
            System.arraycopy(prefix, 0, p, 24, 16);
        }
        transport(random, p, header, payload, protocol, v4);
        if (random.nextInt(6) == 0) {
            p[random.nextInt(p.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return p;
    }

    private static void transport(Random random, byte[] p, int at, int length, int protocol, boolean v4) {
        long pseudo = protocol + length;
        for (int i = v4 ? 12 : 8; i < (v4 ? 20 : 40); i += 2) {
            pseudo += (p[i] & 0xff) << 8 | p[i + 1] & 0xff;
        }
        if (protocol == 6 && length >= 20) {
            p[at + 2] = 0;
            p[at + 3] = 80;
            p[at + 12] = (byte) (random.nextInt(3) == 0 ? p[at + 12] : 5 << 4);
            p[at + 13] = (byte) (random.nextInt(3) == 0 ? p[at + 13] : 2);
            checksum(p, at, length, 16, pseudo);
        } else if (protocol == 17 && length >= 8) {
            p[at + 2] = 0;
            p[at + 3] = 53;
            p[at + 4] = 0;
            p[at + 5] = (byte) length;
            checksum(p, at, length, 6, pseudo);
        } else if ((protocol == 1 || protocol == 58) && length >= 8) {
            p[at] = (byte) (random.nextBoolean() ? random.nextInt(15) : 128 + random.nextInt(10));
            checksum(p, at, length, 2, protocol == 58 ? pseudo : 0);
        }
    }

    private static void checksum(byte[] p, int from, int length, int field, long start) {
        p[from + field] = 0;
        p[from + field + 1] = 0;
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (p[from + i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        p[from + field] = (byte) (~sum >> 8);
        p[from + field + 1] = (byte) ~sum;
    }

    /// After all that: an echo request is answered.
    private static void answersPing(ManualStack stack, Vnic wire) {
        byte[] ping = new byte[28];
        ping[0] = 0x45;
        ping[3] = 28;
        ping[8] = 64;
        ping[9] = 1;
        System.arraycopy(new byte[] {10, 9, 0, 1, 10, 9, 0, 2}, 0, ping, 12, 8);
        ping[20] = 8;
        checksum(ping, 0, 20, 10, 0);
        checksum(ping, 20, 8, 2, 0);
        var replies = new ArrayList<byte[]>();
        wire.onTransmit(replies::add);
        stack.step(stack.nowNs() + 10_000_000_000L);
        replies.clear();
        assertEquals(Injection.DELIVERED, wire.inject(ping));
        assertTrue(replies.stream().anyMatch(r -> r[9] == 1 && r[20] == 0), () -> "no echo reply; drops "
                + Map.copyOf(stack.counters().get("drops")));
    }
}
