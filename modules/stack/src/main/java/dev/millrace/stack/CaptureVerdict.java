package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;

/// What became of one inbound packet, as the writer of its record wants to know it.
///
/// It is opened by the tap, closed once by whoever ends the packet, and opened again only after the writer has seen it
/// closed; a writer that has lost patience puts a new one in its place, so that a late end does not mark another packet.
final class CaptureVerdict implements Packet.CaptureRecord {
    private final CaptureSession session;
    /// The record of another capture of the same packet.
    private Packet.CaptureRecord chained;
    private String dropReason;
    private volatile boolean closed;

    CaptureVerdict(CaptureSession session) {
        this.session = session;
    }

    /// Begins to wait for a packet's end.
    void open(Packet.CaptureRecord alsoTold) {
        chained = alsoTold;
        dropReason = null;
        closed = false;
    }

    @Override
    public void close(String reason) {
        // From the moment it is closed it may be opened for another packet.
        Packet.CaptureRecord other = chained;
        chained = null;
        dropReason = reason;
        closed = true;
        session.verdictGiven();
        if (other != null) {
            other.close(reason);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /// Why the packet was dropped, `null` if it was not; for who has seen it closed.
    String dropReason() {
        return dropReason;
    }
}
