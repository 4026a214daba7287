package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.PacketList;

/// The way from a local to a remote address for one transport protocol, with the route already found: what an endpoint
/// keeps and sends through. Any thread may call any method.
public interface Path {
    /// The source address.
    IpAddress local();

    /// The destination address.
    IpAddress remote();

    /// The most bytes of transport header and payload that fit into one packet.
    int mtu();

    /// The bytes that the IP header takes: 20 or 40.
    int ipHeaderLength();

    /// The largest super-segment (transport header and payload, bytes) that the link cuts itself, or 0 for none.
    int maxSuperSegment();

    /// Whether the route is still the right one; if not, ask the stack for a new path.
    boolean isCurrent();

    /// Sends packets that start at their transport header, which become the path's, and empties the list. A wanted
    /// checksum ([dev.millrace.wire.buffer.Packet#wantChecksum]) is computed here, unless the link takes it undone.
    ///
    /// @param trafficClass the TOS or traffic class byte
    /// @param hopLimit TTL or hop limit, 1 to 255, or 0 for the protocol's default
    void send(PacketList packets, int trafficClass, int hopLimit);
}
