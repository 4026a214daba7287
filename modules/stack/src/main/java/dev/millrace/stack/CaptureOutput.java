package dev.millrace.stack;

import dev.millrace.wire.pcap.InterfaceStatistics;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Where a capture's records go. One thread at a time calls it, but for [#isWanted] and [#abort].
interface CaptureOutput {
    /// Whether anybody takes records at present; asked for every packet, by any thread.
    default boolean isWanted() {
        return true;
    }

    /// Takes one record.
    ///
    /// @param captureId the NIC's place among those captured, from 0
    /// @param memory where the slot's bytes are
    /// @param dropReason why the packet was dropped, or `null`
    /// @throws IOException if the target failed
    void packet(int captureId, CaptureRing.Slot slot, MemorySegment memory, String dropReason) throws IOException;

    /// Hands on what is gathered, because nothing more waits at present.
    ///
    /// @throws IOException if the target failed
    void flush() throws IOException;

    /// Ends the capture, with the statistics of each NIC in their order, and closes the target, whatever fails.
    ///
    /// @throws IOException if the target failed
    void finish(long startNanos, List<InterfaceStatistics> statistics) throws IOException;

    /// Closes the target at once under a thread that may be blocked in it.
    ///
    /// @throws IOException if the target failed
    void abort() throws IOException;
}
