package dev.millrace.stack;

import dev.millrace.spi.Link;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.InterfaceStatistics;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Records as pcapng, for files, streams and live clients.
final class CapturePcapng implements CaptureOutput {
    private final OutputStream target;
    private final PcapngWriter writer;

    /// Writes the section's header and declares the interfaces.
    ///
    /// @throws IOException if the target failed
    CapturePcapng(OutputStream target, String stackName, List<TappedNic> nics, int snapLength) throws IOException {
        this.target = target;
        writer = new PcapngWriter(target, "Millrace, stack " + stackName);
        for (TappedNic nic : nics) {
            int linkType = nic.medium() == Link.Medium.ETHERNET ? LinkType.ETHERNET : LinkType.RAW;
            writer.addInterface(new CaptureInterface(stackName + "/" + nic.name(),
                    nic.description() + ", MTU " + nic.mtu(), linkType, snapLength));
        }
        writer.flush();
    }

    @Override
    public boolean isWanted() {
        return !(target instanceof CaptureHub hub) || hub.hasClients();
    }

    @Override
    public void packet(int captureId, CaptureRing.Slot slot, MemorySegment memory, String dropReason)
            throws IOException {
        writer.packet(captureId, slot.epochNanos, slot.outbound ? Direction.OUTBOUND : Direction.INBOUND, memory,
                slot.at, slot.kept, slot.originalLength, dropReason == null ? null : "dropped: " + dropReason);
    }

    @Override
    public void flush() throws IOException {
        writer.flush();
    }

    @Override
    public void finish(long startNanos, List<InterfaceStatistics> statistics) throws IOException {
        try (writer) {
            for (int i = 0; i < statistics.size(); i++) {
                writer.statistics(i, startNanos, statistics.get(i));
            }
        }
    }

    @Override
    public void abort() throws IOException {
        target.close();
    }
}
