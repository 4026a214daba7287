package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.Path;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;

/// Segments that answer a segment without a connection: resets for what nobody waits for (RFC 9293 §3.5.2, §3.10.7.1)
/// and the acknowledgements of TIME-WAIT and of half-open connections. Strangers can provoke them, so they are limited.
final class StatelessReplies {
    /// Acknowledgements in a second that one group of strangers can have, and at once.
    private static final int ACKS_PER_SECOND = 1000;
    private static final int ACK_BURST = 100;

    private final TcpProtocol protocol;
    private final Counters.Counter resetsSent;
    private final StrangerLimits acks;
    private final StrangerLimits resets;

    /// @param resetsPerSecond to one group of sources, see [StrangerLimits]
    StatelessReplies(TcpProtocol protocol, SipHash hash, long resetsPerSecond) {
        this.protocol = protocol;
        resetsSent = protocol.counters.counter("resets-sent");
        acks = new StrangerLimits(hash, ACKS_PER_SECOND, ACK_BURST, protocol.ctx.clock());
        resets = new StrangerLimits(hash, resetsPerSecond, Math.max(1, resetsPerSecond), protocol.ctx.clock());
    }

    /// Answers a segment that belongs to no connection with RST, unless it is a RST itself, came to a broadcast address or
    /// from one who has had his share, and drops it.
    void reset(Packet packet, DropReason reason) {
        Segment segment = protocol.segment();
        segment.parse(packet);
        if (segment.has(TcpHeader.RST) || packet.isBroadcast() || isBadPeer(packet)) {
            protocol.ctx.drop(packet, reason);
            return;
        }
        if (!resets.tryTake(packet.sourceHi(), packet.sourceLo())) {
            protocol.ctx.drop(packet, DropReason.RATE_LIMITED);
            return;
        }
        if (segment.has(TcpHeader.ACK)) {
            send(packet, segment.ack, 0, TcpHeader.RST, 0, false, 0, 0);
        } else {
            send(packet, 0, segment.seq + segment.sequenceLength(), TcpHeader.RST | TcpHeader.ACK, 0, false, 0, 0);
        }
        resetsSent.add(1);
        protocol.ctx.drop(packet, reason);
    }

    /// Whether there is a token left for an acknowledgement to the stranger who sent this.
    boolean mayAcknowledge(Packet packet) {
        return acks.tryTake(packet.sourceHi(), packet.sourceLo());
    }

    /// Answers with a pure acknowledgement.
    void acknowledge(Packet packet, int seq, int ack, int window, boolean timestamps, int tsVal, int tsEcr) {
        send(packet, seq, ack, TcpHeader.ACK, window, timestamps, tsVal, tsEcr);
    }

    private void send(Packet to, int seq, int ack, int flags, int window, boolean timestamps, int tsVal, int tsEcr) {
        Path path;
        try {
            path = protocol.ctx.path(new IpAddress(to.destinationHi(), to.destinationLo()),
                    new IpAddress(to.sourceHi(), to.sourceLo()));
        } catch (IOException e) {
            // Nobody to tell: the peer that cannot be reached sees what it would see of a lost answer.
            protocol.ctx.countDrop(DropReason.NO_ROUTE);
            return;
        }
        int headerLength = TcpHeader.MIN_LENGTH + (timestamps ? TcpOptionWriter.TIMESTAMPS_LENGTH : 0);
        // Before the packet: whatever throws, nothing is lost.
        var list = new PacketList();
        Packet reply = Packet.allocate(Packet.HEADROOM, TcpHeader.MAX_LENGTH);
        int at = reply.append(headerLength);
        TcpHeader.write(reply.memory(), at, TcpHeader.destinationPort(to.memory(), to.start()),
                TcpHeader.sourcePort(to.memory(), to.start()), seq, ack, headerLength, flags,
                Math.min(window, 0xffff), 0);
        if (timestamps) {
            TcpOptionWriter.timestamps(reply.memory(), at + TcpHeader.MIN_LENGTH, tsVal, tsEcr);
        }
        reply.wantChecksum(0, TcpHeader.CHECKSUM_OFFSET);
        list.add(reply);
        send(path, list, 0, 0);
    }

    /// Sends what belongs to no connection; what a path that throws has left is given back.
    static void send(Path path, PacketList list, int trafficClass, int hopLimit) {
        try {
            path.send(list, trafficClass, hopLimit);
        } catch (Throwable t) {
            list.releaseAll();
            throw t;
        }
    }

    /// RFC 9293 §3.9.2.3 (MUST-63): nothing is sent to what cannot be one host's address.
    private boolean isBadPeer(Packet packet) {
        var source = new IpAddress(packet.sourceHi(), packet.sourceLo());
        return source.isUnspecified() || source.isMulticast() || protocol.ctx.isBroadcast(source);
    }
}
