package dev.millrace.tcp.engine;

import dev.millrace.TcpInfo;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;

/// The client's side of Fast Open (RFC 7413 §4.2): asks for a cookie, or sends one with the program's first data in the SYN.
///
/// What went with the SYN is SND.NXT's from then on. If the SYN,ACK does not acknowledge it the peer has not taken it, and it
/// is new data again, which goes with the ACK.
final class ActiveFastOpen extends FastOpen {
    /// As long as CORK holds a segment: a program that has nothing to say first wants to hear.
    private static final long HOLD_NS = SegmentSender.CORK_NS;
    /// RFC 7413 §4.1.3: without a cached MSS what every host takes, and never more than an Ethernet carries, since larger SYNs
    /// meet firewalls that know none.
    private static final int DEFAULT_MSS_V4 = 536;
    private static final int DEFAULT_MSS_V6 = 1220;
    private static final int MAX_MSS_V4 = 1460;
    private static final int MAX_MSS_V6 = 1440;

    private enum Outcome { NONE, HELD, REQUESTED, GRANTED, SENT, ACCEPTED, REFUSED, LOST }

    private final FastOpenCookie cookie;
    private final int mss;
    private Outcome outcome = Outcome.NONE;
    private boolean hurried;
    /// A SYN without data and option follows, or has followed.
    private boolean plain;
    /// The SYN was not answered in time, or at all.
    private boolean lost;
    /// Bytes of data in the SYN, and how many of these the SYN,ACK has acknowledged.
    private short sent;
    private short acknowledged;
    private short headerLength;

    // News.
    private FastOpenCookie given;
    private int givenMss;
    private boolean accepted;
    private boolean failed;
    private boolean avoided;
    private boolean blackHole;

    ActiveFastOpen(FastOpenOffer offer, boolean v4) {
        cookie = offer.cookie();
        int known = offer.mss() > 0 ? offer.mss() : v4 ? DEFAULT_MSS_V4 : DEFAULT_MSS_V6;
        mss = Math.min(known, v4 ? MAX_MSS_V4 : MAX_MSS_V6);
    }

    void begin(TcpConnection c, long nowNs) {
        if (isPromised()) {
            outcome = Outcome.HELD;
            c.synDue = false;
            c.timers.set(ConnectionTimers.RETRANSMISSION, nowNs + HOLD_NS);
            c.events |= TcpConnection.EVENT_CONNECTED | TcpConnection.EVENT_WRITABLE;
        }
    }

    boolean isPromised() {
        return !cookie.isRequest();
    }

    boolean isHeld() {
        return outcome == Outcome.HELD;
    }

    @Override
    TcpInfo.FastOpen info() {
        return new TcpInfo.FastOpen(outcome.name(), sent, acknowledged);
    }

    // ---- the SYN

    @Override
    void onRead() {
        hurried = true;
    }

    @Override
    boolean takesTimer() {
        if (!isHeld()) {
            return false;
        }
        hurried = true;
        return true;
    }

    @Override
    boolean releasesSyn(TcpConnection c) {
        if (!isHeld() || !(hurried || c.snd.finQueued || mayGo(c))) {
            return false;
        }
        c.timers.cancel(ConnectionTimers.RETRANSMISSION);
        return true;
    }

    /// As any first segment, data waits for more only if the program has said that there is more.
    private boolean mayGo(TcpConnection c) {
        long unsent = WriteRoom.unsent(c);
        return unsent >= mss || unsent > 0 && !c.options.cork && !c.moreToCome;
    }

    @Override
    FastOpenCookie option() {
        return plain ? null : cookie;
    }

    /// RFC 7413 §4.2.2, step 1: up to the cached MSS, of which options are taken off (RFC 6691).
    @Override
    int addData(TcpConnection c, Packet syn) {
        if (plain || cookie.isRequest()) {
            return 0;
        }
        headerLength = (short) syn.length();
        if (c.urgent != null && c.urgent.isSending()) {
            // No SYN says where urgent data ends.
            return 0;
        }
        int most = Math.min(mss, c.ipMss);
        if (c.options.maxSegment > 0) {
            most = Math.min(most, c.options.maxSegment);
        }
        int length = (int) Math.min(WriteRoom.unsent(c), most - (syn.length() - TcpHeader.MIN_LENGTH));
        if (length <= 0) {
            return 0;
        }
        c.sendBuffer.addTo(syn, c.snd.iss + 1, length);
        sent = (short) length;
        return length;
    }

    @Override
    void onSynSent(TcpConnection c, long nowNs) {
        if (!plain) {
            outcome = cookie.isRequest() ? Outcome.REQUESTED : Outcome.SENT;
            c.snd.nxt += sent;
            c.bytesSent += sent;
            c.snd.sml = c.snd.nxt;
            c.snd.cwndLimitedTo = c.snd.nxt;
            // RFC 7413 §4.2.2: to deal with networks and servers that drop SYNs with payload or unknown options, whatever comes
            // after the first has neither.
            plain = true;
        }
    }

    private boolean isOut() {
        return outcome == Outcome.REQUESTED || outcome == Outcome.SENT || outcome == Outcome.LOST;
    }

    @Override
    int synLength(TcpConnection c) {
        return c.state == TcpState.SYN_SENT && isOut() && headerLength > 0 ? headerLength + sent : 0;
    }

    // ---- what becomes of it (RFC 7413 §4.1.3.1)

    @Override
    void onSynLost(TcpConnection c, long nowNs) {
        if (isOut() && !lost) {
            fail(c);
            outcome = Outcome.LOST;
        }
    }

    private void fail(TcpConnection c) {
        lost = true;
        failed |= !cookie.isRequest();
        avoid(c);
    }

    private void avoid(TcpConnection c) {
        avoided = true;
        c.events |= TcpConnection.EVENT_FAST_OPEN;
    }

    /// The SYN goes again at once, without what made it too big; that is no negative answer of anybody's.
    @Override
    void onTooBig(TcpConnection c) {
        if (c.state == TcpState.SYN_SENT && outcome == Outcome.SENT && sent > 0) {
            outcome = Outcome.REFUSED;
            failed = true;
            c.events |= TcpConnection.EVENT_FAST_OPEN;
            c.synDue = true;
            c.retransmittedSegments++;
        }
    }

    /// A middlebox that knows no data in a SYN may answer it with RST or ICMP, as a host does that is not there.
    @Override
    void onFailure(TcpConnection c) {
        if (!c.state.isSynchronized() && isOut() && !lost) {
            fail(c);
        }
    }

    @Override
    void onSynAcked(TcpConnection c, Segment seg) {
        takeAck(c);
        if (c.state != TcpState.SYN_SENT) {
            // Simultaneous open: nobody there has looked for a cookie.
            outcome = acknowledged > 0 ? Outcome.ACCEPTED : sent > 0 ? Outcome.REFUSED : outcome;
            return;
        }
        given = seg.options.fastOpenLength() > 0 ? seg.options.fastOpen() : null;
        givenMss = c.peerMss;
        c.events |= TcpConnection.EVENT_FAST_OPEN;
        if (acknowledged > 0) {
            outcome = Outcome.ACCEPTED;
            accepted = true;
        } else if (cookie.isRequest()) {
            outcome = given != null ? Outcome.GRANTED : lost ? Outcome.LOST : Outcome.REFUSED;
            avoided |= given == null && !lost;
        } else if (sent > 0 && outcome == Outcome.SENT) {
            // With a new cookie: the old one is no longer valid, and that is all.
            outcome = Outcome.REFUSED;
            failed = true;
            avoided |= given == null;
        }
    }

    /// SND.UNA is behind what the peer has taken of the SYN's data.
    private void takeAck(TcpConnection c) {
        SendSequence snd = c.snd;
        acknowledged = (short) (snd.una - snd.iss - 1);
        int refused = sent - acknowledged;
        c.sendBuffer.ackTo(snd.una);
        if (refused > 0) {
            // SND.NXT moves back here, and nowhere else: the peer says that it has none of that.
            snd.nxt = snd.una;
            snd.sml = snd.una;
            snd.cwndLimitedTo = snd.una;
            c.bytesSent -= refused;
            c.retransmittedBytes += refused;
        }
    }

    /// Some middleboxes let the handshake pass and what comes after it not, since they know nothing of what the SYN carried. That
    /// is likely while nothing else was acknowledged, and nothing has come.
    @Override
    void onSilence(TcpConnection c) {
        if (sent > 0 && c.snd.una == c.snd.iss + 1 + acknowledged && c.acks.dataSegments == 0) {
            blackHole = true;
            avoid(c);
        }
    }

    FastOpenNews takeNews() {
        var news = new FastOpenNews(given, givenMss, accepted, failed, avoided, blackHole);
        given = null;
        givenMss = 0;
        accepted = false;
        failed = false;
        avoided = false;
        blackHole = false;
        return news;
    }
}
