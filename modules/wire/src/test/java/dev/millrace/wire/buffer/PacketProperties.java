package dev.millrace.wire.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Packets against a plain array of bytes, and pools under several threads.
class PacketProperties {
    @Property(tries = 500)
    void anySequenceOfOperationsEqualsThatOnAnArray(@ForAll long seed) {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var random = new Random(seed);
        Packet p = Packet.allocate(60, 600);
        byte[] model = {};
        for (int step = 0; step < 30; step++) {
            switch (random.nextInt(8)) {
                case 0 -> {
                    int n = random.nextInt(20);
                    if (n <= p.headroom()) {
                        byte[] b = bytes(random, n);
                        MemorySegment.copy(MemorySegment.ofArray(b), 0, p.memory(), p.push(n), n);
                        model = concat(b, model);
                    }
                }
                case 1 -> {
                    int n = random.nextInt(30);
                    if (n <= p.headLength()) {
                        p.pull(n);
                        model = Arrays.copyOfRange(model, n, model.length);
                    } else {
                        assertThrows(IllegalStateException.class, () -> p.pull(n));
                    }
                }
                case 2 -> {
                    int n = random.nextInt(50);
                    if (p.fragmentCount() == 0 && n <= p.tailroom()) {
                        byte[] b = bytes(random, n);
                        MemorySegment.copy(MemorySegment.ofArray(b), 0, p.memory(), p.append(n), n);
                        model = concat(model, b);
                    }
                }
                case 3 -> {
                    if (p.fragmentCount() < Packet.MAX_FRAGMENTS) {
                        byte[] b = bytes(random, random.nextInt(200));
                        Buffer buffer = Buffer.allocate(300);
                        int offset = random.nextInt(100);
                        MemorySegment.copy(MemorySegment.ofArray(b), 0, buffer.memory(), offset, b.length);
                        p.addFragment(buffer, offset, b.length);
                        model = concat(model, b);
                    }
                }
                case 4 -> {
                    int n = random.nextInt(model.length + 1);
                    p.trim(n);
                    model = Arrays.copyOf(model, n);
                }
                case 5 -> {
                    int n = random.nextInt(model.length + 40);
                    boolean fits = n <= model.length && n - p.headLength() <= p.tailroom();
                    assertEquals(fits, p.makeLinear(n));
                    assertTrue(!fits || p.headLength() >= n);
                }
                case 6 -> {
                    int from = random.nextInt(model.length + 1);
                    int n = random.nextInt(model.length - from + 1);
                    byte[] out = new byte[n];
                    p.copyTo(from, MemorySegment.ofArray(out), 0, n);
                    assertArrayEquals(Arrays.copyOfRange(model, from, from + n), out);
                }
                default -> {
                    Packet copy = p.copy();
                    assertArrayEquals(model, copy.toBytes());
                    copy.release();
                }
            }
            assertEquals(model.length, p.length());
            assertArrayEquals(model, p.toBytes());
        }
        p.release();
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    private static byte[] bytes(Random random, int n) {
        byte[] b = new byte[n];
        random.nextBytes(b);
        return b;
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @Example
    void releasingTwiceIsAMistakeThatIsSaid() {
        Packet p = Packet.copyOf(new byte[10]);
        p.release();
        assertThrows(IllegalStateException.class, p::release);
        Buffer b = Buffer.allocate(10);
        b.retain().release();
        assertTrue(b.isExclusive());
        b.release();
        assertThrows(IllegalStateException.class, b::release);
        assertThrows(IllegalStateException.class, b::retain);
        assertThrows(IllegalArgumentException.class, () -> Buffer.allocate(Buffer.MAX_CAPACITY + 1));
    }

    @Example
    void severalThreadsTakeAndGiveAndNothingIsLost() throws InterruptedException {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var exchange = new java.util.concurrent.ArrayBlockingQueue<Packet>(500);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int id = t;
            threads.add(Thread.ofPlatform().start(() -> {
                var random = new Random(id);
                for (int i = 0; i < 20_000; i++) {
                    if (random.nextBoolean()) {
                        Packet p = Packet.allocate(10, random.nextInt(3000));
                        p.append(4);
                        BigEndianMark.write(p, id, i);
                        if (!exchange.offer(p)) {
                            p.release();
                        }
                    } else {
                        Packet p = exchange.poll();
                        if (p != null) {
                            BigEndianMark.check(p);
                            p.release();
                        }
                    }
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        Packet p;
        while ((p = exchange.poll()) != null) {
            p.release();
        }
        assertEquals(packets, Leaks.packets());
        assertEquals(buffers, Leaks.buffers());
    }

    /// A mark that nobody else may overwrite while the packet is owned.
    private static final class BigEndianMark {
        static void write(Packet p, int id, int i) {
            p.memory().set(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, p.start(), id << 24 | i);
            p.setIpFacts(i, id, 0);
        }

        static void check(Packet p) {
            int mark = p.memory().get(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, p.start());
            assertEquals(p.hopLimit() << 24 | p.protocol(), mark);
        }
    }

    @Example
    void listsKeepTheirOrder() {
        var a = new PacketList();
        var b = new PacketList();
        for (int i = 0; i < 5; i++) {
            Packet p = Packet.allocate(0, 10);
            p.setIpFacts(i, 0, 0);
            (i < 2 ? a : b).add(p);
        }
        a.addAll(b);
        assertTrue(b.isEmpty() && a.size() == 5);
        for (int i = 0; i < 5; i++) {
            Packet p = a.poll();
            assertEquals(i, p.protocol());
            p.release();
        }
        assertTrue(a.poll() == null && a.isEmpty());
    }
}
