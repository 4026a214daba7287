package dev.millrace.packetdrill.run;

import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes what passes between script and stack to a pcapng file. Times count from 1970, where the script begins.
final class PcapTrace implements Wire.Trace, Closeable {
    private final PcapngWriter writer;
    private final int nic;

    PcapTrace(Path file, String script) throws IOException {
        writer = new PcapngWriter(new BufferedOutputStream(Files.newOutputStream(file)), "Millrace packetdrill");
        nic = writer.addInterface(new CaptureInterface("wire", script, LinkType.RAW, 0));
    }

    @Override
    public void packet(long atNs, boolean fromStack, byte[] bytes) {
        try {
            writer.packet(nic, Math.max(0, atNs), fromStack ? Direction.OUTBOUND : Direction.INBOUND, bytes, bytes.length, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
