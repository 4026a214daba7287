package dev.millrace.packetdrill.script;

/// Something that happens, or shall.
///
/// @param at where it begins
/// @param time when
/// @param action what
/// @param text as it is written, its time left out
public record Event(Position at, EventTime time, Action action, String text) {
    /// Whether it is a packet to the stack.
    public boolean isInbound() {
        return action instanceof Action.Packet p && p.inbound();
    }

    /// Whether it is a packet that the stack is expected to send.
    public boolean isOutbound() {
        return action instanceof Action.Packet p && !p.inbound();
    }
}
