package dev.millrace.wire.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.WireError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureReaderTest {
    private final ByteBuffer file = ByteBuffer.allocate(4096);

    @ParameterizedTest
    @CsvSource({"a1b2c3d4,1000", "a1b23c4d,1"})
    void readsClassicPcapInBothUnitsAndByteOrders(String magic, int nanosPerTick) throws IOException {
        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            file.clear().order(order);
            file.putInt(Integer.parseUnsignedInt(magic, 16)).putShort((short) 2).putShort((short) 4).putLong(0)
                    .putInt(96).putInt(LinkType.NULL);
            file.putInt(-2).putInt(123_456).putInt(3).putInt(1500).put(new byte[] {7, 8, 9});
            CaptureReader reader = reader();
            CapturedPacket p = reader.next();
            assertEquals(0xffff_fffeL * 1_000_000_000 + 123_456L * nanosPerTick, p.epochNanos());
            assertArrayEquals(new byte[] {7, 8, 9}, p.bytes());
            assertEquals(1500, p.originalLength());
            assertEquals(new CaptureInterface("", "", LinkType.NULL, 96), p.captureInterface());
            assertNull(reader.next());
        }
    }

    @Test
    void readsPcapngInBigEndianWithMicrosecondsAndOldAndSimplePackets() throws IOException {
        section(ByteOrder.BIG_ENDIAN);
        block(1, b -> b.putShort((short) 113).putShort((short) 0).putInt(2));
        block(2, b -> b.putShort((short) 0).putShort((short) 9).putInt(0).putInt(1_000_001).putInt(2).putInt(60)
                .put(new byte[] {1, 2, 0, 0}).putShort((short) 2).putShort((short) 4).putInt(2));
        block(3, b -> b.putInt(60).put(new byte[] {3, 4, 0, 0}));
        CaptureReader reader = reader();
        CapturedPacket old = reader.next();
        assertEquals(1_000_001_000L, old.epochNanos());
        assertEquals(Direction.OUTBOUND, old.direction());
        assertArrayEquals(new byte[] {1, 2}, old.bytes());
        assertEquals(113, old.captureInterface().linkType());
        CapturedPacket simple = reader.next();
        assertEquals(CapturedPacket.NO_TIME, simple.epochNanos());
        assertArrayEquals(new byte[] {3, 4}, simple.bytes(), "cut to the snap length, padding left out");
        assertEquals(60, simple.originalLength());
        assertNull(reader.next());
    }

    @Test
    void skipsUnknownBlocksAndOptionsOfAnySize() throws IOException {
        section(ByteOrder.LITTLE_ENDIAN);
        block(0x7eee_eeee, b -> b.put(new byte[1000]));
        block(1, b -> b.putShort((short) 1).putShort((short) 0).putInt(0)
                .putShort((short) 4242).putShort((short) 3).putInt(77)
                .putShort((short) 2).putShort((short) 2).put("lo".getBytes()).putShort((short) 0));
        block(6, b -> b.putInt(0).putLong(0).putInt(1).putInt(1).put(new byte[] {5, 0, 0, 0})
                .putShort((short) 1).putShort((short) 1).putInt('a').putShort((short) 30000).putShort((short) 0)
                .putShort((short) 1).putShort((short) 1).putInt('b'));
        CapturedPacket p = reader().next();
        assertEquals("lo", p.captureInterface().name());
        assertEquals(List.of("a", "b"), p.comments());
    }

    @Test
    void aNewSectionMayChangeTheByteOrderAndForgetsInterfaces() throws IOException {
        section(ByteOrder.LITTLE_ENDIAN);
        block(1, b -> b.putInt(101).putInt(0));
        block(3, b -> b.putInt(0));
        section(ByteOrder.BIG_ENDIAN);
        block(3, b -> b.putInt(0));
        CaptureReader reader = reader();
        assertEquals(0, reader.next().bytes().length);
        var e = assertThrows(CaptureFormatException.class, reader::next);
        assertEquals(WireError.UNKNOWN_FORMAT, e.error());
        assertThrows(CaptureFormatException.class, reader::next, "broken for good");
    }

    @ParameterizedTest
    @CsvSource({"0,7,7000000000", "3,7,7000000", "6,-1,9223372036854775807", "9,7,7", "12,7000,7", "127,7,0",
            "128,7,7000000000", "138,1024,1000000000", "255,-1,0"})
    void countsTimeInTheInterfacesUnit(int code, long ticks, long nanos) {
        assertEquals(nanos, new Resolution(code, 0).nanos(ticks));
    }

    @Test
    void addsTheOffsetOfTimeStamps() {
        assertEquals(5_000_000_007L, new Resolution(9, 5).nanos(7));
        assertEquals(Long.MIN_VALUE + 1, new Resolution(9, Long.MIN_VALUE).nanos(7));
    }

    @Test
    void tellsNamesOfAddresses() throws IOException {
        var out = new ByteArrayOutputStream();
        try (var writer = new PcapngWriter(out, "")) {
            writer.name(InetAddress.getByName("10.0.0.1"), List.of("alpha.test", "a.test"));
            writer.name(InetAddress.getByName("fd00::1"), List.of("beta.test"));
        }
        var reader = new CaptureReader(new ByteArrayInputStream(out.toByteArray()));
        assertNull(reader.next());
        assertEquals(List.of("alpha.test", "a.test"), reader.names().get(InetAddress.getByName("10.0.0.1")));
        assertEquals(List.of("beta.test"), reader.names().get(InetAddress.getByName("fd00::1")));
    }

    @Test
    void aHugeLengthFieldCostsNoMemoryBeyondWhatIsThere() {
        section(ByteOrder.LITTLE_ENDIAN);
        file.putInt(6).putInt(CaptureReader.MAX_BLOCK);
        var truncated = assertThrows(CaptureFormatException.class, () -> reader().next());
        assertEquals(WireError.TRUNCATED, truncated.error());
        assertEquals(28, truncated.offset());
        file.clear();
        section(ByteOrder.LITTLE_ENDIAN);
        file.putInt(6).putInt(CaptureReader.MAX_BLOCK + 4);
        assertEquals(WireError.BAD_LENGTH, assertThrows(CaptureFormatException.class, () -> reader().next()).error());
    }

    @Test
    void endlessInterfacesAreAnError() throws IOException {
        var first = new ByteArrayOutputStream();
        new PcapngWriter(first, "").flush();
        byte[] block = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(1).putInt(20).putInt(101).putInt(0).putInt(20).array();
        var endless = new InputStream() {
            private long at;

            @Override
            public int read() {
                int i = (int) Math.min(at++, Integer.MAX_VALUE);
                return i < first.size() ? first.toByteArray()[i] & 0xff : block[(i - first.size()) % 20] & 0xff;
            }
        };
        var reader = new CaptureReader(endless);
        assertThrows(CaptureFormatException.class, reader::next);
        assertEquals(CaptureReader.MAX_INTERFACES, reader.interfaces().size());
    }

    @Test
    void longCommentsAreCutBetweenCharacters() throws IOException {
        var out = new ByteArrayOutputStream();
        try (var writer = new PcapngWriter(out, "")) {
            writer.addInterface(new CaptureInterface("a", "", LinkType.RAW, 0));
            writer.packet(0, 1, Direction.INBOUND, new byte[0], 0, "x" + "é".repeat(40_000));
        }
        String comment = new CaptureReader(new ByteArrayInputStream(out.toByteArray())).next().comments().getFirst();
        assertEquals("x" + "é".repeat(0xffff / 2), comment);
    }

    @Test
    void everyWriteToTheStreamIsOfWholeBlocks() throws IOException {
        var sizes = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] b, int off, int len) {
                int at = off;
                while (at < off + len) {
                    at += ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 4);
                }
                assertEquals(off + len, at, "ends within a block");
                super.write(b, off, len);
            }
        };
        try (var writer = new PcapngWriter(sizes, "")) {
            writer.addInterface(new CaptureInterface("a", "", LinkType.RAW, 0));
            for (int i = 0; i < 100; i++) {
                writer.packet(0, i, Direction.INBOUND, new byte[i * 997], i * 997, i % 2 == 0 ? null : "c" + i);
            }
        }
        var reader = new CaptureReader(new ByteArrayInputStream(sizes.toByteArray()));
        for (int i = 0; i < 100; i++) {
            assertEquals(i * 997, reader.next().bytes().length);
        }
        assertNull(reader.next());
    }

    @Test
    void saysWhatIsNoCaptureFile() {
        file.put("GET / HTTP/1.1".getBytes());
        var e = assertThrows(CaptureFormatException.class, this::reader);
        assertEquals(WireError.UNKNOWN_FORMAT, e.error());
        assertTrue(e.getMessage().contains("neither pcap nor pcapng"), e.getMessage());
    }

    private CaptureReader reader() throws IOException {
        return new CaptureReader(new ByteArrayInputStream(file.array(), 0, file.position()));
    }

    private void section(ByteOrder order) {
        file.order(order).putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0)
                .putLong(-1).putInt(28);
    }

    private void block(int type, java.util.function.Consumer<ByteBuffer> body) {
        int start = file.position();
        file.putInt(type).putInt(0);
        body.accept(file);
        file.position(file.position() + (-(file.position() - start) & 3));
        int length = file.position() + 4 - start;
        file.putInt(length).putInt(start + 4, length);
    }

    @Test
    void aFolderIsNamed(@TempDir Path folder) {
        var e = assertThrows(FileSystemException.class, () -> CaptureReader.open(folder));
        assertEquals(folder + ": is a folder, not a capture", e.getMessage());
    }
}
