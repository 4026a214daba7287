package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.LargePackets;
import dev.millrace.spi.Path;
import dev.millrace.spi.TokenBucket;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Turns an echo request into its reply and sends it. The packet itself goes back, so that a reply costs no copy.
final class EchoReply {
    private static final int BELOW = 14 + 4;

    private final IpCounters counters;
    private final TokenBucket limit;
    private final ReplyPaths paths;
    /// Of whom a stranger can say nothing who was not answered.
    private final LargePackets large = new LargePackets(64);
    private final int requestType;
    private final int replyType;

    EchoReply(IpCounters counters, TokenBucket limit, ReplyPaths paths, int requestType, int replyType) {
        this.counters = counters;
        this.limit = limit;
        this.paths = paths;
        this.requestType = requestType;
        this.replyType = replyType;
    }

    /// Answers a request that starts at its ICMP header, which is linear and whose checksum is right. Returns `null`, or
    /// why it was not answered, the packet then being still the caller's.
    DropReason send(Packet request) {
        if (!limit.tryTake()) {
            return DropReason.RATE_LIMITED;
        }
        Path path = paths.back(request);
        if (path == null) {
            return DropReason.NO_ROUTE;
        }
        if (request.length() > path.largestDatagram()) {
            return DropReason.TOO_BIG;
        }
        // DSCP is mirrored, ECN is not: ICMP is not ECN-capable (RFC 3168 §5.2).
        int trafficClass = request.trafficClass() & 0xfc;
        // Before the copy: whatever throws, nothing is lost.
        var list = new PacketList();
        Packet reply = request;
        if (request.headroom() < path.ipHeaderLength() + BELOW) {
            reply = request.copy();
            request.release();
        }
        turn(reply, path);
        list.add(reply);
        counters.echoReplies.add(1);
        large.note(path.remote(), path.ipHeaderLength() + reply.length());
        try {
            path.send(list, trafficClass, 0);
        } finally {
            // What a path that threw has left.
            list.releaseAll();
        }
        return null;
    }

    /// Takes to heart that a router says that a reply was too big.
    ///
    /// @param type of the message that it quotes
    void packetTooBig(int type, IpAddress local, IpAddress remote, int mtu) {
        if (type == replyType && large.mayConcern(remote)) {
            Path path = paths.between(local, remote);
            if (path != null) {
                path.packetTooBig(mtu);
            }
        }
    }

    private void turn(Packet p, Path path) {
        p.closeCapture(null);
        p.setIngress(null);
        p.setSegmentSize(0);
        p.setBroadcast(false);
        int at = p.start();
        BigEndian.put8(p.memory(), at, replyType);
        if (p.checksumming() == Packet.Checksumming.ON_WIRE && isUnicastTurn(p, path)) {
            // RFC 1624: only the type changed, and the pseudo header's addresses only changed places.
            int sum = Checksum.update(BigEndian.u16(p.memory(), at + 2), requestType << 8, replyType << 8);
            // A reply may be all zeros, and its checksum is 0xffff then; where the update gives 0, 0xffff is right too.
            BigEndian.put16(p.memory(), at + 2, sum == 0 ? 0xffff : sum);
        } else {
            p.setChecksumming(Packet.Checksumming.ON_WIRE);
            BigEndian.put16(p.memory(), at + 2, 0);
            BigEndian.put16(p.memory(), at + 2, Checksum.finish(pseudoHeader(p, path) + Checksum.sum(p, at)));
        }
    }

    private static boolean isUnicastTurn(Packet p, Path path) {
        return p.destinationHi() == path.local().hi() && p.destinationLo() == path.local().lo();
    }

    private static long pseudoHeader(Packet p, Path path) {
        return path.local().isV4() ? 0 : Checksum.pseudoHeader(path.local().hi(), path.local().lo(),
                path.remote().hi(), path.remote().lo(), IpProtocol.ICMPV6, p.length());
    }
}
