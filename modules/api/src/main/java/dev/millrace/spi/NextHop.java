package dev.millrace.spi;

import dev.millrace.wire.buffer.PacketList;

/// The neighbour that packets to a destination go to: the destination itself or a gateway, with what is known of its
/// link-layer address. A path keeps one, so that sending looks nothing up. Any thread may call any method.
public interface NextHop {
    /// Sends packets that start at their IP header, which become the NIC's, and empties the list. While the neighbour's
    /// address is being asked for, a bounded number of them waits; those that there is no room for, and all if nobody answers,
    /// are dropped.
    void transmit(PacketList packets);

    /// An upper layer has made progress that only this neighbour can have brought about, such as an acknowledgement of new
    /// data (RFC 4861 §7.3.1): it need not be asked whether it is there. Cheap enough to be called for each.
    default void confirm() {
    }

    /// An upper layer has lost its peer, which may be this neighbour's doing: it is asked whether it is there.
    default void doubt() {
    }
}
