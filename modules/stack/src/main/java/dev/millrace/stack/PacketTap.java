package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;

/// Who looks at packets where they pass a NIC. Called on the data path by any thread, several at once; never blocks,
/// never throws, never keeps the packet.
interface PacketTap {
    /// A packet passes: inbound before the stack has looked at it, outbound before the link gets it. On a loopback link
    /// only the inbound pass is told, so that each packet shows once.
    ///
    /// @param packet starts at what the NIC's medium starts with; stays the caller's. An inbound one may be given a
    ///     [Packet.CaptureRecord], through which the tap hears what became of it: `packet.closeCapture(reason.text())`
    ///     when it is dropped, nothing more than its release when it is not
    /// @param epochNanos when it passed, in nanoseconds since 1970-01-01T00:00Z
    void packet(TappedNic nic, Packet packet, boolean outbound, long epochNanos);

    /// A packet ends here that carries no record which could tell it: it was dropped on its way out, before or after it
    /// was shown to [#packet].
    ///
    /// @param packet as in [#packet]
    /// @param reason why, in words, as [dev.millrace.DropReason#text] gives it
    void packetDropped(TappedNic nic, Packet packet, boolean outbound, String reason, long epochNanos);
}
