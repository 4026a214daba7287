package dev.millrace.cli.net;

import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Writes packets to a pcapng file, whatever they come from.
final class CaptureWriter implements AutoCloseable {
    private final PcapngWriter writer;
    private final Map<CaptureInterface, Integer> interfaces = new HashMap<>();

    CaptureWriter(Path file) throws IOException {
        writer = new PcapngWriter(Files.newOutputStream(file), "millrace dump");
    }

    void write(CapturedPacket p) throws IOException {
        Integer id = interfaces.get(p.captureInterface());
        if (id == null) {
            id = writer.addInterface(p.captureInterface());
            interfaces.put(p.captureInterface(), id);
        }
        writer.packet(id, p.epochNanos() == CapturedPacket.NO_TIME ? 0 : p.epochNanos(), p.direction(), p.bytes(),
                (int) Math.min(Integer.MAX_VALUE, p.originalLength()),
                p.comments().isEmpty() ? null : String.join("; ", p.comments()));
    }

    /// So that whoever looks at the file finds all that was written.
    void flush() throws IOException {
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
