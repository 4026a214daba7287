package dev.millrace.tcp.engine;

import dev.millrace.TcpInfo;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.buffer.Packet;

/// What a connection does otherwise because it is opened fast (RFC 7413): data in the SYN, and data before the handshake is
/// complete. An object exists only where that is so, or a cookie is asked for. One subclass is the client's side, one the
/// server's; what the engine's parts have to ask stands here.
public abstract sealed class FastOpen permits ActiveFastOpen, PassiveFastOpen {
    FastOpen() {
    }

    // ---- for the shell

    /// Active OPEN with a cookie, or with a request for one. With a cookie the SYN waits for the program's first data, 200 ms
    /// at most, and the program is told that the connection stands.
    ///
    /// @param c in CLOSED
    public static void request(TcpConnection c, FastOpenOffer offer, long nowNs) {
        var active = new ActiveFastOpen(offer, c.v4);
        c.fastOpen = active;
        c.openActive(nowNs);
        active.begin(c, nowNs);
        assert Invariants.hold(c);
    }

    /// A SYN with a valid cookie met a listener (RFC 7413 §4.2.2): its data is taken, and the connection stands towards the
    /// program.
    ///
    /// @param c in CLOSED
    /// @param cookie to be given to the peer with the SYN,ACK, or `null`
    /// @param answers how often the SYN is answered before the connection is given up, at least 1
    /// @param place what the caller wants to have back when the handshake is complete or the connection has ended; see [#takePlace]
    public static void accept(TcpConnection c, Segment syn, FastOpenCookie cookie, int answers, Object place, long nowNs) {
        PassiveFastOpen.open(c, syn, cookie, answers, place, nowNs);
        assert Invariants.hold(c);
    }

    /// Whether the connection stands as far as the program is concerned: it may write.
    public static boolean isConnected(TcpConnection c) {
        return c.state.isSynchronized() || isPromised(c);
    }

    /// Has an attempt to connect given up at this time if its SYN is not answered before, where the program does not wait for that.
    public static void giveUpAt(TcpConnection c, long deadlineNs) {
        if (isPromised(c) && !c.state.isSynchronized()) {
            c.timers.set(ConnectionTimers.USER, Math.min(deadlineNs, c.timers.deadlineNs(ConnectionTimers.USER)));
        }
    }

    /// Whether the peer of a connection that [#accept] has made never completed the handshake.
    public static boolean isUnconfirmed(TcpConnection c) {
        return c.fastOpen instanceof PassiveFastOpen p && !p.isConfirmed();
    }

    /// What was given to [#accept] to be kept, once, when the handshake is complete or the connection has ended; else `null`.
    public static Object takePlace(TcpConnection c) {
        return c.fastOpen instanceof PassiveFastOpen p && (p.isConfirmed() || c.state == TcpState.CLOSED) ? p.takePlace() : null;
    }

    /// As [#takePlace], at once, for an engine that is given up.
    public static Object giveUpPlace(TcpConnection c) {
        return c.fastOpen instanceof PassiveFastOpen p ? p.takePlace() : null;
    }

    /// What has become known since the last call, after [TcpConnection#EVENT_FAST_OPEN].
    public static FastOpenNews takeNews(TcpConnection c) {
        return ((ActiveFastOpen) c.fastOpen).takeNews();
    }

    // ---- for the engine

    /// Whether the program was told that a connection stands whose SYN is not answered yet.
    static boolean isPromised(TcpConnection c) {
        return c.fastOpen instanceof ActiveFastOpen a && a.isPromised() && c.state != TcpState.CLOSED;
    }

    /// Whether the SYN waits for the program's first data.
    static boolean isHeld(TcpConnection c) {
        return c.fastOpen instanceof ActiveFastOpen a && a.isHeld();
    }

    static TcpInfo.FastOpen info(TcpConnection c) {
        return c.fastOpen == null ? TcpInfo.FastOpen.NONE : c.fastOpen.info();
    }

    /// The state that programs see while the engine is in `state`.
    TcpState shown(TcpState state) {
        return state;
    }

    abstract TcpInfo.FastOpen info();

    // ---- what happens; by default nothing follows

    /// Whether a SYN is to go out now that was held back.
    boolean releasesSyn(TcpConnection c) {
        return false;
    }

    /// The option of the SYN or SYN,ACK that goes out now, or `null`.
    abstract FastOpenCookie option();

    /// Puts the data that goes with a SYN behind its header; returns how many bytes those are.
    int addData(TcpConnection c, Packet syn) {
        return 0;
    }

    /// A SYN or SYN,ACK has gone out.
    abstract void onSynSent(TcpConnection c, long nowNs);

    /// The program wants to read.
    void onRead() {
    }

    /// The retransmission timer has run out: whether it ran for something else.
    boolean takesTimer() {
        return false;
    }

    /// A SYN or SYN,ACK was not answered in time.
    void onSynLost(TcpConnection c, long nowNs) {
    }

    /// Our SYN is acknowledged; SND.UNA is where the segment says.
    void onSynAcked(TcpConnection c, Segment seg) {
    }

    /// The same data was sent for the third time in vain.
    void onSilence(TcpConnection c) {
    }

    /// A packet in flight was too big for the path.
    void onTooBig(TcpConnection c) {
    }

    /// The connection fails.
    void onFailure(TcpConnection c) {
    }

    /// The bytes of the SYN's TCP header and payload, as it went out first; 0 if the SYN is not in flight.
    int synLength(TcpConnection c) {
        return 0;
    }
}
