package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.PacketList;

/// A NIC as network protocols see it. Any thread may call any method.
public interface NicPort {
    /// Its name.
    String name();

    /// The largest IP packet, in bytes.
    int mtu();

    /// The link it stands on.
    Link link();

    /// Whether packets can go out.
    boolean isUp();

    /// Sends packets that start at their IP header, which become the NIC's, and empties the list.
    ///
    /// @param nextHop the neighbour to send them to: the destination or a gateway; media without neighbours ignore it
    void transmit(PacketList packets, IpAddress nextHop);
}
