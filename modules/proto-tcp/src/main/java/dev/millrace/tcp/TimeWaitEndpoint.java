package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.spi.EndpointTable;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Seq;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;

/// A connection in TIME-WAIT (RFC 9293 §3.6.1): no more than what it takes to answer old segments and to tell a new
/// connection from an old one.
final class TimeWaitEndpoint implements TcpEndpoint {
    final TcpProtocol protocol;
    final EndpointTable.Entry<TcpEndpoint> entry;
    final IpAddress local;
    final IpAddress remote;
    final int remotePort;
    private final int sndNxt;
    private final int rcvNxt;
    private final int receiveWindow;
    private final boolean timestamps;
    private final int timestampRecent;
    /// What our timestamp clock said when TIME-WAIT began.
    private final int timestampAtEntry;
    final long enteredNs;

    // Guarded by the table of records that it is in: its place there.
    long expiresNs;
    boolean waiting;
    TimeWaitEndpoint before;
    TimeWaitEndpoint after;

    TimeWaitEndpoint(TcpProtocol protocol, EndpointTable.Entry<TcpEndpoint> entry, IpAddress local, IpAddress remote,
            int remotePort, TcpConnection engine, int receiveWindow, long nowNs) {
        this.protocol = protocol;
        this.entry = entry;
        this.local = local;
        this.remote = remote;
        this.remotePort = remotePort;
        this.sndNxt = engine.sndNxt();
        this.rcvNxt = engine.rcvNxt();
        this.receiveWindow = receiveWindow;
        this.timestamps = engine.timestampsOn();
        this.timestampRecent = engine.timestampRecent();
        this.timestampAtEntry = engine.timestampNow(nowNs);
        this.enteredNs = nowNs;
    }

    /// Whether a connection attempt of our own may take these addresses and ports over: with timestamps, old duplicates
    /// are told from new segments by PAWS once the timestamp clock has ticked (RFC 6191 §2).
    boolean mayGiveWay(long nowNs, long minimumAgeNs) {
        return timestamps && nowNs - enteredNs >= minimumAgeNs;
    }

    /// The sequence number that a new connection of this pair must start behind (RFC 9293 §3.6.1, MAY-2).
    int sndNxt() {
        return sndNxt;
    }

    @Override
    public void receive(Packet packet) {
        Segment segment = protocol.segment();
        segment.parse(packet);
        int flags = segment.flags;
        if ((flags & TcpHeader.RST) != 0) {
            // RFC 1337 §3, fix F1: a reset does not end TIME-WAIT.
            protocol.ctx.drop(packet, DropReason.INEXACT_RST);
            return;
        }
        if ((flags & (TcpHeader.SYN | TcpHeader.ACK)) == TcpHeader.SYN && startsAnew(segment)
                && protocol.reopen(this, packet)) {
            return;
        }
        boolean acceptable = Seq.inWindow(segment.seq, rcvNxt, receiveWindow);
        if ((flags & TcpHeader.FIN) != 0 && segment.seq + segment.len == rcvNxt - 1) {
            // The peer did not get our acknowledgement of its FIN (RFC 9293 §3.10.7.4, eighth step, TIME-WAIT).
            protocol.timeWaits.restart(this);
        }
        // Anything else is answered with an acknowledgement (first step: unacceptable segments, a keep-alive's RCV.NXT-1
        // among them), except a pure one that is in order: two sides in TIME-WAIT would answer each other for ever.
        boolean pureAck = segment.len == 0 && (flags & (TcpHeader.SYN | TcpHeader.FIN)) == 0;
        if (!pureAck || !acceptable) {
            if (protocol.replies.mayAcknowledge(packet)) {
                protocol.replies.acknowledge(packet, sndNxt, rcvNxt, receiveWindow, timestamps, timestampNow(),
                        timestampRecent);
            } else {
                protocol.ctx.countDrop(DropReason.RATE_LIMITED);
            }
        }
        protocol.ctx.drop(packet, pureAck ? DropReason.DUPLICATE : DropReason.OUT_OF_WINDOW);
    }

    /// Whether a SYN cannot be an old duplicate: a later timestamp (RFC 6191 §2), or without timestamps a later sequence
    /// number (RFC 9293 §3.10.7.4).
    private boolean startsAnew(Segment syn) {
        if (timestamps && syn.options.hasTimestamps()) {
            int newer = syn.options.timestampValue() - timestampRecent;
            return newer > 0 || newer == 0 && Seq.gt(syn.seq, rcvNxt);
        }
        return Seq.gt(syn.seq, rcvNxt);
    }

    private int timestampNow() {
        // The clock ticks once in a millisecond (RFC 7323 §5.4).
        return timestampAtEntry + (int) ((protocol.ctx.clock().nanoTime() - enteredNs) / 1_000_000);
    }

    @Override
    public void stackClosed() {
        entry.release();
    }
}
