package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.PacketList;

/// A NIC as network protocols see it. Any thread may call any method.
public interface NicPort {
    /// Its name.
    String name();

    /// The largest IP packet, in bytes.
    int mtu();

    /// The largest packet of a version of IP, in bytes: routers may want smaller ones (RFC 4861 §6.3.4).
    ///
    /// @param version 4 or 6
    default int mtu(int version) {
        return mtu();
    }

    /// The hop limit that routers want IPv6 packets to have, or 0 if none has said so.
    default int hopLimit() {
        return 0;
    }

    /// The link it stands on.
    Link link();

    /// Whether packets can go out.
    boolean isUp();

    /// Sends packets that start at their IP header, which become the NIC's, and empties the list.
    ///
    /// @param nextHop the neighbour to send them to: the destination or a gateway; media without neighbours ignore it
    void transmit(PacketList packets, IpAddress nextHop);

    /// The neighbour of this address, to be kept and sent through.
    ///
    /// @param nextHop as for [#transmit(PacketList, IpAddress)]
    default NextHop toward(IpAddress nextHop) {
        return packets -> transmit(packets, nextHop);
    }

    /// The station's own link-layer address, in the low 48 bits, or 0 on media without such addresses.
    default long stationAddress() {
        return 0;
    }

    /// Sends packets of any network protocol to a station, which become the NIC's, and empties the list. On media without
    /// link-layer addresses they are dropped.
    ///
    /// @param etherType what they are
    /// @param station the link-layer address of their destination, in the low 48 bits
    void transmit(PacketList packets, int etherType, long station);
}
