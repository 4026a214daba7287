package dev.millrace.tcp.engine;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.TcpInfo;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// One TCP connection (RFC 9293): the transmission control block, which owns the parts and holds nothing clever itself.
///
/// Inputs ([#onSegment], [#onTimer], [#onIcmpError], [#write], [#read], [#close], [#abort] and the like) never block and
/// never throw for what a peer did. Outputs ([#pollSegment], [#pollEvents], [#nextDeadlineNs]) are asked after every
/// input until they say no more. Equal inputs give equal outputs. One thread at a time; no clock, no lock, no logger, no
/// chance of its own. Times are nanoseconds on the caller's clock.
public final class TcpConnection {
    /// The connection stands.
    public static final int EVENT_CONNECTED = 1;
    /// There is data, or the end of the stream, to read.
    public static final int EVENT_READABLE = 2;
    /// There is room to write again.
    public static final int EVENT_WRITABLE = 4;
    /// The connection failed; [#error()] tells why.
    public static final int EVENT_FAILED = 8;
    /// Both directions are closed, and 2 MSL run.
    public static final int EVENT_TIME_WAIT = 16;
    /// The connection is gone.
    public static final int EVENT_CLOSED = 32;
    /// Three timeouts in a row (R1): the route or the neighbour may be stale (RFC 9293 §3.8.3).
    public static final int EVENT_PATH_SUSPECT = 64;
    /// New data was acknowledged: what is sent arrives.
    public static final int EVENT_PROGRESS = 128;
    /// The peer has urgent data, or more of it than it had (RFC 9293 MUST-32).
    public static final int EVENT_URGENT = 256;
    /// The retransmission timer has run out.
    public static final int EVENT_TIMEOUT = 512;
    /// Probing for the path MTU has news: [#takeMtuNews].
    public static final int EVENT_MTU = 1024;
    /// There is news of Fast Open to this destination: [FastOpen#takeNews].
    public static final int EVENT_FAST_OPEN = 2048;

    final TcpSettings settings;
    ConnectionOptions options;
    final CongestionControlFactory.Chosen congestionControls;
    final MemoryBudget memory;
    final int localPort;
    final int remotePort;
    private final int timestampOffset;
    final boolean v4;

    TcpState state = TcpState.CLOSED;
    ErrorCode error;
    ErrorCode softError;
    int events;

    final SendSequence snd;
    final ReceiveSequence rcv = new ReceiveSequence();
    final SendBuffer sendBuffer;
    final ReceiveBuffer receiveBuffer;
    final RetransmissionQueue queue = new RetransmissionQueue();
    final ConnectionTimers timers = new ConnectionTimers();
    final RttEstimator rtt;
    final LossRecovery recovery;
    final AckPolicy acks = new AckPolicy();
    CongestionControl cc;
    // Made when they are first needed: most connections never lose anything.
    PersistTimer persist;
    KeepAlive keepAlive;
    Reassembler reassembler;
    SackBlocks sackBlocks;
    TailLossProbe probe;
    BufferTuner tuner;
    Pacer pacer;
    /// In Linux's profile.
    final BurstEnds burstEnds;
    /// If both sides understand ECN.
    CongestionMarks marks;
    /// Made when probing begins ([MtuProbing]).
    MtuProbe mtuProbe;
    BlackHole blackHole;
    UserTimeout userTimeout;
    Urgent urgent;
    /// If Fast Open is or was asked for.
    FastOpen fastOpen;

    int ipMss;
    int maxSuperSegment;
    // An int would make each connection eight bytes larger.
    char advertisedMss;
    int peerMss;
    /// Our Rcv.Wind.Shift if the peer agrees, and its Snd.Wind.Shift.
    final byte ownShift;
    byte sendShift;
    /// Rcv.Wind.Shift; 0 unless both sides agreed.
    byte receiveShift;
    boolean timestampsOn;
    boolean sackOn;
    boolean scalingOn;
    boolean ecnRequested;
    boolean active;
    boolean synDue;
    boolean synLost;
    /// Nobody remembers when the SYN,ACK was sent.
    boolean synUntimed;
    /// Nobody else has the options.
    private boolean ownsOptions;
    boolean rstDue;
    boolean rstWithAck;
    long rstSeq;
    long rstAck;
    /// The program has closed the connection, or its reading side.
    boolean closed;
    boolean inputShut;
    boolean corkExpired;
    /// The program has said that more comes soon.
    boolean moreToCome;
    boolean writeStarved;
    /// The program wanted to write more than there was room for.
    boolean writeRefused;
    /// Timeouts of the oldest data.
    int retries;
    /// The payload with which the oldest data went again last.
    int firstResent;

    /// When a segment last came.
    long lastReceivedNs;
    long bytesSent;
    long bytesReceived;
    int retransmittedSegments;
    long retransmittedBytes;
    int timeouts;
    long segmentsSent;
    long segmentsReceived;
    /// What the peer has reported to have got twice (D-SACK), and reports that it has taken back.
    int duplicateReports;
    int renegings;
    /// Reductions of the congestion window that were taken back.
    int spuriousRecoveries;
    // See SendLimits.
    byte sendLimit;
    int sendLimitSince;
    int busyTime;
    int windowLimitedTime;
    int bufferLimitedTime;

    /// A connection in CLOSED; [#openActive] or [#openPassive] begins it.
    ///
    /// @param iss the initial send sequence number (RFC 6528)
    /// @param timestampOffset added to the clock in milliseconds for TSval (RFC 7323 §5.4)
    /// @param ipMss the largest TCP payload, options not counted, that one packet on the path carries
    /// @param v4 whether the path is IPv4
    /// @param maxSuperSegment the most payload that one packet may hold to be cut on its way, or 0
    public TcpConnection(TcpSettings settings, ConnectionOptions options, int localPort, int remotePort, int iss,
            int timestampOffset, int ipMss, boolean v4, int maxSuperSegment, CongestionControlFactory.Chosen cc,
            MemoryBudget memory, long nowNs) {
        this.settings = settings;
        this.options = options;
        this.localPort = localPort;
        this.remotePort = remotePort;
        this.timestampOffset = timestampOffset;
        this.ipMss = ipMss;
        this.v4 = v4;
        this.maxSuperSegment = maxSuperSegment;
        congestionControls = cc;
        this.memory = memory;
        snd = new SendSequence(iss);
        recovery = new LossRecovery(snd.iss);
        sendBuffer = new SendBuffer(memory, snd.iss + 1);
        receiveBuffer = new ReceiveBuffer(memory);
        rtt = new RttEstimator(settings);
        burstEnds = settings.profile == Profile.LINUX ? new BurstEnds(snd.iss) : null;
        ownShift = (byte) (settings.windowScaling ? WindowAdvertiser.shiftFor(options.receiveBufferMax) : 0);
        advertisedMss = (char) Math.min(0xffff, options.maxSegment > 0 ? Math.min(options.maxSegment, ipMss) : ipMss);
        KeepAlive.onSegment(this, nowNs);
        UserTimeout.onOptions(this);
    }

    // ---- opening

    /// Active OPEN (RFC 9293 §3.10.1).
    public void openActive(long nowNs) {
        assert state == TcpState.CLOSED;
        active = true;
        become(TcpState.SYN_SENT);
        startOpening(nowNs);
    }

    /// A SYN met a listener (RFC 9293 §3.10.7.2).
    public void openPassive(Segment syn, long nowNs) {
        assert state == TcpState.CLOSED && syn.has(TcpHeader.SYN);
        Handshake.takeSyn(this, SynFacts.of(syn), nowNs);
        become(TcpState.SYN_RECEIVED);
        startOpening(nowNs);
    }

    /// Goes on where a record of a half-open connection has come to: the peer's SYN was answered, and what completes the
    /// handshake is the next [#onSegment].
    ///
    /// @param sentNs when the SYN,ACK went out, or [ConnectionTimers#NEVER] if nobody remembers: the first data will tell
    ///     the round-trip time then
    /// @param lost whether it had to be sent again (RFC 6298 §5.7, RFC 6928 §2)
    /// @param nowNs the present time
    public void resumePassive(SynFacts syn, long sentNs, boolean lost, long nowNs) {
        assert state == TcpState.CLOSED;
        Handshake.takeSyn(this, syn, nowNs);
        become(TcpState.SYN_RECEIVED);
        snd.nxt = snd.iss + 1;
        snd.sml = snd.nxt;
        synUntimed = sentNs == ConnectionTimers.NEVER;
        snd.lastSentNs = synUntimed ? nowNs : sentNs;
        synLost = lost;
    }

    private void startOpening(long nowNs) {
        synDue = true;
        long limit = options.userTimeoutNs > 0 ? options.userTimeoutNs : settings.synTimeoutNs;
        timers.set(ConnectionTimers.USER, nowNs + limit);
    }

    // ---- segments

    /// Takes a segment for this connection; payload that is kept is retained or copied, the packet stays the caller's.
    ///
    /// @return why the segment was of no use, or `null`
    public DropReason onSegment(Segment seg, long nowNs) {
        segmentsReceived++;
        KeepAlive.onSegment(this, nowNs);
        DropReason reason = seg.arrival.arrive(this, seg, nowNs);
        assert Invariants.hold(this);
        return reason;
    }

    /// The segments that came together have all been taken.
    public void onBatchEnd(long nowNs) {
        if (cc != null && state != TcpState.CLOSED) {
            cc.onAcksProcessed(nowNs);
        }
    }

    // ---- time and ICMP

    /// Runs what is due.
    public void onTimer(long nowNs) {
        Timeouts.run(this, nowNs);
        assert Invariants.hold(this);
    }

    /// ICMP complains about a segment with this sequence number.
    ///
    /// @return the MTU in bytes, IP header included, that the path is to be told because one of our packets was really too
    ///     big for it, 0 if the router did not say it; or -1. After telling it, renew the path and call [#setPath].
    public int onIcmpError(IcmpError icmp, int quotedSeq, long nowNs) {
        int mtu = PathMtu.onIcmpError(this, icmp, StreamOffset.of(quotedSeq, snd.una), nowNs);
        assert Invariants.hold(this);
        return mtu;
    }

    /// The path has changed: its largest payload as for the constructor. The MSS follows it down and up.
    public void setPath(int newIpMss, int newMaxSuperSegment, long nowNs) {
        PathMtu.onPath(this, newIpMss, newMaxSuperSegment, nowNs);
        assert Invariants.hold(this);
    }

    /// What probing has done since the last call.
    public MtuNews takeMtuNews() {
        return mtuProbe == null ? MtuNews.NONE : mtuProbe.takeNews(this);
    }

    void startUserTimer(long nowNs) {
        // A peer's advice is on data that was sent; a window that is closed is another matter (MUST-37).
        long limit = snd.flight() > 0 ? UserTimeout.of(this) : options.userTimeoutNs;
        if (limit > 0) {
            timers.set(ConnectionTimers.USER, nowNs + limit);
        }
    }

    /// What holds at present, to be read only.
    public ConnectionOptions options() {
        return options;
    }

    /// The same to be changed, without any other connection's.
    public ConnectionOptions ownOptions() {
        if (!ownsOptions) {
            options = new ConnectionOptions(options);
            ownsOptions = true;
        }
        return options;
    }

    /// Something in [#ownOptions] was changed.
    public void optionsChanged(long nowNs) {
        OptionChanges.apply(this, nowNs);
    }

    // ---- user calls: see UserCalls

    /// Says before a [#write] whether more comes soon, so that a partial segment waits for it as if corked.
    public void moreToCome(boolean more) {
        OptionChanges.moreToCome(this, more);
    }

    /// Copies up to `length` bytes to be sent. Returns how many were taken; 0 if there is no room or the state forbids it.
    public int write(MemorySegment src, long offset, int length, long nowNs) {
        return UserCalls.write(this, src, offset, length);
    }

    /// As [#write], as urgent data.
    public int writeUrgent(MemorySegment src, long offset, int length, long nowNs) {
        int taken = UserCalls.write(this, src, offset, length);
        if (taken > 0) {
            urgent().written(this);
        }
        return taken;
    }

    /// Moves up to `max` bytes to `out`: how many, 0 if there is nothing yet, -1 at the end of the stream.
    public int read(ReceivedBytes out, int max, long nowNs) {
        return UserCalls.read(this, out, max);
    }

    /// FIN after what was written; reading goes on (RFC 9293 §3.6, half-close).
    public void shutdownOutput(long nowNs) {
        UserCalls.shutdownOutput(this);
        assert Invariants.hold(this);
    }

    /// What arrives from now on is acknowledged and thrown away.
    public void shutdownInput(long nowNs) {
        UserCalls.shutdownInput(this);
        assert Invariants.hold(this);
    }

    /// CLOSE (RFC 9293 §3.10.4): FIN after what was written, or RST if data was left unread (SHLD-3).
    public void close(long nowNs) {
        UserCalls.close(this, nowNs);
        if (state == TcpState.FIN_WAIT_2) {
            Ends.startFinWait2(this, nowNs);
        }
        assert Invariants.hold(this);
    }

    /// ABORT (RFC 9293 §3.10.5): RST, and everything is thrown away.
    public void abort(long nowNs) {
        UserCalls.abort(this);
        receiveBuffer.clear();
        assert Invariants.hold(this);
    }

    // ---- ends

    void become(TcpState next) {
        assert state.mayBecome(next) : state + " to " + next;
        state = next;
    }

    void sendReset(long seq, long ack, boolean withAck) {
        Ends.sendReset(this, seq, ack, withAck);
    }

    /// The connection fails; what was received in order can still be read.
    void fail(ErrorCode why, boolean reset, long nowNs) {
        Ends.fail(this, why, reset);
    }

    /// The connection is gone: no timer runs, nothing is kept but what the program may still read.
    void toClosed() {
        Ends.toClosed(this);
    }

    /// Gives all buffers back. May be called again.
    public void release() {
        if (state != TcpState.CLOSED) {
            toClosed();
        }
        sendBuffer.clear();
        receiveBuffer.clear();
    }

    // ---- outputs

    /// The next segment that carries data, or `null`: what may go out at once after each segment of a batch, while
    /// acknowledgements wait for its end. See [#pollSegment].
    public Packet pollData(long nowNs) {
        Packet p = SegmentSender.pollData(this, nowNs);
        assert Invariants.holdWith(this, p);
        return p;
    }

    /// A reset for a connection whose engine has failed, or `null` if the peer expects none.
    public Packet farewell(long nowNs) {
        return Ends.farewell(this, nowNs);
    }

    /// The next segment to send, which starts at its TCP header, or `null` if there is none now. The caller owns it.
    public Packet pollSegment(long nowNs) {
        Packet p = SegmentSender.poll(this, nowNs);
        if (p == null) {
            SendLimits.note(this, nowNs);
        }
        assert p != null || !Invariants.waits(this) || Invariants.isTimed(this) : state + " waits without a timer: " + info(nowNs);
        assert Invariants.holdWith(this, p);
        return p;
    }

    /// The events since the last call, as a set of the EVENT bits.
    public int pollEvents() {
        int e = events;
        events = 0;
        return e;
    }

    /// When [#onTimer] is to be called, or [Long#MAX_VALUE].
    public long nextDeadlineNs() {
        return timers.next();
    }

    public TcpState state() {
        return fastOpen == null ? state : fastOpen.shown(state);
    }

    /// Why the connection failed, or `null`.
    public ErrorCode error() {
        return error;
    }

    /// What ICMP last said that did not end the connection, or `null`.
    public ErrorCode softError() {
        return softError;
    }

    /// The bytes that can be read.
    public int available() {
        return urgent == null ? receiveBuffer.length() : urgent.available(this);
    }

    /// How far the end of the peer's urgent data lies ahead of the next byte to be read; not positive if nothing is urgent.
    public long urgentDistance() {
        return urgent == null ? Long.MIN_VALUE : urgent.distance(this);
    }

    /// The free bytes of the send buffer if a program should write now, else 0, so that writers wake seldom.
    public int writableBytes() {
        return WriteRoom.worthwhile(this);
    }

    /// Whether everything up to the peer's FIN was read.
    public boolean isEof() {
        boolean nothing = receiveBuffer.length() == 0 || receiveBuffer.length() == 1 && urgent != null && urgent.isNextOutOfLine(this);
        return nothing && (rcv.finReceived || inputShut);
    }

    /// Whether the peer has said that it sends no more.
    public boolean peerHasEnded() {
        return rcv.finReceived;
    }

    /// Whether FIN was queued or the connection is gone.
    public boolean outputShut() {
        return snd.finQueued || state == TcpState.CLOSED;
    }

    public int sndNxt() {
        return StreamOffset.number(snd.nxt);
    }

    public int rcvNxt() {
        return StreamOffset.number(rcv.nxt);
    }

    public int timestampRecent() {
        return rcv.tsRecent;
    }

    /// TSval at this time: milliseconds, and the connection's offset.
    public int timestampNow(long nowNs) {
        return (int) (nowNs / 1_000_000) + timestampOffset;
    }

    public boolean timestampsOn() {
        return timestampsOn;
    }

    /// The bytes written that the peer has not acknowledged.
    public long unsentOrUnacked() {
        return sendBuffer.length();
    }

    boolean hasUnsent() {
        return sendBuffer.end() > snd.nxt;
    }

    Reassembler reassembler() {
        if (reassembler == null) {
            reassembler = new Reassembler(memory, settings.outOfOrderRanges, options.receiveBuffer);
        }
        return reassembler;
    }

    TailLossProbe probe() {
        if (probe == null) {
            probe = new TailLossProbe();
        }
        return probe;
    }

    Urgent urgent() {
        if (urgent == null) {
            urgent = new Urgent();
        }
        return urgent;
    }

    SackBlocks sackBlocks() {
        if (sackBlocks == null) {
            sackBlocks = new SackBlocks();
        }
        return sackBlocks;
    }

    /// How many segments were sent again.
    public long retransmittedSegments() {
        return retransmittedSegments;
    }

    /// What loss recovery is doing, as [TcpInfo.Recovery#phase()] in the order there.
    public int recoveryPhase() {
        return recovery.phase().ordinal();
    }

    /// A snapshot at this time.
    public TcpInfo info(long nowNs) {
        return Snapshot.of(this, nowNs);
    }
}
