package dev.millrace.stack;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.spi.Clock;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// A running capture: the tap that copies packets into a ring, and whoever writes them from there.
final class CaptureSession implements PacketTap, Capture {

    /// Opens the target and begins.
    ///
    /// @param stackName who captures, for the file and for thread names
    /// @param nics all NICs of the stack; those that the request does not name are ignored
    /// @param clock the stack's
    /// @param manual whether to work without a thread: records are written in order on the thread that completes them
    /// @param dropCounters the stack's counts by drop reason, asked once, when the capture closes
    /// @throws IOException if the file or the port cannot be opened
    /// @throws IllegalArgumentException if the request names a NIC that there is not
    static CaptureSession open(CaptureRequest request, String stackName, List<TappedNic> nics, Clock clock,
            boolean manual, Supplier<Map<String, Long>> dropCounters) throws IOException {
        throw new IOException("not yet");
    }

    private CaptureSession() {
    }

    @Override
    public void packet(TappedNic nic, Packet packet, boolean outbound, long epochNanos) {
    }

    @Override
    public void packetDropped(TappedNic nic, Packet packet, boolean outbound, String reason, long epochNanos) {
    }

    @Override
    public long recorded() {
        return 0;
    }

    @Override
    public long missed() {
        return 0;
    }

    @Override
    public void close() throws IOException {
    }
}
