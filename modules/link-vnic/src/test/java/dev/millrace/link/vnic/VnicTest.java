package dev.millrace.link.vnic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The virtual NIC: frames out, frames in, wires, ends.
class VnicTest {
    private long packets;

    @BeforeEach
    void count() {
        packets = Leaks.packets();
    }

    @AfterEach
    void nothingLeaks() {
        assertEquals(packets, Leaks.packets());
    }

    private static final class Sink implements Link.Sink {
        final List<byte[]> got = new ArrayList<>();
        final List<Checksumming> states = new ArrayList<>();
        final List<DropReason> drops = new ArrayList<>();

        @Override
        public void deliver(PacketList list) {
            Packet p;
            while ((p = list.poll()) != null) {
                got.add(p.toBytes());
                states.add(p.checksumming());
                p.release();
            }
        }

        @Override
        public void drop(Packet packet, DropReason reason) {
            drops.add(reason);
            packet.release();
        }

        @Override
        public void stateChanged(boolean up, String reason) {
        }

        @Override
        public void mtuChanged(int mtu) {
        }
    }

    private static PacketList list(byte[]... frames) {
        var list = new PacketList();
        for (byte[] f : frames) {
            list.add(Packet.copyOf(f));
        }
        return list;
    }

    @Test
    void injectionSaysWhatBecameOfTheFrame() {
        var v = new Vnic(100);
        byte[] frame = new byte[50];
        frame[0] = 0x45;
        assertEquals(Injection.NOT_ATTACHED, v.inject(frame));
        var sink = new Sink();
        v.attach(sink);
        assertThrows(IllegalStateException.class, () -> v.attach(sink));
        assertEquals(Injection.DELIVERED, v.inject(frame));
        assertEquals(Injection.EMPTY, v.inject(new byte[0]));
        assertEquals(Injection.TOO_BIG, v.inject(new byte[101]));
        assertEquals(Injection.NOT_IP, v.inject(new byte[20]));
        v.close();
        assertEquals(Injection.CLOSED, v.inject(frame));
        assertArrayEquals(frame, sink.got.getFirst());
        assertEquals(1, v.framesIn());
        assertEquals(5, v.framesDropped());
    }

    @Test
    void theProgramSeesWhatIsTransmitted() {
        var v = new Vnic(100);
        var sink = new Sink();
        v.attach(sink);
        v.transmit(list(new byte[] {1}));
        assertEquals(List.of(DropReason.BY_PROGRAM), sink.drops);
        var seen = new ArrayList<byte[]>();
        v.onTransmit(seen::add);
        v.transmit(list(new byte[] {1}, new byte[] {2, 3}));
        assertArrayEquals(new byte[] {2, 3}, seen.get(1));
        assertEquals(3, v.framesOut());
    }

    @Test
    void aWireMovesPacketsAndTheirChecksumsAreVerifiedThere() {
        var a = new Vnic(100);
        var b = new Vnic(70);
        Vnic.connect(a, b);
        assertThrows(IllegalStateException.class, () -> Vnic.connect(a, new Vnic(100)));
        assertThrows(IllegalStateException.class, () -> a.onTransmit(_ -> { }));
        var sinkA = new Sink();
        var sinkB = new Sink();
        a.attach(sinkA);
        a.transmit(list(new byte[40]));
        assertEquals(List.of(DropReason.LINK_CLOSED), sinkA.drops, "nobody at the other end yet");
        b.attach(sinkB);
        var list = list(new byte[40], new byte[80]);
        list.peek().setChecksumming(Checksumming.VOUCHED);
        a.transmit(list);
        assertEquals(1, sinkB.got.size());
        assertEquals(Checksumming.ON_WIRE, sinkB.states.getFirst());
        assertEquals(DropReason.TOO_BIG, sinkA.drops.getLast());
        b.close();
        a.transmit(list(new byte[40]));
        assertEquals(3, sinkA.drops.size());
    }

    @Test
    void theEndIsToldOnce() {
        var v = new Vnic(100);
        var closed = new AtomicInteger();
        v.onClose(closed::incrementAndGet);
        v.attach(new Sink());
        assertTrue(v.isAttached());
        v.close();
        v.close();
        assertEquals(1, closed.get());
        assertFalse(v.isAttached());
        v.onClose(closed::incrementAndGet);
        assertEquals(2, closed.get(), "at once if it is closed already");
    }

    @Test
    void theDriverOpensIt() throws Exception {
        var driver = new VnicDriver();
        Link link = driver.open(new LinkDriver.Request("n", "x", 0,
                OptionValues.check("nic", driver.options(), Map.of("checksums", "false"))));
        assertEquals(1500, link.mtu());
        assertTrue(link.vouchesForChecksums());
        link.close();
    }

    @Test
    void endsThatDisagreeAboutChecksumsAreNotJoined() {
        var a = new Vnic(100, true);
        var b = new Vnic(100, false);
        var e = assertThrows(IllegalArgumentException.class, () -> Vnic.connect(a, b));
        assertTrue(e.getMessage().contains("checksums"), e.getMessage());
        // Nothing is left of the attempt.
        Vnic.connect(a, new Vnic(100, true));
        Vnic.connect(b, new Vnic(100, false));
        var closed = new Vnic(100);
        closed.close();
        assertThrows(IllegalStateException.class, () -> Vnic.connect(new Vnic(100), closed));
    }

    @Test
    void endIsToldOnceWhoeverComesFirst() throws Exception {
        for (int i = 0; i < 2000; i++) {
            var v = new Vnic(100);
            var told = new AtomicInteger();
            Thread closer = Thread.ofVirtual().start(v::close);
            v.onClose(told::incrementAndGet);
            closer.join();
            v.close();
            assertEquals(1, told.get(), "round " + i);
        }
    }

    @Test
    void wireAndCallbackExcludeEachOtherWhoeverComesFirst() throws Exception {
        for (int i = 0; i < 500; i++) {
            var a = new Vnic(100);
            var b = new Vnic(100);
            var done = new AtomicInteger();
            Runnable[] attempts = {() -> Vnic.connect(a, b), () -> Vnic.connect(b, a), () -> a.onTransmit(_ -> { })};
            List<Thread> threads = new ArrayList<>();
            for (Runnable attempt : attempts) {
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        attempt.run();
                        done.incrementAndGet();
                    } catch (IllegalStateException second) {
                        // Another one was first.
                        return;
                    }
                }));
            }
            for (Thread t : threads) {
                t.join();
            }
            assertEquals(1, done.get(), "round " + i);
        }
    }

    @Test
    void callbackThatThrowsLosesItsFrameOnly() {
        var v = new Vnic(100);
        var sink = new Sink();
        v.attach(sink);
        var seen = new ArrayList<byte[]>();
        v.onTransmit(f -> {
            if (f[0] == 1) {
                throw new IllegalStateException("a test's");
            }
            seen.add(f);
        });
        PacketList two = list(new byte[] {1}, new byte[] {2});
        assertThrows(IllegalStateException.class, () -> v.transmit(two));
        v.transmit(two);
        assertEquals(1, seen.size());
        assertEquals(2, v.framesOut());
    }
}
