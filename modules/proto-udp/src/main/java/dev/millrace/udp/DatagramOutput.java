package dev.millrace.udp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.udp.DatagramEndpoint.Peer;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/// The sending half of a UDP socket: makes datagrams and finds the way for them. It has no queue; a datagram leaves on the
/// thread that sends it.
final class DatagramOutput {
    private static final ThreadLocal<PacketList> OUT = ThreadLocal.withInitial(PacketList::new);

    volatile boolean broadcast;
    volatile int trafficClass;
    volatile int hopLimit;
    /// RFC 1112 §6.1: not beyond the link, unless the program says so.
    volatile int groupTtl = 1;
    volatile boolean groupLoop = true;
    /// The name of the NIC by which datagrams to groups leave, or an empty string.
    volatile String groupNic = "";

    private final UdpProtocol protocol;
    private final DatagramEndpoint endpoint;
    /// The last way that was sent over; most sockets talk to one peer at a time.
    private volatile Way lastWay;

    /// A destination with the path to it.
    ///
    /// @param from the source that was asked for, or `null` for the stack's choice
    /// @param dontFragment whether the path is one for datagrams that nobody cuts
    /// @param toAll whether it leads to all hosts of a network, which has to be allowed each time
    /// @param nic what [#groupNic] said, if it leads to a group, else `null`
    private record Way(InetSocketAddress to, IpAddress from, Path path, boolean dontFragment, boolean toAll, String nic) {
        boolean leadsTo(InetSocketAddress target, IpAddress source, String groupNic) {
            return (to == target || to.equals(target)) && (from == null ? source == null : from.equals(source))
                    && isCurrent(groupNic);
        }

        boolean isCurrent(String groupNic) {
            return path.isCurrent() && (nic == null || nic.equals(groupNic));
        }
    }

    DatagramOutput(UdpProtocol protocol, DatagramEndpoint endpoint) {
        this.protocol = protocol;
        this.endpoint = endpoint;
    }

    /// Sends to `to`; if that is the sender of a datagram, and the socket is free to choose, from the address that it asked.
    void send(ByteBuffer src, InetSocketAddress to) throws IOException {
        IpAddress asked = to instanceof DatagramSender sender && endpoint.peer() == null && source(null) == null
                ? sender.asked : null;
        Way way;
        try {
            way = way(to, asked);
        } catch (IOException e) {
            if (asked == null) {
                throw e;
            }
            // The address that was asked is no longer ours. That is not what the program wanted to know.
            way = way(to, null);
        }
        send(src, way);
    }

    void send(ByteBuffer src, InetSocketAddress to, InetAddress from) throws IOException {
        send(src, way(to, from == null ? null : IpAddress.of(from)));
    }

    private void send(ByteBuffer src, Way way) throws IOException {
        if (way.toAll() && !broadcast) {
            throw broadcastRefused();
        }
        Path path = way.path();
        int length = src.remaining();
        if (length > path.largestDatagram() - UdpHeader.LENGTH) {
            throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
        }
        // Before the packet: whatever throws, nothing is lost.
        PacketList list = OUT.get();
        if (!list.isEmpty()) {
            // A link's callback that sends, on a thread that is sending: what is in the list goes elsewhere.
            list = new PacketList();
        }
        list.add(datagram(src, length, way.to().getPort()));
        try {
            src.position(src.limit());
            protocol.sent.add(1);
            endpoint.largeSends.note(path.remote(), path.ipHeaderLength() + UdpHeader.LENGTH + length);
            if (way.nic() == null) {
                path.send(list, trafficClass, hopLimit);
            } else {
                sendToGroup(list, path);
            }
        } finally {
            // Nothing is left of a send that threw: the thread's next datagram, of whatever socket, goes another way.
            list.releaseAll();
        }
    }

    private void sendToGroup(PacketList list, Path path) {
        Packet copy = groupLoop ? protocol.loop.copy(list.peek(), path, trafficClass) : null;
        int ttl = groupTtl;
        try {
            if (ttl > 0) {
                path.send(list, trafficClass, ttl);
            }
        } catch (Throwable t) {
            if (copy != null) {
                copy.release();
            }
            throw t;
        }
        if (copy != null) {
            protocol.loop.deliver(copy, path);
        }
    }

    private Packet datagram(ByteBuffer src, int length, int port) {
        Packet packet = Packet.allocate(Packet.HEADROOM, UdpHeader.LENGTH + length);
        try {
            int at = packet.append(UdpHeader.LENGTH + length);
            UdpHeader.write(packet.memory(), at, endpoint.place().localPort(), port, UdpHeader.LENGTH + length);
            MemorySegment.copy(MemorySegment.ofBuffer(src), 0, packet.memory(), at + UdpHeader.LENGTH, length);
            packet.wantChecksum(0, UdpHeader.CHECKSUM_OFFSET);
            return packet;
        } catch (Throwable t) {
            // The program's buffer may be of an arena that is closed, or of another thread's.
            packet.release();
            throw t;
        }
    }

    /// The way to a destination: the last one if it still leads there.
    private Way way(InetSocketAddress to, IpAddress from) throws IOException {
        Peer peer = endpoint.peer();
        if (peer != null) {
            return wayToPeer(to, from, peer);
        }
        if (to == null) {
            throw SocketErrors.of(ErrorCode.NOT_CONNECTED, "Destination address required");
        }
        Way way = lastWay;
        boolean whole = endpoint.dontFragment;
        if (way != null && way.dontFragment() == whole && way.leadsTo(to, from, groupNic)) {
            return way;
        }
        IpAddress destination = destination(to);
        String nic = destination.isMulticast() ? groupNic : null;
        Path path = path(source(from), destination, nic);
        Way found = new Way(to, from, whole ? path.unfragmented() : path, whole, protocol.ctx.isBroadcast(destination), nic);
        lastWay = found;
        return found;
    }

    private Way wayToPeer(InetSocketAddress to, IpAddress from, Peer peer) throws IOException {
        if (to != null && (to.isUnresolved() || to.getPort() != peer.port()
                || !IpAddress.of(to.getAddress()).equals(peer.address()))) {
            throw new IllegalArgumentException("Connected address not equal to target address");
        }
        Way way = lastWay;
        if (way == null || !way.isCurrent(groupNic) || way.dontFragment() != endpoint.dontFragment
                || way.to().getPort() != peer.port() || !way.path().remote().equals(peer.address())) {
            way = wayTo(peer);
            lastWay = way;
        }
        if (from != null && isSource(from) && !from.equals(way.path().local())) {
            throw new IllegalArgumentException("Connected address not equal to source address");
        }
        return way;
    }

    private Way wayTo(Peer peer) throws IOException {
        return wayTo(peer, path(peer.address()));
    }

    private Way wayTo(Peer peer, Path path) {
        boolean whole = endpoint.dontFragment;
        return new Way(new InetSocketAddress(peer.address().toInetAddress(), peer.port()), null,
                whole ? path.unfragmented() : path, whole, protocol.ctx.isBroadcast(peer.address()),
                peer.address().isMulticast() ? groupNic : null);
    }

    /// The path to a destination from the address that the socket is bound to.
    Path path(IpAddress destination) throws IOException {
        return path(source(null), destination, destination.isMulticast() ? groupNic : null);
    }

    /// @param nic for a group the NIC's name, or an empty string for whatever leads there; else `null`
    private Path path(IpAddress source, IpAddress destination, String nic) throws IOException {
        return nic == null || nic.isEmpty() ? protocol.ctx.path(source, destination)
                : protocol.ctx.path(source, destination, protocol.ctx.groupNic(destination, nic));
    }

    /// The largest IP packet that is known to fit the path to the peer.
    int pathMtu() throws IOException {
        Peer peer = endpoint.peer();
        if (peer == null) {
            throw SocketErrors.of(ErrorCode.NOT_CONNECTED);
        }
        Path path = wayToPeer(null, null, peer).path();
        return path.mtu() + path.ipHeaderLength();
    }

    private IpAddress destination(InetSocketAddress to) throws IOException {
        if (to.isUnresolved()) {
            throw new UnknownHostException(to.getHostString());
        }
        if (to.getPort() == 0) {
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS, "Can't send to port 0");
        }
        IpAddress address = IpAddress.of(to.getAddress());
        checkMayReach(address);
        return address;
    }

    /// Refuses broadcast addresses unless the program has asked for them, as a destination and as a peer (RFC 919 §7).
    void checkMayReach(IpAddress address) throws IOException {
        if (protocol.ctx.isBroadcast(address) && !broadcast) {
            throw broadcastRefused();
        }
    }

    private static IOException broadcastRefused() {
        // The kernel's EACCES, which tells a program that it has to ask for this.
        return SocketErrors.of(ErrorCode.INVALID_ADDRESS, "Permission denied");
    }

    /// The address to send from: the one asked for, else the one bound to, unless nobody can send from it.
    IpAddress source(IpAddress from) {
        if (from != null && isSource(from)) {
            return from;
        }
        IpAddress local = endpoint.place().local();
        return local != null && isSource(local) ? local : null;
    }

    private boolean isSource(IpAddress address) {
        return !address.isUnspecified() && !address.isMulticast() && !protocol.ctx.isBroadcast(address);
    }

    // ---- the peer

    /// Prepares for a peer, before the endpoint knows it; `null` if there is none any more.
    void connected(Peer peer, Path path) {
        lastWay = peer == null ? null : wayTo(peer, path);
    }

    /// The address that a connected socket sends from, or `null` if it is not connected.
    IpAddress connectedSource() {
        Peer peer = endpoint.peer();
        Way way = lastWay;
        return peer == null || way == null || !way.path().remote().equals(peer.address()) ? null : way.path().local();
    }
}
