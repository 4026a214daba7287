package dev.millrace.wire.pcap;

import dev.millrace.wire.WireError;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/// Classic pcap (draft-ietf-opsawg-pcap), behind its magic number.
final class PcapSource implements CaptureReader.RecordSource {
    private final CaptureInput in;
    private final ByteOrder order;
    private final int nanosPerTick;
    private final CaptureInterface captureInterface;

    PcapSource(CaptureInput in, ByteOrder order, boolean nanos) throws IOException {
        this.in = in;
        this.order = order;
        this.nanosPerTick = nanos ? 1 : 1000;
        ByteBuffer header = in.read(20).order(order);
        int major = header.getShort(0) & 0xffff;
        if (major != 2) {
            throw in.bad(WireError.BAD_VERSION, "pcap version %d", major);
        }
        int snapLength = header.getInt(12);
        // The upper half of the link type word tells of frame check sequences.
        captureInterface = new CaptureInterface("", "", header.getInt(16) & 0xffff, Math.max(0, snapLength));
    }

    @Override
    public CapturedPacket next() throws IOException {
        in.mark();
        ByteBuffer header = in.readOrEnd(16);
        if (header == null) {
            return null;
        }
        header.order(order);
        int kept = header.getInt(8);
        if (kept < 0 || kept > CaptureReader.MAX_BLOCK) {
            throw in.bad(WireError.BAD_LENGTH, "a packet of %d bytes", kept & 0xffff_ffffL);
        }
        long nanos = (header.getInt(0) & 0xffff_ffffL) * 1_000_000_000L
                + (header.getInt(4) & 0xffff_ffffL) * nanosPerTick;
        return new CapturedPacket(captureInterface, 0, nanos, Direction.UNKNOWN, header.getInt(12) & 0xffff_ffffL,
                in.read(kept).array(), List.of());
    }

    @Override
    public List<CaptureInterface> interfaces() {
        return List.of(captureInterface);
    }

    @Override
    public Map<InetAddress, List<String>> names() {
        return Map.of();
    }

    @Override
    public Map<Integer, InterfaceStatistics> statistics() {
        return Map.of();
    }

    @Override
    public String application() {
        return "";
    }
}
