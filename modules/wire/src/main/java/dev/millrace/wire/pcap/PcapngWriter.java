package dev.millrace.wire.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Writes a pcapng file or stream of one section, little endian, with nanosecond time stamps.
///
/// Blocks gather in a buffer; each write to the stream is of whole blocks, so that a stream may be handed on between
/// any two writes. After the buffer has grown to the largest packet, a packet without a comment allocates nothing. Not
/// safe for several threads.
public final class PcapngWriter implements Closeable {
    /// The most bytes of a packet that are written; the rest is cut, as if by a snap length.
    public static final int MAX_PACKET = 262_144;

    static final int SECTION = 0x0a0d0d0a;
    static final int BYTE_ORDER = 0x1a2b3c4d;
    static final int INTERFACE = 1;
    static final int OLD_PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    static final int NAMES = 4;
    static final int STATISTICS = 5;
    static final int ENHANCED_PACKET = 6;

    static final int OPTION_END = 0;
    static final int OPTION_COMMENT = 1;
    private static final int FLUSH_AT = 64 * 1024;
    /// Options have 16 bits for their length.
    private static final int MAX_TEXT = 0xffff;

    private final OutputStream out;
    private ByteBuffer buffer = order(new byte[FLUSH_AT + 4096]);
    private int blockStart;
    private int interfaces;

    /// Begins the section.
    ///
    /// @param out where to; closed with this writer
    /// @param application what writes it, in words; empty for nothing
    /// @throws IOException if `out` fails
    public PcapngWriter(OutputStream out, String application) throws IOException {
        this.out = out;
        begin(SECTION, 64 + room(application));
        buffer.putInt(BYTE_ORDER).putShort((short) 1).putShort((short) 0).putLong(-1);
        text(4, application);
        end();
    }

    /// Declares an interface and returns its number, which packets of it carry.
    ///
    /// @throws IOException if the stream fails
    public int addInterface(CaptureInterface i) throws IOException {
        begin(INTERFACE, 64 + room(i.name()) + room(i.description()));
        buffer.putShort((short) i.linkType()).putShort((short) 0).putInt(i.snapLength());
        text(2, i.name());
        text(3, i.description());
        option(9, 1);
        buffer.put((byte) 9);
        pad();
        end();
        return interfaces++;
    }

    /// Writes one packet.
    ///
    /// @param interfaceId what [#addInterface] returned
    /// @param epochNanos when it passed, in nanoseconds since 1970-01-01T00:00Z
    /// @param bytes where its bytes are
    /// @param from the offset in `bytes` of the first
    /// @param kept how many of them to write
    /// @param originalLength its whole length in bytes
    /// @param comment a remark on it, or `null`
    /// @throws IOException if the stream fails
    public void packet(int interfaceId, long epochNanos, Direction direction, MemorySegment bytes, long from, int kept,
            int originalLength, String comment) throws IOException {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException("interface " + interfaceId + " of " + interfaces);
        }
        int length = Math.min(kept, MAX_PACKET);
        begin(ENHANCED_PACKET, 64 + length + (comment == null ? 0 : room(comment)));
        buffer.putInt(interfaceId);
        time(epochNanos);
        buffer.putInt(length).putInt(originalLength);
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, from, buffer.array(), buffer.position(), length);
        buffer.position(buffer.position() + length);
        pad();
        if (direction != Direction.UNKNOWN) {
            option(2, 4);
            buffer.putInt(direction.ordinal());
        }
        if (comment != null) {
            text(OPTION_COMMENT, comment);
        }
        if (direction != Direction.UNKNOWN || comment != null) {
            buffer.putInt(OPTION_END);
        }
        endWithoutOptions();
    }

    /// Writes one packet with a single comment or none.
    ///
    /// @throws IOException if the stream fails
    public void packet(int interfaceId, long epochNanos, Direction direction, byte[] bytes, int originalLength,
            String comment) throws IOException {
        packet(interfaceId, epochNanos, direction, MemorySegment.ofArray(bytes), 0, bytes.length, originalLength,
                comment);
    }

    /// Says what an address is called, so that programs which show the file can show the name (Name Resolution Block).
    ///
    /// @throws IOException if the stream fails
    public void name(InetAddress address, List<String> names) throws IOException {
        byte[] bytes = address.getAddress();
        byte[][] encoded = names.stream().map(n -> utf8(n, 255)).toArray(byte[][]::new);
        int length = bytes.length + Arrays.stream(encoded).mapToInt(n -> n.length + 1).sum();
        if (length > 0xffff) {
            throw new IllegalArgumentException(names.size() + " names do not fit one record");
        }
        begin(NAMES, 64 + length);
        option(bytes.length == 4 ? 1 : 2, length);
        buffer.put(bytes);
        for (byte[] name : encoded) {
            buffer.put(name).put((byte) 0);
        }
        pad();
        buffer.putInt(0);
        end();
    }

    /// Says what became of an interface when the capture ends.
    ///
    /// @param startNanos when the capture began, in nanoseconds since 1970-01-01T00:00Z
    /// @throws IOException if the stream fails
    public void statistics(int interfaceId, long startNanos, InterfaceStatistics s) throws IOException {
        begin(STATISTICS, 128 + room(s.comment()));
        buffer.putInt(interfaceId);
        time(s.epochNanos());
        text(OPTION_COMMENT, s.comment());
        option(2, 8);
        time(startNanos);
        option(3, 8);
        time(s.epochNanos());
        counter(4, s.received());
        counter(5, s.dropped());
        end();
    }

    /// Hands what is gathered to the stream, and flushes that.
    ///
    /// @throws IOException if the stream fails
    public void flush() throws IOException {
        drain();
        out.flush();
    }

    @Override
    public void close() throws IOException {
        try (out) {
            drain();
        }
    }

    // ---- blocks and options

    private void begin(int type, int room) throws IOException {
        if (buffer.position() >= FLUSH_AT || buffer.remaining() < room) {
            drain();
        }
        if (buffer.remaining() < room) {
            buffer = order(new byte[Math.max(room, 2 * buffer.capacity())]);
        }
        blockStart = buffer.position();
        buffer.putInt(type).putInt(0);
    }

    private void end() {
        buffer.putInt(OPTION_END);
        endWithoutOptions();
    }

    private void endWithoutOptions() {
        int length = buffer.position() + 4 - blockStart;
        buffer.putInt(length).putInt(blockStart + 4, length);
    }

    private void drain() throws IOException {
        int n = buffer.position();
        // Cleared first: after a failure the same blocks must not be tried again half written.
        buffer.clear();
        if (n > 0) {
            out.write(buffer.array(), 0, n);
        }
    }

    private void option(int code, int length) {
        buffer.putShort((short) code).putShort((short) length);
    }

    private void text(int code, String text) {
        if (!text.isEmpty()) {
            byte[] bytes = utf8(text, MAX_TEXT);
            option(code, bytes.length);
            buffer.put(bytes);
            pad();
        }
    }

    private void counter(int code, long value) {
        if (value >= 0) {
            option(code, 8);
            buffer.putLong(value);
        }
    }

    /// A time stamp is two words, the high one first, whatever the byte order.
    private void time(long epochNanos) {
        buffer.putInt((int) (epochNanos >>> 32)).putInt((int) epochNanos);
    }

    private void pad() {
        while ((buffer.position() - blockStart & 3) != 0) {
            buffer.put((byte) 0);
        }
    }

    /// The most bytes that a text takes as an option.
    private static int room(String text) {
        return (int) Math.min(3L * text.length(), MAX_TEXT) + 8;
    }

    /// At most `max` bytes of UTF-8, cut between characters.
    private static byte[] utf8(String text, int max) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int n = Math.min(bytes.length, max);
        while (n < bytes.length && n > 0 && (bytes[n] & 0xc0) == 0x80) {
            n--;
        }
        return n == bytes.length ? bytes : Arrays.copyOf(bytes, n);
    }

    private static ByteBuffer order(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
