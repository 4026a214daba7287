package dev.millrace.tcp;

import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Seq;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// A connection in SYN-RECEIVED that a stranger's SYN began: no more than what it takes to answer again and to know the
/// ACK that completes the handshake (RFC 4987 §3.3). The engine is made when that comes.
final class HalfOpen {
    /// Packets of one peer that may wait while the connection is being made.
    private static final int MAX_PARKED = 64;

    /// What a segment for a half-open connection calls for.
    enum Verdict {
        /// Nothing.
        IGNORE,
        /// The SYN,ACK again: our first was lost.
        ANSWER_AGAIN,
        /// An ACK that says what is expected (RFC 9293 §3.10.7.4 first; RFC 5961).
        CHALLENGE,
        /// RST with the number that it acknowledges.
        RESET,
        /// The peer has given up: back to LISTEN.
        FORGET,
        /// The handshake is complete.
        COMPLETE
    }

    final IpAddress local;
    final IpAddress remote;
    final int localPort;
    final int remotePort;
    final int iss;
    /// Whether [#iss] is a SYN cookie, so that nothing is lost when this record is.
    final boolean recoverable;
    /// The receive buffer that the SYN,ACK's window stands for, and what its scale stands for.
    final int receiveBuffer;
    final int receiveBufferMax;
    private final int hash;
    private SynFacts syn;
    /// When the SYN,ACK went out, or `Long.MAX_VALUE` if nobody remembers or it went out twice because the peer asked twice.
    private long sentNs;
    /// When the first ACK came that was to wait for data, or `Long.MAX_VALUE`.
    private long ackedNs = Long.MAX_VALUE;

    // Guarded by the SYN cache: the place in the list of records that wait for the same number of answers.
    HalfOpen before;
    HalfOpen after;
    int answers;
    long dueNs;
    /// Its handshake is complete, and it waits for data (DEFER_ACCEPT).
    boolean deferred;
    /// It has waited long enough: the next ACK makes the connection.
    boolean overdue;
    /// The next of those whose time has come, for the thread that runs the cache's timer.
    HalfOpen alsoDue;

    private enum Phase { WAITING, COMPLETING, GONE }

    // Guarded by this.
    private Phase phase = Phase.WAITING;
    private PacketList parked;

    /// @param hash of the addresses and ports, with a secret
    HalfOpen(IpAddress local, int localPort, IpAddress remote, int remotePort, int hash, SynFacts syn, int iss,
            boolean recoverable, int receiveBuffer, int receiveBufferMax, long sentNs) {
        this.local = local;
        this.remote = remote;
        this.localPort = localPort;
        this.remotePort = remotePort;
        this.hash = hash;
        this.syn = syn;
        this.iss = iss;
        this.recoverable = recoverable;
        this.receiveBuffer = receiveBuffer;
        this.receiveBufferMax = receiveBufferMax;
        this.sentNs = sentNs;
    }

    synchronized SynFacts syn() {
        return syn;
    }

    /// When the SYN,ACK must have gone out for an ACK that comes now to tell the round-trip time; `Long.MAX_VALUE` if nothing
    /// tells it.
    synchronized long sentNs(long nowNs) {
        return sentNs == Long.MAX_VALUE || ackedNs == Long.MAX_VALUE ? sentNs : sentNs + (nowNs - ackedNs);
    }

    /// An ACK has come that makes no connection yet.
    synchronized void acked(long nowNs) {
        if (ackedNs == Long.MAX_VALUE) {
            ackedNs = nowNs;
        }
    }

    // ---- what arrives (RFC 9293 §3.10.7.4 for SYN-RECEIVED)

    /// Judges a segment of this peer's.
    synchronized Verdict judge(Segment seg) {
        int window = Math.min(0xffff, receiveBuffer);
        boolean rst = seg.has(TcpHeader.RST);
        if (seg.has(TcpHeader.SYN) && !rst && seg.seq == syn.irs()) {
            return judgeRepeated(seg);
        }
        // RFC 7323 §5.3 R1: PAWS goes before the sequence number.
        if (syn.timestamps() && !rst && seg.options.hasTimestamps()
                && Seq.lt(seg.options.timestampValue(), syn.timestampValue())) {
            return Verdict.CHALLENGE;
        }
        int first = syn.irs() + 1;
        boolean acceptable = seg.sequenceLength() == 0
                ? Seq.inWindow(seg.seq, first, window)
                : Seq.gt(seg.seq + seg.sequenceLength(), first) && Seq.lt(seg.seq, first + window);
        if (!acceptable) {
            return rst ? Verdict.IGNORE : Verdict.CHALLENGE;
        }
        if (rst) {
            // RFC 5961 §3.2: only the exact number ends it.
            return seg.seq == first ? Verdict.FORGET : Verdict.CHALLENGE;
        }
        if (seg.has(TcpHeader.SYN)) {
            return Verdict.CHALLENGE;
        }
        if (!seg.has(TcpHeader.ACK)) {
            return Verdict.IGNORE;
        }
        return seg.ack == iss + 1 ? Verdict.COMPLETE : Verdict.RESET;
    }

    private Verdict judgeRepeated(Segment seg) {
        if (seg.has(TcpHeader.ACK) || seg.has(TcpHeader.FIN)) {
            return Verdict.IGNORE;
        }
        // Differs: strictly an old SYN gets an ACK. But it means that our SYN,ACK was lost, and its timestamp is the newer
        // one to echo.
        syn = SynFacts.of(seg);
        // Karn: the ACK will not tell which SYN,ACK it answers.
        sentNs = Long.MAX_VALUE;
        return Verdict.ANSWER_AGAIN;
    }

    // ---- completing: one thread makes the connection, what comes meanwhile waits for it

    /// Whether the calling thread is to make the connection. If another one is at it, the packet is kept for when that has
    /// finished; if it has, `false` and the packet is the caller's.
    synchronized Claim claim(Packet packet) {
        switch (phase) {
            case WAITING -> {
                phase = Phase.COMPLETING;
                return Claim.YOURS;
            }
            case COMPLETING -> {
                if (parked == null) {
                    parked = new PacketList();
                }
                if (parked.size() >= MAX_PARKED) {
                    return Claim.FULL;
                }
                parked.add(packet);
                return Claim.PARKED;
            }
            default -> {
                return Claim.GONE;
            }
        }
    }

    /// What became of a [#claim].
    enum Claim { YOURS, PARKED, FULL, GONE }

    /// The attempt is over: packets that came meanwhile, to be looked at again, or `null`.
    ///
    /// @param done whether there is a connection now, or never will be; else the record goes on waiting
    synchronized PacketList finish(boolean done) {
        phase = done ? Phase.GONE : Phase.WAITING;
        PacketList rest = parked;
        parked = null;
        return rest;
    }

    // ---- as a key

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HalfOpen o && remotePort == o.remotePort && localPort == o.localPort
                && remote.equals(o.remote) && local.equals(o.local);
    }
}
