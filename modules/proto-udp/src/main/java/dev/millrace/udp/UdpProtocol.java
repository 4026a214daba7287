package dev.millrace.udp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Udp;
import dev.millrace.UdpSocket;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.InternetProtocol.Rejection;
import dev.millrace.spi.LargePackets;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Consumer;

/// UDP in one stack: checks datagrams, finds their sockets, and is where programs begin ([Udp]).
final class UdpProtocol implements TransportProtocol, Udp {
    final TransportContext ctx;
    final EndpointTable<DatagramEndpoint> endpoints;
    final int receiveBuffer;
    final Counters.Counter sent;
    final GroupMembers groups = new GroupMembers(this);
    final GroupLoop loop = new GroupLoop(this);
    private final SharedPorts shared;
    private final Counters.Counter received;
    /// Made beforehand: a stack is closed once, memory or not.
    private final Consumer<DatagramEndpoint> ending = this::end;
    private volatile boolean closed;

    UdpProtocol(TransportContext ctx, int receiveBuffer) {
        this.ctx = ctx;
        this.receiveBuffer = receiveBuffer;
        this.endpoints = ctx.newEndpointTable();
        this.shared = new SharedPorts(endpoints);
        Counters counters = ctx.counters("udp");
        this.sent = counters.counter("datagrams-sent");
        this.received = counters.counter("datagrams-received");
    }

    @Override
    public void receive(Packet packet) {
        if (packet.headLength() < UdpHeader.LENGTH) {
            packet.makeLinear(Math.min(packet.length(), UdpHeader.LENGTH));
        }
        var m = packet.memory();
        int at = packet.start();
        if (packet.headLength() < UdpHeader.LENGTH
                || UdpHeader.check(m, at, packet.length()) != WireError.NONE
                || UdpHeader.destinationPort(m, at) == 0) {
            ctx.drop(packet, DropReason.BAD_TRANSPORT_HEADER);
            return;
        }
        // What lies behind the UDP length is not ours (RFC 768 says nothing; RFC 9868 puts options there).
        packet.trim(UdpHeader.length(m, at));
        if (packet.checksumming() == Packet.Checksumming.ON_WIRE && !checksumIsRight(packet)) {
            ctx.drop(packet, DropReason.BAD_CHECKSUM);
            return;
        }
        int localPort = UdpHeader.destinationPort(m, at);
        if (packet.isBroadcast() && packet.ingress() instanceof NicPort nic) {
            DatagramEndpoint[] members = groups.of(nic, packet.destinationHi(), packet.destinationLo());
            if (members.length > 0) {
                deliver(packet, members);
                return;
            }
        }
        DatagramEndpoint endpoint = endpoints.findConnected(packet.destinationHi(), packet.destinationLo(), localPort,
                packet.sourceHi(), packet.sourceLo(), UdpHeader.sourcePort(m, at));
        if (endpoint == null) {
            endpoint = endpoints.findBound(packet.destinationHi(), packet.destinationLo(), localPort);
        }
        if (endpoint == null || !endpoint.wants(packet, UdpHeader.sourcePort(m, at))) {
            // RFC 1122 §4.1.3.1; whether an error may go out at all is decided there.
            ctx.reject(packet, Rejection.PORT_UNREACHABLE);
            ctx.drop(packet, DropReason.NO_SOCKET);
            return;
        }
        received.add(1);
        endpoint.receive(packet);
    }

    /// Gives a datagram to all members of its group that want it, each a copy, and ends it.
    void deliver(Packet packet, DatagramEndpoint[] members) {
        int localPort = UdpHeader.destinationPort(packet.memory(), packet.start());
        int sourcePort = UdpHeader.sourcePort(packet.memory(), packet.start());
        DatagramEndpoint last = null;
        for (DatagramEndpoint e : members) {
            if (e.isBoundFor(packet, localPort) && e.wants(packet, sourcePort)) {
                if (last != null) {
                    received.add(1);
                    last.receive(packet.copy());
                }
                last = e;
            }
        }
        if (last == null) {
            ctx.drop(packet, DropReason.NO_SOCKET);
        } else {
            received.add(1);
            last.receive(packet);
        }
    }

    private static boolean checksumIsRight(Packet p) {
        int checksum = UdpHeader.checksum(p.memory(), p.start());
        if (checksum == 0) {
            // No checksum: allowed for IPv4 (RFC 768), not for IPv6 (RFC 8200 §8.1).
            return IpAddress.isV4(p.destinationHi(), p.destinationLo());
        }
        return Checksum.isRight(Checksum.sum(p, p.start()) + Checksum.pseudoHeader(p.sourceHi(), p.sourceLo(),
                p.destinationHi(), p.destinationLo(), IpProtocol.UDP, p.length()));
    }

    @Override
    public void onError(IcmpError error) {
        byte[] q = error.quoted();
        if (q.length < UdpHeader.LENGTH) {
            return;
        }
        int localPort = field(q, 0);
        IpAddress local = error.local();
        IpAddress remote = error.remote();
        DatagramEndpoint connected =
                endpoints.findConnected(local.hi(), local.lo(), localPort, remote.hi(), remote.lo(), field(q, 2));
        if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG && !learn(error, connected, localPort, field(q, 4))) {
            return;
        }
        // RFC 1122 §4.1.3.3: told to connected sockets only; others could not say which of their datagrams it was.
        if (connected != null && (connected.softErrors || !mayPass(error.kind()))) {
            connected.onError(error.kind().code());
        }
    }

    /// RFC 1122 §4.2.3.9 calls these soft: the network may recover.
    private static boolean mayPass(IcmpError.Kind kind) {
        return switch (kind) {
            case NETWORK_UNREACHABLE, HOST_UNREACHABLE, TIME_EXCEEDED -> true;
            case PROTOCOL_UNREACHABLE, PORT_UNREACHABLE, PROHIBITED, PACKET_TOO_BIG, PARAMETER_PROBLEM -> false;
        };
    }

    private static int field(byte[] header, int at) {
        return (header[at] & 0xff) << 8 | header[at + 1] & 0xff;
    }

    /// Lets IP know of a path that takes smaller packets only, if one of our sockets may have sent the quoted datagram:
    /// the connected one, or one that is bound to the port and free to send to anybody, and only if it has sent something
    /// there that may have been too large ([LargePackets]). Returns whether the datagram is too long for what is known of the
    /// path now: a lost one, of which a connected socket is told as it is by kernels (EMSGSIZE). The others see it when they
    /// next send.
    private boolean learn(IcmpError error, DatagramEndpoint connected, int localPort, int length) {
        DatagramEndpoint sender = connected;
        if (sender == null) {
            sender = endpoints.findBound(error.local().hi(), error.local().lo(), localPort);
            if (sender == null || sender.peer() != null) {
                return false;
            }
        }
        if (!sender.largeSends.mayConcern(error.remote())) {
            return false;
        }
        try {
            path(error, sender).packetTooBig(error.mtu());
            Path now = path(error, sender);
            // Over IPv4 routers may say so only of datagrams with DF.
            return length > now.mtu() && (!error.remote().isV4() || now.largestDatagram() == now.mtu());
        } catch (IOException e) {
            // No way leads there any more, or the address is gone: nothing that could be too narrow.
            return false;
        }
    }

    /// The way that an erroneous datagram went, as far as it is known of now.
    private Path path(IcmpError error, DatagramEndpoint sender) throws IOException {
        Path path = ctx.path(error.local(), error.remote());
        return sender.dontFragment ? path.unfragmented() : path;
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Udp.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public UdpSocket bind(InetSocketAddress local) throws IOException {
        return bind(local, false);
    }

    @Override
    public UdpSocket bindShared(InetSocketAddress local) throws IOException {
        return bind(local, true);
    }

    private UdpSocket bind(InetSocketAddress local, boolean sharing) throws IOException {
        if (closed || ctx.isClosing()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
        if (local.isUnresolved()) {
            throw new UnknownHostException(local.getHostString());
        }
        IpAddress address = IpAddress.of(local.getAddress());
        if (address.isUnspecified()) {
            address = null;
        } else if (!ctx.canBind(address)) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        var endpoint = new DatagramEndpoint(this);
        // Made first: once the table has given a place, nothing must fail before somebody can close the socket.
        var socket = new DatagramSocketView(this, endpoint);
        endpoint.bound(sharing ? shared.bind(address, local.getPort(), endpoint)
                : endpoints.bind(address, local.getPort(), endpoint));
        if (closed) {
            endpoint.stackClosed();
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
        return socket;
    }

    @Override
    public int socketCount() {
        var distinct = new java.util.HashSet<DatagramEndpoint>();
        endpoints.forEach(distinct::add);
        distinct.addAll(shared.members());
        return distinct.size();
    }

    @Override
    public void close() {
        closed = true;
        endpoints.forEach(ending);
        shared.members().forEach(ending);
    }

    private void end(DatagramEndpoint endpoint) {
        try {
            endpoint.stackClosed();
        } catch (Throwable t) {
            // The others are closed nevertheless.
            ctx.failed("udp-close", t);
        }
    }
}
