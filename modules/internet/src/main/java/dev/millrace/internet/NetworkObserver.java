package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;

/// Sees what happens in a network: captures and logs. Called in the turns of the clockwork.
interface NetworkObserver {
    /// A host has sent a packet.
    ///
    /// @param frame whether it begins with an Ethernet header
    /// @param remark what happens to it at once, `null` for nothing worth a word
    void left(Node from, Packet packet, boolean frame, String remark);

    /// A host has received a packet.
    void arrived(Node at, Packet packet, boolean frame);

    /// A packet has ended on its way.
    void lost(Node at, Packet packet, boolean frame, String remark);

    /// Something else has happened.
    void note(String what);

    /// There is a host.
    void host(Host host);
}
