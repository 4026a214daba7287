package dev.millrace.stack;

import dev.millrace.wire.pcap.InterfaceStatistics;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Consumer;

/// Records as lines of text: `recv wan 10.0.0.1 > 10.0.0.2 ... [dropped: no socket]`, in front the time if it is asked
/// for.
final class CaptureLines implements CaptureOutput {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

    private final Consumer<String> lines;
    private final boolean timestamps;

    CaptureLines(Consumer<String> lines, boolean timestamps) {
        this.lines = lines;
        this.timestamps = timestamps;
    }

    @Override
    public void packet(int captureId, CaptureRing.Slot slot, MemorySegment memory, String dropReason) {
        var line = new StringBuilder(120);
        if (timestamps) {
            TIME.formatTo(Instant.ofEpochSecond(0, slot.epochNanos), line);
            line.append(' ');
        }
        line.append(slot.outbound ? "send " : "recv ").append(slot.nic.name()).append(' ');
        line.append(CaptureText.of(slot.nic.medium(), memory.asSlice(slot.at, slot.kept), slot.originalLength));
        if (dropReason != null) {
            line.append(" [dropped: ").append(dropReason).append(']');
        }
        lines.accept(line.toString());
    }

    @Override
    public void flush() {
    }

    @Override
    public void finish(long startNanos, List<InterfaceStatistics> statistics) {
    }

    @Override
    public void abort() {
    }
}
