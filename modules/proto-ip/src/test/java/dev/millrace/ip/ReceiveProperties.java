package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/// Anything may come in: nothing is thrown, every packet is delivered or dropped once, and the counters say so.
class ReceiveProperties {
    private final long packets = Leaks.packets();
    private final long buffers = Leaks.buffers();

    private void check(IpBench bench, long received) {
        bench.ip.close();
        assertEquals(0, bench.network.memory().reserved());
        assertEquals(received, bench.count("received"));
        assertTrue(bench.addsUp(), () -> bench.network.counts(bench.group()).toString());
        for (byte[] answer : bench.nic.sent()) {
            assertTrue(IpBench.checksumsAreRight(answer));
        }
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    @Property(tries = 500)
    void arbitraryBytesAreDropped(@ForAll @Size(max = 200) byte[] bytes) {
        for (int version : new int[] {4, 6}) {
            var bench = new IpBench(version);
            bench.receive(bytes);
            if (bytes.length > 0) {
                bytes[0] = (byte) (version << 4 | bytes[0] & 0xf);
                bench.receive(bytes);
            }
            check(bench, bytes.length > 0 ? 2 : 1);
        }
    }

    @Property(tries = 500)
    void damagedPacketsOfEveryKindAreDeliveredOrDropped(@ForAll long seed) {
        var random = new Random(seed);
        for (int version : new int[] {4, 6}) {
            var bench = new IpBench(version);
            for (int i = 0; i < 20; i++) {
                byte[] packet = packet(bench, random);
                int damage = random.nextInt(4);
                for (int d = 0; d < damage; d++) {
                    packet[random.nextInt(Math.min(packet.length, 80))] = (byte) random.nextInt(256);
                }
                int length = random.nextInt(5) == 0 ? random.nextInt(packet.length + 1) : packet.length;
                bench.ip.receive(bench.nic, inPieces(packet, length, random));
            }
            check(bench, 20);
        }
    }

    private static byte[] packet(IpBench bench, Random random) {
        PacketBuilder to = bench.fromPeer();
        byte[] payload = new byte[random.nextInt(100)];
        random.nextBytes(payload);
        if (!bench.v4) {
            for (int n = random.nextInt(4); n > 0; n--) {
                int[] body = new int[8 * (1 + random.nextInt(2)) - 1];
                for (int i = 1; i < body.length; i++) {
                    body[i] = random.nextInt(3) == 0 ? random.nextInt(256) : 0;
                }
                body[0] = body.length / 8;
                to.extension(new int[] {0, 43, 44, 60}[random.nextInt(4)], body);
            }
        } else if (random.nextInt(3) == 0) {
            to.options(random.ints(1 + random.nextInt(40), 0, 256).toArray());
        }
        return switch (random.nextInt(6)) {
            case 0 -> to.udp(1, 2, payload);
            case 1 -> to.tcp(1, 2, 3, 4, 2, 5, new byte[0], payload);
            case 2 -> to.echoRequest(1, 2, payload);
            case 3 -> to.icmp(random.nextInt(14), random.nextInt(16), random.nextInt(), PacketBuilder
                    .between(bench.own, bench.peer).udp(1, 2, payload));
            case 4 -> to.icmp(random.nextInt(256), random.nextInt(16), random.nextInt(), payload);
            default -> to.raw(random.nextInt(256), payload);
        };
    }

    /// A packet of which a random part lies in fragments.
    private static Packet inPieces(byte[] bytes, int length, Random random) {
        int linear = random.nextBoolean() ? length : random.nextInt(length + 1);
        Packet p = Packet.allocate(Packet.HEADROOM, linear + random.nextInt(50));
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(linear), linear);
        int at = linear;
        while (at < length) {
            int n = 1 + random.nextInt(length - at);
            Buffer b = Buffer.allocate(n);
            MemorySegment.copy(MemorySegment.ofArray(bytes), at, b.memory(), 0, n);
            p.addFragment(b, 0, n);
            at += n;
        }
        return p;
    }
}
