package dev.millrace.wire.pcap;

import dev.millrace.wire.WireError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// pcapng (draft-ietf-opsawg-pcapng), behind the type of its first Section Header Block.
final class PcapngSource implements CaptureReader.RecordSource {
    static final int MAX_NAMES = 16_384;
    private static final int MAX_NAMES_OF_ADDRESS = 64;
    /// What is kept of names and descriptions, in bytes; comments of packets are kept whole.
    private static final int MAX_KEPT_TEXT = 1024;

    private final CaptureInput in;
    private final List<CaptureInterface> interfaces = new ArrayList<>();
    private final List<Resolution> resolutions = new ArrayList<>();
    private final Map<InetAddress, List<String>> names = new LinkedHashMap<>();
    private final Map<Integer, InterfaceStatistics> statistics = new HashMap<>();
    private int nameCount;
    private String application = "";
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

    /// What a block is made of behind its fixed part.
    private interface OptionSink {
        void option(int code, ByteBuffer value) throws IOException;
    }

    PcapngSource(CaptureInput in) throws IOException {
        this.in = in;
        section(in.read(4));
    }

    @Override
    public CapturedPacket next() throws IOException {
        while (true) {
            in.mark();
            ByteBuffer start = in.readOrEnd(8);
            if (start == null) {
                return null;
            }
            // The type of a section's block reads the same in either byte order; its length does not.
            int type = start.order(order).getInt();
            if (type == PcapngWriter.SECTION) {
                section(start.slice(4, 4));
                continue;
            }
            CapturedPacket packet = block(type, blockLength(start.getInt()));
            if (packet != null) {
                return packet;
            }
        }
    }

    // ---- blocks

    private void section(ByteBuffer length) throws IOException {
        int byteOrder = in.read(4).order(ByteOrder.BIG_ENDIAN).getInt();
        if (byteOrder == PcapngWriter.BYTE_ORDER) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (Integer.reverseBytes(byteOrder) == PcapngWriter.BYTE_ORDER) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else {
            throw in.bad(WireError.UNKNOWN_FORMAT, "byte order mark 0x%08x", byteOrder);
        }
        long total = blockLength(length.order(order).getInt());
        ByteBuffer body = body(total, 12, 12);
        int major = body.getShort() & 0xffff;
        if (major != 1) {
            throw in.bad(WireError.BAD_VERSION, "pcapng version %d", major);
        }
        body.position(12);
        interfaces.clear();
        resolutions.clear();
        statistics.clear();
        application = "";
        options(body, (code, value) -> {
            if (code == 4) {
                application = keptText(value);
            }
        });
    }

    private CapturedPacket block(int type, long length) throws IOException {
        switch (type) {
            case PcapngWriter.INTERFACE -> declare(body(length, 8, 8));
            case PcapngWriter.NAMES -> resolve(body(length, 8, 0));
            case PcapngWriter.STATISTICS -> count(body(length, 8, 12));
            case PcapngWriter.ENHANCED_PACKET -> {
                ByteBuffer body = body(length, 8, 20);
                return packet(body, body.getInt());
            }
            case PcapngWriter.OLD_PACKET -> {
                ByteBuffer body = body(length, 8, 20);
                int id = body.getShort() & 0xffff;
                body.getShort();
                return packet(body, id);
            }
            case PcapngWriter.SIMPLE_PACKET -> {
                return simplePacket(body(length, 8, 4));
            }
            default -> {
                in.skip(length - 12);
                checkTrailer(length, in.read(4).order(order).getInt());
            }
        }
        return null;
    }

    private long blockLength(int field) throws CaptureFormatException {
        long length = field & 0xffff_ffffL;
        if (length < 12 || (length & 3) != 0) {
            throw in.bad(WireError.BAD_LENGTH, "a block of %d bytes", length);
        }
        return length;
    }

    /// The rest of a block, its trailer checked and cut off.
    ///
    /// @param read how many bytes of the block were read before
    /// @param least how many must be left without the trailer
    private ByteBuffer body(long length, int read, int least) throws IOException {
        if (length > CaptureReader.MAX_BLOCK || length < read + least + 4) {
            throw in.bad(WireError.BAD_LENGTH, "a block of %d bytes", length);
        }
        ByteBuffer body = in.read((int) length - read).order(order);
        int end = body.limit() - 4;
        checkTrailer(length, body.getInt(end));
        return body.limit(end);
    }

    private void checkTrailer(long length, int trailer) throws CaptureFormatException {
        if (trailer != (int) length) {
            throw in.bad(WireError.BAD_LENGTH, "a block of %d bytes that ends with length %d", length,
                    trailer & 0xffff_ffffL);
        }
    }

    private void declare(ByteBuffer body) throws IOException {
        if (interfaces.size() == CaptureReader.MAX_INTERFACES) {
            throw in.bad(WireError.BAD_LENGTH, "more than %d interfaces", CaptureReader.MAX_INTERFACES);
        }
        int linkType = body.getShort() & 0xffff;
        body.getShort();
        int snapLength = Math.max(0, body.getInt());
        var text = new String[] {"", ""};
        var unit = new int[] {Resolution.DEFAULT.code()};
        var offset = new long[1];
        options(body, (code, value) -> {
            switch (code) {
                case 2, 3 -> text[code - 2] = keptText(value);
                case 9 -> unit[0] = fixed(value, 1).get() & 0xff;
                case 14 -> offset[0] = fixed(value, 8).getLong();
                default -> { }
            }
        });
        interfaces.add(new CaptureInterface(text[0], text[1], linkType, snapLength));
        resolutions.add(new Resolution(unit[0], offset[0]));
    }

    /// An Enhanced Packet Block, or the obsolete Packet Block, behind the number of its interface.
    private CapturedPacket packet(ByteBuffer body, int interfaceId) throws IOException {
        checkInterface(interfaceId);
        long ticks = time(body);
        int kept = body.getInt();
        long original = body.getInt() & 0xffff_ffffL;
        byte[] bytes = bytes(body, kept);
        var comments = new ArrayList<String>(1);
        var flags = new int[1];
        options(body, (code, value) -> {
            switch (code) {
                case PcapngWriter.OPTION_COMMENT -> comments.add(text(value));
                case 2 -> flags[0] = fixed(value, 4).getInt();
                default -> { }
            }
        });
        return new CapturedPacket(interfaces.get(interfaceId), interfaceId, resolutions.get(interfaceId).nanos(ticks),
                Direction.ofFlags(flags[0]), original, bytes, Collections.unmodifiableList(comments));
    }

    private CapturedPacket simplePacket(ByteBuffer body) throws IOException {
        checkInterface(0);
        long original = body.getInt() & 0xffff_ffffL;
        int snapLength = interfaces.getFirst().snapLength();
        // It does not say how much was kept: the least of packet, snap length and block.
        long kept = Math.min(Math.min(original, snapLength == 0 ? Long.MAX_VALUE : snapLength), body.remaining());
        return new CapturedPacket(interfaces.getFirst(), 0, CapturedPacket.NO_TIME, Direction.UNKNOWN, original,
                bytes(body, (int) kept), List.of());
    }

    private void resolve(ByteBuffer body) throws IOException {
        while (body.remaining() >= 4) {
            int type = body.getShort() & 0xffff;
            int length = body.getShort() & 0xffff;
            if (type == 0) {
                return;
            }
            ByteBuffer value = value(body, length);
            int address = type == 1 ? 4 : type == 2 ? 16 : 0;
            if (address == 0) {
                continue;
            }
            if (length < address) {
                throw in.bad(WireError.BAD_LENGTH, "a name record of %d bytes", length);
            }
            addNames(value, address);
        }
    }

    private void addNames(ByteBuffer value, int addressLength) throws UnknownHostException {
        byte[] address = new byte[addressLength];
        value.get(address);
        if (names.size() == MAX_NAMES) {
            return;
        }
        List<String> known = names.computeIfAbsent(InetAddress.getByAddress(address), _ -> new ArrayList<>());
        while (value.hasRemaining() && nameCount < MAX_NAMES && known.size() < MAX_NAMES_OF_ADDRESS) {
            int from = value.position();
            while (value.hasRemaining() && value.get(value.position()) != 0) {
                value.get();
            }
            String name = keptText(value.slice(from, value.position() - from));
            if (!name.isEmpty() && !known.contains(name)) {
                known.add(name);
                nameCount++;
            }
            if (value.hasRemaining()) {
                value.get();
            }
        }
    }

    private void count(ByteBuffer body) throws IOException {
        int id = body.getInt();
        checkInterface(id);
        long nanos = resolutions.get(id).nanos(time(body));
        var counts = new long[] {-1, -1};
        var comment = new String[] {""};
        options(body, (code, value) -> {
            switch (code) {
                case PcapngWriter.OPTION_COMMENT -> comment[0] = keptText(value);
                case 4, 5 -> counts[code - 4] = fixed(value, 8).getLong();
                default -> { }
            }
        });
        statistics.put(id, new InterfaceStatistics(nanos, counts[0], counts[1], comment[0]));
    }

    // ---- parts of blocks

    private void checkInterface(int id) throws CaptureFormatException {
        if (id < 0 || id >= interfaces.size()) {
            throw in.bad(WireError.UNKNOWN_FORMAT, "interface %d, but %d were declared", id & 0xffff_ffffL,
                    interfaces.size());
        }
    }

    private static long time(ByteBuffer body) {
        return (long) body.getInt() << 32 | body.getInt() & 0xffff_ffffL;
    }

    private byte[] bytes(ByteBuffer body, int length) throws CaptureFormatException {
        if (length < 0 || length > body.remaining()) {
            throw in.bad(WireError.BAD_LENGTH, "a packet of %d bytes in a block with room for %d",
                    length & 0xffff_ffffL, body.remaining());
        }
        byte[] bytes = new byte[length];
        body.get(bytes);
        skipPadding(body, length);
        return bytes;
    }

    private void options(ByteBuffer body, OptionSink sink) throws IOException {
        while (body.remaining() >= 4) {
            int code = body.getShort() & 0xffff;
            int length = body.getShort() & 0xffff;
            if (code == PcapngWriter.OPTION_END) {
                return;
            }
            sink.option(code, value(body, length));
        }
    }

    private ByteBuffer value(ByteBuffer body, int length) throws CaptureFormatException {
        if (length > body.remaining()) {
            throw in.bad(WireError.BAD_OPTION_LENGTH, "an option of %d bytes where %d are left", length,
                    body.remaining());
        }
        ByteBuffer value = body.slice(body.position(), length).order(order);
        body.position(body.position() + length);
        skipPadding(body, length);
        return value;
    }

    /// Bytes and options are padded to 32 bits; the last may end with the block.
    private static void skipPadding(ByteBuffer body, int length) {
        body.position(Math.min(body.limit(), body.position() + (-length & 3)));
    }

    private ByteBuffer fixed(ByteBuffer value, int length) throws CaptureFormatException {
        if (value.remaining() != length) {
            throw in.bad(WireError.BAD_OPTION_LENGTH, "an option of %d bytes instead of %d", value.remaining(), length);
        }
        return value;
    }

    private static String keptText(ByteBuffer value) {
        return text(value.slice(0, Math.min(value.limit(), MAX_KEPT_TEXT)));
    }

    private static String text(ByteBuffer value) {
        return StandardCharsets.UTF_8.decode(value).toString();
    }

    // ---- what the file told

    @Override
    public List<CaptureInterface> interfaces() {
        return List.copyOf(interfaces);
    }

    @Override
    public Map<InetAddress, List<String>> names() {
        var copy = new LinkedHashMap<InetAddress, List<String>>();
        names.forEach((address, known) -> copy.put(address, List.copyOf(known)));
        return copy;
    }

    @Override
    public Map<Integer, InterfaceStatistics> statistics() {
        return Map.copyOf(statistics);
    }

    @Override
    public String application() {
        return application;
    }
}
