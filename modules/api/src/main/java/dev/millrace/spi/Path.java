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

    /// The NIC that its packets leave by, or `null` if that is not told.
    default NicPort nic() {
        return null;
    }

    /// The most bytes of transport header and payload that fit into one packet: by the NIC's MTU, and by what
    /// [#packetTooBig] has taught about the destination.
    int mtu();

    /// The most bytes of transport header and payload that [#send] takes in one packet. What does not fit into the path's
    /// [#mtu()] is sent in fragments (RFC 791 §3.2, RFC 8200 §4.5), each of which may be lost, and all with it. [#mtu()] on
    /// paths whose packets are never cut: those of TCP, and those of [#unfragmented()].
    default int largestDatagram() {
        return mtu();
    }

    /// This path, but for packets that nobody cuts: neither the stack ([#largestDatagram()] is [#mtu()]) nor, over IPv4,
    /// routers (DF is set, RFC 1191 §3), which then tell of links that are too narrow ([#packetTooBig]). Itself, if it is one.
    default Path unfragmented() {
        return this;
    }

    /// The bytes that the IP header takes: 20 or 40.
    int ipHeaderLength();

    /// The largest super-segment (transport header and payload, bytes) that the link cuts itself, or 0 for none.
    int maxSuperSegment();

    /// Whether route and path MTU are still the right ones; if not, ask the stack for a new path. What is learned about a
    /// path MTU grows old (RFC 8201 §4), so this may become `false` by the passing of time.
    boolean isCurrent();

    /// Tells that a packet of this path was too big for a link on the way (RFC 1191, RFC 8201), as a router says or as a
    /// transport has found out by probing (RFC 4821 §5.2). A transport calls it for an
    /// [IcmpError] of kind [IcmpError.Kind#PACKET_TOO_BIG], after it has convinced itself that the quoted packet is its own
    /// (RFC 5927 §4.1, §7): anybody can send such a message.
    ///
    /// If that is news, all paths of the stack to this destination are no longer current, and paths asked for from now on
    /// have the smaller MTU. It is news only if it makes the MTU smaller than it is known to be; IP believes nothing below a
    /// floor (552 bytes for IPv4 if the option `min-pmtu` says nothing else, 1280 for IPv6).
    ///
    /// @param ipMtu the MTU that the router told, bytes with the IP header ([IcmpError#mtu()]), or 0 if it told none
    default void packetTooBig(int ipMtu) {
    }

    /// The transport has made progress that only the other end can have brought about, such as an acknowledgement of new data:
    /// the neighbour on the way is there (RFC 4861 §7.3.1). Cheap enough to be called for each.
    default void confirm() {
    }

    /// The transport has lost its peer: the neighbour on the way is to be asked whether it is there.
    default void doubt() {
    }

    /// Sends packets that start at their transport header, which become the path's, and empties the list. A wanted
    /// checksum ([dev.millrace.wire.buffer.Packet#wantChecksum]) is computed here, unless the link takes it undone.
    ///
    /// @param trafficClass the TOS or traffic class byte
    /// @param hopLimit TTL or hop limit, 1 to 255, or 0 for the protocol's default
    void send(PacketList packets, int trafficClass, int hopLimit);
}
