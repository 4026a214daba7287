package dev.millrace.wire.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Writes a classic pcap file with nanosecond time stamps: one link type, no interface names, directions or comments.
/// Prefer [PcapngWriter] where the reader of the file can read that. Not safe for several threads.
public final class PcapWriter implements Closeable {
    private static final long NANOS = 1_000_000_000L;

    private final OutputStream out;
    private final ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);

    /// Writes the file's header.
    ///
    /// @param out where to; closed with this writer, and not buffered by it
    /// @param linkType what packets start with, see [LinkType]
    /// @param snapLength the bytes kept of each packet, 0 for all
    /// @throws IOException if `out` fails
    public PcapWriter(OutputStream out, int linkType, int snapLength) throws IOException {
        this.out = out;
        header.putInt(CaptureReader.PCAP_NANOS).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0)
                .putInt(snapLength == 0 ? PcapngWriter.MAX_PACKET : snapLength).putInt(linkType);
        out.write(header.array(), 0, 24);
    }

    /// Writes one packet.
    ///
    /// @param epochNanos 1970 to 2106, in nanoseconds since 1970-01-01T00:00Z
    /// @param bytes what was kept of it
    /// @param originalLength its length in bytes before that
    /// @throws IOException if the stream fails
    public void packet(long epochNanos, byte[] bytes, int originalLength) throws IOException {
        header.clear();
        header.putInt((int) Math.floorDiv(epochNanos, NANOS)).putInt((int) Math.floorMod(epochNanos, NANOS))
                .putInt(bytes.length).putInt(originalLength);
        out.write(header.array(), 0, 16);
        out.write(bytes);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
