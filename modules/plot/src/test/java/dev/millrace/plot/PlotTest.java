package dev.millrace.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.pcap.CaptureFormatException;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The rest, with whole stacks, is in the module `it`.
class PlotTest {
    @TempDir
    Path dir;

    private Path capture(byte[]... packets) throws IOException {
        Path file = dir.resolve("made.pcapng");
        try (var w = new PcapngWriter(Files.newOutputStream(file), "")) {
            int id = w.addInterface(new CaptureInterface("x", "", LinkType.RAW, 0));
            long at = 1_000_000_000_000L;
            for (byte[] p : packets) {
                w.packet(id, at += 1_000_000, Direction.UNKNOWN, p, p.length, null);
            }
        }
        return file;
    }

    private static byte[] segment(int sequence, int flags, int payload) {
        var b = ByteBuffer.allocate(40 + payload);
        b.put(0, (byte) 0x45).putShort(2, (short) b.capacity()).put(8, (byte) 64).put(9, (byte) 6).putInt(12, 0x0a000001)
                .putInt(16, 0x0a000002).putShort(20, (short) 1000).putShort(22, (short) 80).putInt(24, sequence)
                .put(32, (byte) 0x50).put(33, (byte) flags).putShort(34, (short) 1000);
        return b.array();
    }

    @Test
    void emptyAndTinyCapturesMakePagesToo() throws Exception {
        assertTrue(Plot.read(capture()).html(List.of()).contains("0 connections"));
        Plot one = Plot.read(capture(segment(5, Segment.ACK, 10)));
        assertEquals(10, one.connections().getFirst().sent().bytes());
        String html = one.html(one.largest(10));
        assertFalse(html.contains("NaN") || html.contains("Infinity"), html);
        Plot none = Plot.read(capture(segment(5, Segment.RST, 0)));
        assertTrue(none.html(none.largest(10)).contains("it was reset"));
    }

    /// Names stand anywhere in a file, and anybody may have written it.
    @Test
    void endsHaveTheNamesOfTheCapture() throws Exception {
        Path file = dir.resolve("named.pcapng");
        try (var w = new PcapngWriter(Files.newOutputStream(file), "")) {
            int id = w.addInterface(new CaptureInterface("x", "", LinkType.RAW, 0));
            byte[] p = segment(5, Segment.ACK, 10);
            w.packet(id, 1_000_000_000L, Direction.UNKNOWN, p, p.length, null);
            w.name(InetAddress.getByName("10.0.0.1"), List.of("\u001b[2J<b>", "shop"));
            w.name(InetAddress.getByName("10.0.0.2"), List.of("ba\nnk"));
        }
        Plot plot = Plot.read(file);
        assertEquals("shop (10.0.0.1):1000", Plot.text(plot.connections().getFirst().client()));
        assertEquals("10.0.0.2:80", Plot.text(plot.connections().getFirst().server()));
        assertTrue(plot.html(List.of(1)).contains("shop (10.0.0.1):1000 → 10.0.0.2:80"));
        assertTrue(plot.svg(1).contains("shop (10.0.0.1):1000"));
    }

    @Test
    void sequenceNumbersWrap() throws Exception {
        Plot plot = Plot.read(capture(segment(-3000, Segment.ACK, 1000), segment(-2000, Segment.ACK, 1000),
                segment(-1000, Segment.ACK, 1000), segment(0, Segment.ACK, 1000), segment(1000, Segment.ACK, 1000),
                segment(-1000, Segment.ACK, 1000)));
        Plot.Traffic t = plot.connections().getFirst().sent();
        assertEquals(6000, t.bytes());
        assertEquals(1, t.retransmissions());
    }

    @Test
    void whatTheCaptureDoesNotHaveIsToldAndIsNoRetransmission() throws Exception {
        Plot plot = Plot.read(capture(segment(1, Segment.ACK, 100), segment(301, Segment.ACK, 100), segment(401, Segment.ACK, 1)));
        Plot.Traffic t = plot.connections().getFirst().sent();
        assertEquals(200, t.missedBytes());
        assertEquals(0, t.retransmissions());
        assertTrue(plot.html(List.of(1)).contains("200 B that were sent are not in the capture"));
    }

    @Test
    void theSamePortsCanHaveOneConnectionAfterTheOther() throws Exception {
        Plot plot = Plot.read(capture(segment(1, Segment.SYN, 0), segment(2, Segment.ACK, 100), segment(102, Segment.RST, 0),
                segment(9, Segment.SYN, 0), segment(10, Segment.ACK, 7)));
        assertEquals(2, plot.connections().size());
        assertEquals(7, plot.connections().get(1).sent().bytes());
    }

    @Test
    void anythingElseIsAnErrorOrAPage() throws Exception {
        Path junk = dir.resolve("junk");
        Files.write(junk, new byte[100]);
        assertThrows(CaptureFormatException.class, () -> Plot.read(junk));
        var random = new Random(5);
        for (int i = 0; i < 300; i++) {
            byte[][] packets = new byte[random.nextInt(20)][];
            for (int j = 0; j < packets.length; j++) {
                packets[j] = segment(random.nextInt(), random.nextInt(64), random.nextInt(200));
                for (int k = random.nextInt(4); k > 0; k--) {
                    packets[j][random.nextInt(40)] = (byte) random.nextInt();
                }
                packets[j] = java.util.Arrays.copyOf(packets[j], 1 + random.nextInt(packets[j].length));
            }
            Plot plot = Plot.read(capture(packets));
            assertFalse(plot.html(plot.largest(3)).contains("NaN"));
        }
    }
}
