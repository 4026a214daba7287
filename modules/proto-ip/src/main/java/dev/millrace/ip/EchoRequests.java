package dev.millrace.ip;

import dev.millrace.ErrorCode;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// The pings of a stack over one version of IP: each has an identifier of its own, by which replies and errors find it.
final class EchoRequests {
    /// How many pings there may be at once, so that an identifier is soon found.
    static final int MAX_RUNS = 1024;

    final NetworkContext context;
    private final InternetProtocol ip;
    private final int protocol;
    private final int requestType;
    private final ConcurrentHashMap<Integer, EchoRun> runs = new ConcurrentHashMap<>();
    private volatile boolean closed;

    EchoRequests(NetworkContext context, InternetProtocol ip, int protocol, int requestType) {
        this.context = context;
        this.ip = ip;
        this.protocol = protocol;
        this.requestType = requestType;
    }

    PingRun start(Ping ping, Consumer<? super PingEvent> listener) throws IOException {
        var run = new EchoRun(this, ping, listener, path(ping), context.random().nextInt(0x10000));
        enter(run);
        run.begin();
        return run;
    }

    private void enter(EchoRun run) throws IOException {
        if (runs.size() >= MAX_RUNS) {
            throw SocketErrors.of(ErrorCode.LIMIT_REACHED);
        }
        int id = run.firstChoice();
        run.identifier = id;
        while (runs.putIfAbsent(id, run) != null) {
            id = id + 1 & 0xffff;
            run.identifier = id;
        }
        if (closed) {
            runs.remove(id, run);
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
    }

    void leave(EchoRun run) {
        runs.remove(run.identifier, run);
    }

    /// The way that requests go now.
    Path path(Ping ping) throws IOException {
        IpAddress remote = IpAddress.of(ping.destination());
        Route route = context.route(remote);
        if (route == null) {
            throw SocketErrors.of(ErrorCode.NETWORK_UNREACHABLE);
        }
        IpAddress local = ping.source() == null ? context.sourceFor(route, remote) : IpAddress.of(ping.source());
        if (local == null || ping.source() != null && !isOurs(local)) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        if (local.isLoopback() && !route.staysInside()) {
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS);
        }
        Path path = ip.path(route, local, remote, protocol);
        return ping.dontFragment() ? path.unfragmented() : path;
    }

    private boolean isOurs(IpAddress address) {
        return address.isLoopback() || context.nics().stream().anyMatch(
                n -> context.classify(n, address.hi(), address.lo()) == NetworkContext.Destination.LOCAL);
    }

    /// What a ping's requests carry.
    static byte[] data(Ping ping) {
        byte[] pattern = ping.pattern();
        var data = new byte[ping.size()];
        for (int i = 0; i < data.length; i++) {
            data[i] = pattern.length == 0 ? (byte) i : pattern[i % pattern.length];
        }
        return data;
    }

    /// A request, from its ICMP header on.
    Packet request(byte[] data, Path path, int identifier, int sequence) {
        int length = IcmpHeader.LENGTH + data.length;
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        int at = p.append(length);
        IcmpHeader.writeEcho(p.memory(), at, requestType, identifier, sequence);
        MemorySegment.copy(data, 0, p.memory(), ValueLayout.JAVA_BYTE, at + IcmpHeader.LENGTH, data.length);
        IcmpHeader.setChecksum(p.memory(), at, protocol == IpProtocol.ICMP ? IcmpHeader.computeV4(p.memory(), at, length)
                : IcmpHeader.computeV6(p.memory(), at, length, path.local(), path.remote()));
        return p;
    }

    /// Whether the data of a reply, which starts at its ICMP header, is that of the request.
    static boolean isIntact(Packet reply, byte[] data) {
        byte[] bytes = reply.toBytes();
        return Arrays.equals(bytes, IcmpHeader.LENGTH, bytes.length, data, 0, data.length);
    }

    /// Takes a reply that starts at its ICMP header, which is linear and whose checksum is right. Returns whether somebody
    /// had asked; the packet stays the caller's.
    boolean onReply(Packet packet) {
        if (runs.isEmpty() || packet.isBroadcast()) {
            return false;
        }
        EchoRun run = runs.get(IcmpHeader.identifier(packet.memory(), packet.start()));
        return run != null && run.onReply(packet, IcmpHeader.sequence(packet.memory(), packet.start()));
    }

    /// Takes an error about an ICMP message that was sent.
    void onError(IcmpError error) {
        byte[] q = error.quoted();
        if (q.length < IcmpHeader.LENGTH || (q[0] & 0xff) != requestType) {
            return;
        }
        EchoRun run = runs.get((q[4] & 0xff) << 8 | q[5] & 0xff);
        if (run != null) {
            run.onError(error, (q[6] & 0xff) << 8 | q[7] & 0xff);
        }
    }

    void close() {
        closed = true;
        for (EchoRun run : runs.values()) {
            try {
                run.end(ErrorCode.STACK_CLOSED);
            } catch (Throwable t) {
                // The others are ended nevertheless.
                context.failed("ping-close", t);
            }
        }
    }
}
