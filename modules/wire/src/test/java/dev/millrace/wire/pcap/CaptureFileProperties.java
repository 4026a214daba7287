package dev.millrace.wire.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.WireError;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CaptureFileProperties {
    record Item(int nic, long nanos, Direction direction, byte[] bytes, int more, String comment) {
    }

    @Property(tries = 300)
    void whatPcapngWritesIsWhatTheReaderReads(@ForAll("items") List<Item> items) throws IOException {
        byte[] file = pcapng(items);
        try (var reader = new CaptureReader(new ByteArrayInputStream(file))) {
            for (Item item : items) {
                CapturedPacket p = reader.next();
                assertNotNull(p);
                assertEquals("lab/nic" + item.nic(), p.captureInterface().name());
                assertEquals(item.nic() == 0 ? LinkType.RAW : LinkType.ETHERNET, p.captureInterface().linkType());
                assertEquals(item.nic(), p.interfaceId());
                assertEquals(item.nanos(), p.epochNanos());
                assertEquals(item.direction(), p.direction());
                assertArrayEquals(item.bytes(), p.bytes());
                assertEquals(item.bytes().length + item.more(), p.originalLength());
                assertEquals(item.comment() == null || item.comment().isEmpty() ? List.of() : List.of(item.comment()),
                        p.comments());
            }
            assertNull(reader.next());
            assertEquals("test", reader.application());
            assertEquals(new InterfaceStatistics(77, 5, 3, "drops: none"), reader.statistics().get(1));
        }
    }

    @Property(tries = 200)
    void whatPcapWritesIsWhatTheReaderReads(@ForAll("items") List<Item> items) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var writer = new PcapWriter(out, LinkType.ETHERNET, 0)) {
            for (Item item : items) {
                writer.packet(item.nanos() >>> 2, item.bytes(), item.bytes().length + item.more());
            }
        }
        try (var reader = new CaptureReader(new ByteArrayInputStream(out.toByteArray()))) {
            for (Item item : items) {
                CapturedPacket p = reader.next();
                assertEquals(item.nanos() >>> 2, p.epochNanos());
                assertArrayEquals(item.bytes(), p.bytes());
                assertEquals(LinkType.ETHERNET, p.captureInterface().linkType());
            }
            assertNull(reader.next());
        }
    }

    @Property(tries = 300)
    void everyPrefixGivesItsWholePacketsAndThenTheEndOrTruncated(@ForAll("items") List<Item> items,
            @ForAll Random random) throws IOException {
        byte[] file = pcapng(items);
        int cut = random.nextInt(file.length);
        int packets = 0;
        try (var reader = new CaptureReader(new ByteArrayInputStream(file, 0, cut))) {
            while (reader.next() != null) {
                packets++;
            }
        } catch (CaptureFormatException e) {
            assertEquals(WireError.TRUNCATED, e.error());
            assertTrue(e.offset() <= cut, e.toString());
        }
        assertTrue(packets <= items.size());
    }

    @Property(tries = 1000)
    void arbitraryBytesGivePacketsOrATypedError(@ForAll byte[] bytes) throws IOException {
        readAll(bytes);
    }

    @Property(tries = 1000)
    void damagedFilesGivePacketsOrATypedError(@ForAll("items") List<Item> items, @ForAll Random random)
            throws IOException {
        byte[] file = pcapng(items);
        // Damage that words of a length, a type or a count are likely to be hit by.
        ByteBuffer words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            if (random.nextBoolean()) {
                file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
            } else {
                int[] values = {0, 1, 2, 3, 5, 6, 12, 16, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, file.length};
                words.putInt(random.nextInt(file.length / 4) * 4, values[random.nextInt(values.length)]);
            }
        }
        readAll(file);
    }

    private static void readAll(byte[] bytes) throws IOException {
        try (var reader = new CaptureReader(new ByteArrayInputStream(bytes))) {
            int packets = 0;
            for (CapturedPacket p = reader.next(); p != null; p = reader.next()) {
                assertNotNull(p.captureInterface());
                assertNotNull(p.comments());
                assertTrue(p.bytes().length <= bytes.length);
                assertTrue(++packets <= bytes.length / 12, "more packets than fit");
            }
            reader.names();
            reader.statistics();
        } catch (CaptureFormatException e) {
            assertNotNull(e.error());
            assertTrue(e.offset() >= 0 && e.offset() <= bytes.length, e.toString());
        }
    }

    private static byte[] pcapng(List<Item> items) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var writer = new PcapngWriter(out, "test")) {
            writer.addInterface(new CaptureInterface("lab/nic0", "tun:mr0", LinkType.RAW, 0));
            writer.addInterface(new CaptureInterface("lab/nic1", "", LinkType.ETHERNET, 128));
            for (Item i : items) {
                writer.packet(i.nic(), i.nanos(), i.direction(), i.bytes(), i.bytes().length + i.more(), i.comment());
            }
            writer.statistics(1, 70, new InterfaceStatistics(77, 5, 3, "drops: none"));
        }
        return out.toByteArray();
    }

    @Provide
    Arbitrary<List<Item>> items() {
        return Combinators.combine(
                Arbitraries.integers().between(0, 1),
                Arbitraries.longs().between(0, Long.MAX_VALUE),
                Arbitraries.of(Direction.class),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(70),
                Arbitraries.integers().between(0, 100_000),
                Arbitraries.strings().ofMaxLength(20).map(CaptureFileProperties::encodable).injectNull(0.3))
                .as(Item::new).list().ofMaxSize(8).map(ArrayList::new);
    }

    /// Lone surrogates have no UTF-8.
    private static String encodable(String s) {
        return new String(s.getBytes(java.nio.charset.StandardCharsets.UTF_8), java.nio.charset.StandardCharsets.UTF_8);
    }
}
