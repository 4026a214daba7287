package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.RawSocket;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.LargePackets;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.function.Predicate;

/// A raw socket for one protocol above IP.
final class InternetRawSocket extends QueuedSocket<RawSocket.Received> implements RawSocket {
    private final RawSockets owner;
    private final int version;
    private final int protocol;
    private final PluginContext context;
    private volatile BitSet icmpTypes;
    private volatile Predicate<? super Received> filter;
    /// The path of the last packet, since the next often goes there too.
    private volatile Path last;
    /// Who may have been sent what routers must not fragment and do not take.
    private final LargePackets large = new LargePackets(64);

    InternetRawSocket(RawSockets owner, PluginContext context, int version, int protocol) {
        super(context);
        this.owner = owner;
        this.context = context;
        this.version = version;
        this.protocol = protocol;
    }

    // ---- in

    /// Copies a packet that starts behind its IP headers, if the socket wants it. Returns whether it did.
    boolean offer(Packet packet) {
        if (packet.protocol() != protocol || IpAddress.isV4(packet.destinationHi(), packet.destinationLo()) != (version == 4)
                || !wantsType(packet)) {
            return false;
        }
        if (queue.hasRoom(packet.length())) {
            var received = new Received(new IpAddress(packet.sourceHi(), packet.sourceLo()).toInetAddress(),
                    new IpAddress(packet.destinationHi(), packet.destinationLo()).toInetAddress(), packet.hopLimit(),
                    packet.trafficClass(), context.clock().nanoTime(), bytes(packet));
            Predicate<? super Received> f = filter;
            if (f == null || f.test(received)) {
                queue.add(received, received.bytes().length);
            }
        }
        return true;
    }

    /// A router says that a packet of this socket's protocol was too big: IP hears of it if the socket has sent such.
    void onTooBig(IcmpError error) {
        if (error.protocol() != protocol || error.remote().version() != version || !large.mayConcern(error.remote())) {
            return;
        }
        try {
            context.path(error.local(), error.remote()).unfragmented().packetTooBig(error.mtu());
        } catch (IOException e) {
            // No way leads there any more, or the address is gone: nothing that could be too narrow.
            return;
        }
    }

    private boolean wantsType(Packet packet) {
        BitSet types = icmpTypes;
        return types == null || packet.makeLinear(1) && types.get(BigEndian.u8(packet.memory(), packet.start()));
    }

    private static byte[] bytes(Packet packet) {
        byte[] bytes = packet.toBytes();
        if (packet.checksumming() == Packet.Checksumming.PARTIAL) {
            int from = packet.checksumStart() - packet.start();
            int field = packet.checksumField() - packet.start();
            CaptureChecksum.completePartial(bytes, from, field, packet.protocol());
        }
        return bytes;
    }

    // ---- out

    @Override
    public void send(ByteBuffer payload, InetAddress to, Sending how) throws IOException {
        queue.checkOpen();
        IpAddress remote = IpAddress.of(to);
        if (remote.version() != version) {
            throw new IllegalArgumentException(to.getHostAddress() + " is no address of IPv" + version);
        }
        Path path = path(how.source() == null ? null : IpAddress.of(how.source()), remote);
        if (how.dontFragment()) {
            path = path.unfragmented();
        }
        int length = payload.remaining();
        if (length > path.largestDatagram()) {
            throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
        }
        Packet packet = Packet.allocate(Packet.HEADROOM, length);
        var list = new PacketList();
        list.add(packet);
        try {
            int at = packet.append(length);
            MemorySegment.copy(MemorySegment.ofBuffer(payload), 0, packet.memory(), at, length);
            if (protocol == IpProtocol.ICMPV6 && version == 6 && length >= 4) {
                packet.wantChecksum(0, 2);
            }
            if (version == 6 || how.dontFragment()) {
                large.note(remote, path.ipHeaderLength() + length);
            }
            path.send(list, how.trafficClass(), how.hopLimit());
        } finally {
            list.releaseAll();
        }
        payload.position(payload.limit());
    }

    private Path path(IpAddress source, IpAddress remote) throws IOException {
        Path known = last;
        if (known != null && known.remote().equals(remote) && (source == null || source.equals(known.local()))
                && known.isCurrent()) {
            return known;
        }
        Path path = context.path(source, remote);
        if (source == null) {
            last = path;
        }
        return path;
    }

    @Override
    public void sendWithHeader(ByteBuffer bytes) throws IOException {
        queue.checkOpen();
        int length = bytes.remaining();
        Packet packet = Packet.allocate(Packet.HEADROOM, Math.min(length, 0xffff));
        var list = new PacketList();
        list.add(packet);
        try {
            if (length > 0xffff) {
                throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
            }
            int at = packet.append(length);
            MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, packet.memory(), at, length);
            IpAddress remote = completeHeader(packet.memory(), at, length);
            Route route = context.route(remote);
            if (route == null) {
                throw SocketErrors.of(ErrorCode.NETWORK_UNREACHABLE);
            }
            if (length > route.nic().mtu()) {
                throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG);
            }
            packet.markNetworkHeader();
            if (version == 6 || Ipv4Header.dontFragment(packet.memory(), at)) {
                large.note(remote, length);
            }
            route.nic().toward(route.nextHop(remote)).transmit(list);
        } finally {
            list.releaseAll();
        }
        bytes.position(bytes.limit());
    }

    /// Sets what the stack sets, and returns the destination.
    private IpAddress completeHeader(MemorySegment m, int at, int length) {
        if (version == 4 && length >= Ipv4Header.MIN_LENGTH) {
            int header = Ipv4Header.headerLength(m, at);
            if (header <= length && header >= Ipv4Header.MIN_LENGTH) {
                BigEndian.put16(m, at + 2, length);
                BigEndian.put16(m, at + 10, 0);
                BigEndian.put16(m, at + 10, Checksum.finish(Checksum.sum(m, at, header)));
                if (Ipv4Header.check(m, at, length) == WireError.NONE) {
                    return IpAddress.v4(Ipv4Header.destination(m, at));
                }
            }
        } else if (version == 6 && length >= Ipv6Header.LENGTH) {
            BigEndian.put16(m, at + 4, length - Ipv6Header.LENGTH);
            if (Ipv6Header.check(m, at, length) == WireError.NONE) {
                return new IpAddress(Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at));
            }
        }
        throw new IllegalArgumentException("the packet begins with no header of IPv" + version);
    }

    // ---- what it receives, and how

    @Override
    public void setIcmpTypes(int... types) {
        if (protocol != (version == 4 ? IpProtocol.ICMP : IpProtocol.ICMPV6)) {
            throw new IllegalStateException("a socket for protocol " + protocol + " receives no types of ICMP");
        }
        var set = new BitSet(256);
        for (int type : types) {
            if (type < 0 || type > 255) {
                throw new IllegalArgumentException("types of ICMP are 0 to 255, not " + type);
            }
            set.set(type);
        }
        icmpTypes = types.length == 0 ? null : set;
    }

    @Override
    public void setFilter(Predicate<? super Received> filter) {
        this.filter = filter;
    }

    @Override
    void leave() {
        owner.remove(this);
    }
}
