package dev.millrace.wire.pcap;

import dev.millrace.wire.WireError;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Reads a capture file packet by packet: classic pcap with microseconds or nanoseconds, or pcapng, in either byte
/// order.
///
/// Any bytes give packets, the end, or a [CaptureFormatException]; nothing else is thrown but what the stream throws. It
/// holds one packet at a time and of the rest only bounded tables: a block of more than [#MAX_BLOCK] bytes that the
/// reader needs, or more than [#MAX_INTERFACES] interfaces, are errors; blocks and options that it does not know are
/// skipped, of whatever size. Not safe for several threads.
///
/// ```java
/// try (CaptureReader reader = CaptureReader.open(Path.of("session.pcapng"))) {
///     for (CapturedPacket p = reader.next(); p != null; p = reader.next()) {
///         System.out.println(p.captureInterface().name() + " " + p.direction() + " " + p.comments());
///     }
/// }
/// ```
public final class CaptureReader implements Closeable {
    /// The largest block or packet that is read, in bytes; as much as Wireshark accepts.
    public static final int MAX_BLOCK = 16 * 1024 * 1024;
    /// The most interfaces of one section.
    public static final int MAX_INTERFACES = 4096;

    static final int PCAP_MICROS = 0xa1b2c3d4;
    static final int PCAP_NANOS = 0xa1b23c4d;

    private final CaptureInput in;
    private final RecordSource source;

    /// One of the two formats.
    sealed interface RecordSource permits PcapSource, PcapngSource {
        /// The next packet, or `null` at the end.
        CapturedPacket next() throws IOException;

        List<CaptureInterface> interfaces();

        Map<InetAddress, List<String>> names();

        Map<Integer, InterfaceStatistics> statistics();

        String application();
    }

    /// Reads the beginning of a capture, which tells its format.
    ///
    /// @param stream the capture; closed with this reader, and better buffered
    /// @throws CaptureFormatException if it is neither format
    /// @throws IOException if the stream fails
    public CaptureReader(InputStream stream) throws IOException {
        in = new CaptureInput(stream);
        in.mark();
        int magic = in.read(4).order(ByteOrder.BIG_ENDIAN).getInt();
        if (magic == PcapngWriter.SECTION) {
            source = new PcapngSource(in);
        } else if (magic == PCAP_MICROS || magic == PCAP_NANOS) {
            source = new PcapSource(in, ByteOrder.BIG_ENDIAN, magic == PCAP_NANOS);
        } else {
            int swapped = Integer.reverseBytes(magic);
            if (swapped != PCAP_MICROS && swapped != PCAP_NANOS) {
                throw in.bad(WireError.UNKNOWN_FORMAT, "begins with 0x%08x, which is neither pcap nor pcapng", magic);
            }
            source = new PcapSource(in, ByteOrder.LITTLE_ENDIAN, swapped == PCAP_NANOS);
        }
    }

    /// Opens a capture file.
    ///
    /// @throws CaptureFormatException if it is neither format
    /// @throws java.nio.file.FileSystemException if it cannot be read, as a folder cannot
    public static CaptureReader open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            // A stream of it would say so only when it is read, and not of what.
            throw new FileSystemException(path.toString(), null, "is a folder, not a capture");
        }
        InputStream stream = new BufferedInputStream(Files.newInputStream(path), 64 * 1024);
        try {
            return new CaptureReader(stream);
        } catch (IOException e) {
            stream.close();
            throw e;
        }
    }

    /// The next packet, or `null` at the end of the file.
    ///
    /// @throws CaptureFormatException if the file is broken from here on; every later call throws, too
    /// @throws IOException if the stream fails
    public CapturedPacket next() throws IOException {
        in.checkNotBroken();
        return source.next();
    }

    /// The interfaces declared so far in the present section, in the order of their numbers.
    public List<CaptureInterface> interfaces() {
        return source.interfaces();
    }

    /// The names of addresses that the file told so far, at most 16384 of them, 64 for one address.
    public Map<InetAddress, List<String>> names() {
        return source.names();
    }

    /// The last statistics that the present section told so far, by the number of the interface. They stand at the end
    /// of a file.
    public Map<Integer, InterfaceStatistics> statistics() {
        return source.statistics();
    }

    /// The program that wrote the present section, empty if the file does not say.
    public String application() {
        return source.application();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
