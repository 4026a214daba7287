package dev.millrace.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class HostileLinkTest {
    private static final int N = 2000;

    private final VirtualTime time = new VirtualTime();
    private final Recorder atA = new Recorder();
    private final Recorder atB = new Recorder();
    private HostileLink.Pair wire;

    private final class Recorder implements Link.Sink {
        final List<byte[]> frames = new ArrayList<>();
        final List<Long> times = new ArrayList<>();
        final Map<DropReason, Integer> drops = new TreeMap<>();

        @Override
        public void deliver(PacketList packets) {
            Packet p;
            while ((p = packets.poll()) != null) {
                frames.add(p.toBytes());
                times.add(time.nanoTime());
                p.release();
            }
        }

        @Override
        public void drop(Packet packet, DropReason reason) {
            drops.merge(reason, 1, Integer::sum);
            packet.release();
        }

        @Override
        public void stateChanged(boolean up, String reason) {
        }
    }

    private void open(Impairments aToB, long seed) {
        wire = HostileLink.pair(time, 1500, aToB, Impairments.NONE, seed);
        wire.a().attach(atA);
        wire.b().attach(atB);
    }

    @AfterEach
    void close() {
        if (wire != null) {
            wire.a().close();
            wire.b().close();
        }
    }

    private void send(int number, int size) {
        var list = new PacketList();
        byte[] bytes = ByteBuffer.allocate(size).putInt(number).array();
        list.add(Packet.copyOf(bytes));
        wire.a().transmit(list);
    }

    private void sendAll() {
        for (int i = 0; i < N; i++) {
            send(i, 100);
        }
    }

    private static int number(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt();
    }

    @Test
    void aWireWithoutFaultsCarriesEverythingInOrderButNeverWithinTransmit() {
        open(Impairments.NONE, 1);
        sendAll();
        assertTrue(atB.frames.isEmpty());
        time.runUntil(0);
        assertEquals(N, atB.frames.size());
        for (int i = 0; i < N; i++) {
            assertEquals(i, number(atB.frames.get(i)));
        }
    }

    @Test
    void dropsAndDoublesAsOftenAsItShould() {
        open(Impairments.NONE.withDrop(0.25).withDuplicate(0.5), 7);
        sendAll();
        time.runUntil(0);
        assertEquals(N / 4.0, atA.drops.get(DropReason.BY_PROGRAM), N / 20.0);
        assertEquals(wire.a().lost(), (long) atA.drops.get(DropReason.BY_PROGRAM));
        assertEquals(N * 3 / 8.0, wire.a().doubled(), N / 20.0);
        assertEquals(N - wire.a().lost() + wire.a().doubled(), atB.frames.size());
    }

    @Test
    void flipsExactlyOneBit() {
        open(Impairments.NONE.withCorrupt(1), 3);
        byte[] zeros = new byte[100];
        for (int i = 0; i < 100; i++) {
            var list = new PacketList();
            list.add(Packet.copyOf(zeros));
            wire.a().transmit(list);
        }
        time.runUntil(0);
        for (byte[] frame : atB.frames) {
            int bits = 0;
            for (byte b : frame) {
                bits += Integer.bitCount(b & 0xff);
            }
            assertEquals(1, bits);
        }
        assertFalse(atB.frames.stream().allMatch(f -> Arrays.equals(f, atB.frames.getFirst())), "not always the same");
    }

    @Test
    void heldPacketsAreOvertaken() {
        open(Impairments.NONE.withReorder(0.1, 5_000_000), 3);
        for (int i = 0; i < N; i++) {
            send(i, 100);
            time.runUntil(time.nanoTime() + 1_000_000);
        }
        time.runUntil(time.nanoTime() + 10_000_000);
        assertEquals(N, atB.frames.size());
        int late = 0;
        for (int i = 1; i < N; i++) {
            late += number(atB.frames.get(i)) < number(atB.frames.get(i - 1)) ? 1 : 0;
        }
        assertEquals(N / 10.0, late, N / 20.0);
    }

    @Test
    void delayAndRateSayWhenPacketsArrive() {
        // 1000 bytes at 8 Mbit/s take 1 ms.
        open(Impairments.NONE.withDelay(10_000_000, 0).withRate(8_000_000, 3000), 1);
        for (int i = 0; i < 5; i++) {
            send(i, 1000);
        }
        time.runUntil(1_000_000_000);
        assertEquals(List.of(11_000_000L, 12_000_000L, 13_000_000L), atB.times);
        assertEquals(2, atA.drops.get(DropReason.LINK_QUEUE_FULL));
        assertEquals(2, wire.a().overflowed());
    }

    @Test
    void jitterKeepsTheOrder() {
        open(Impairments.NONE.withDelay(1_000_000, 9_000_000), 5);
        for (int i = 0; i < N; i++) {
            send(i, 100);
            time.runUntil(time.nanoTime() + 100_000);
        }
        time.runUntil(time.nanoTime() + 20_000_000);
        for (int i = 0; i < N; i++) {
            assertEquals(i, number(atB.frames.get(i)));
        }
    }

    @Test
    void equalSeedsGiveEqualFates() {
        Impairments bad = Impairments.NONE.withDrop(0.2).withDuplicate(0.2).withCorrupt(0.2).withReorder(0.2, 100)
                .withDelay(50, 50);
        open(bad, 42);
        sendAll();
        time.runUntil(1_000);
        List<byte[]> first = List.copyOf(atB.frames);
        atB.frames.clear();
        wire.a().close();
        open(bad, 42);
        sendAll();
        time.runUntil(2_000);
        assertEquals(first.size(), atB.frames.size());
        for (int i = 0; i < first.size(); i++) {
            assertArrayEquals(first.get(i), atB.frames.get(i));
        }
        atB.frames.clear();
        wire.a().close();
        open(bad, 43);
        sendAll();
        time.runUntil(3_000);
        assertNotEquals(first.stream().map(Arrays::hashCode).toList(),
                atB.frames.stream().map(Arrays::hashCode).toList());
    }

    @Test
    void closingGivesBackWhatIsUnderWayAndRefusesTheRest() {
        open(Impairments.NONE.withDelay(1_000, 0), 1);
        sendAll();
        assertEquals(N, wire.a().underway());
        wire.b().close();
        assertEquals(0, wire.a().underway());
        send(1, 10);
        assertEquals(1, atA.drops.get(DropReason.LINK_CLOSED));
        time.runUntil(10_000);
        assertTrue(atB.frames.isEmpty());
    }

    @Test
    void packetsLargerThanTheWireAreRefused() {
        open(Impairments.NONE, 1);
        send(1, 1500);
        send(2, 1501);
        time.runUntil(0);
        assertEquals(1, atB.frames.size());
        assertEquals(1, atA.drops.get(DropReason.TOO_BIG));
    }

    @Test
    void aTestThatKeepsAPacketIsFound() {
        var packets = dev.millrace.wire.buffer.Leaks.packets();
        var buffers = dev.millrace.wire.buffer.Leaks.buffers();
        Packet kept = Packet.allocate(0, 10);
        var error = org.junit.jupiter.api.Assertions.assertThrows(AssertionError.class,
                () -> LeakCheck.requireReturned(packets, buffers, 0));
        assertTrue(error.getMessage().contains("1 packets"), error.getMessage());
        kept.release();
        LeakCheck.requireReturned(packets, buffers, 0);
    }

    @Test
    void timersRunInOrderAndCanBeMoved() {
        var order = new ArrayList<String>();
        var late = time.create(now -> order.add("late " + now));
        var moved = time.create(now -> order.add("moved " + now));
        var gone = time.create(now -> order.add("gone"));
        late.set(300);
        moved.set(400);
        moved.set(200);
        gone.set(100);
        gone.cancel();
        time.schedule(300, () -> order.add("later"));
        assertEquals(200, time.nextNs());
        assertTrue(time.runUntil(() -> order.contains("later"), 1_000));
        assertEquals(List.of("moved 200", "late 300", "later"), order);
        assertEquals(300, time.nanoTime());
    }
}
