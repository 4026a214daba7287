package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.IcmpError;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// A conversation with one engine, segment by segment, in virtual time. The engine's numbers start at 0 for its ISS, the
/// peer's at 0 for its ISS, whatever these are.
final class TcpBench {
    static final long MS = 1_000_000L;
    static final int ISS = 0x7fff_fff0;
    static final int IRS = 0xffff_fff0;
    static final int MSS = 1000;

    /// A segment to be received.
    static final class In {
        int flags;
        int seq;
        int ack = -1;
        int win = 32000;
        int len;
        int mss = -1;
        int scale = -1;
        boolean sackPermitted;
        boolean ts;
        int tsVal;
        int tsEcr;
        int urg;
        int tos;
        int userTimeout;
        FastOpenCookie fastOpen;
        int[] sack = new int[0];

        In seq(int s) {
            seq = s;
            return this;
        }

        In ack(int a) {
            ack = a;
            flags |= TcpHeader.ACK;
            return this;
        }

        In win(int w) {
            win = w;
            return this;
        }

        In len(int n) {
            len = n;
            return this;
        }

        In flags(int f) {
            flags |= f;
            return this;
        }

        In mss(int m) {
            mss = m;
            return this;
        }

        In scale(int s) {
            scale = s;
            return this;
        }

        In sackOk() {
            sackPermitted = true;
            return this;
        }

        In ts(int val, int ecr) {
            ts = true;
            tsVal = val;
            tsEcr = ecr;
            return this;
        }

        /// A router has marked it (RFC 3168).
        In marked() {
            return tos(3);
        }

        /// The octet of IPv4's type of service.
        In tos(int octet) {
            tos = octet;
            return this;
        }

        /// In seconds.
        In userTimeout(int s) {
            userTimeout = s;
            return this;
        }

        /// A Fast Open cookie, or a request for one.
        In fastOpen(FastOpenCookie cookie) {
            fastOpen = cookie;
            return this;
        }

        /// The urgent pointer, and URG.
        In urg(int pointer) {
            urg = pointer;
            return flags(TcpHeader.URG);
        }

        In sack(int... edges) {
            sack = edges;
            return this;
        }
    }

    /// A segment that was sent.
    record Out(int flags, int seq, int ack, int win, int len, int mss, int scale, boolean sackPermitted, boolean ts,
            int tsVal, int tsEcr, List<Integer> sack, int superSize, long atMs, byte[] payload, long atNs,
            int urg, int userTimeout, boolean ecnCapable, FastOpenCookie fastOpen) {
        boolean has(int f) {
            return (flags & f) == f;
        }

        String brief() {
            StringBuilder s = new StringBuilder();
            s.append(has(TcpHeader.SYN) ? "S" : "").append(has(TcpHeader.FIN) ? "F" : "")
                    .append(has(TcpHeader.RST) ? "R" : "").append(has(TcpHeader.PSH) ? "P" : "")
                    .append(has(TcpHeader.ECE) ? "E" : "").append(has(TcpHeader.CWR) ? "W" : "")
                    .append(has(TcpHeader.ACK) ? "." : "");
            s.append(' ').append(seq).append(':').append(seq + len);
            if (has(TcpHeader.ACK)) {
                s.append(" ack ").append(ack);
            }
            if (!sack.isEmpty()) {
                s.append(" sack");
                for (int i = 0; i < sack.size(); i += 2) {
                    s.append(' ').append(sack.get(i)).append(':').append(sack.get(i + 1));
                }
            }
            return s.toString();
        }
    }

    final TcpSettings settings;
    final ConnectionOptions options;
    final TestBudget budget = new TestBudget();
    final TcpConnection tcp;
    final Segment segment = new Segment();
    final ArrayDeque<Out> sent = new ArrayDeque<>();
    final long epochNs;
    long nowNs;
    int events;
    DropReason lastDrop;
    /// If the invariants are checked at every step; then payloads are those of [StreamContent] both ways.
    Watch watch;
    private final int irs;

    TcpBench(String... settings) {
        this(MSS, true, 0, 5_000_000_000L, settings);
    }

    TcpBench(int ipMss, boolean v4, int superSegment, long startNs, String... given) {
        this.settings = TcpSettings.of(given);
        options = new ConnectionOptions(this.settings);
        epochNs = startNs;
        nowNs = startNs;
        irs = IRS;
        tcp = new TcpConnection(this.settings, options, 80, 4000, ISS, 100, ipMss, v4, superSegment,
                Reno.CHOSEN, budget, nowNs);
    }

    /// From here on all invariants are checked.
    TcpBench watched() {
        watch = new Watch("the engine", tcp, ISS, budget, new StreamContent(0), new StreamContent(1));
        return this;
    }

    // ---- building segments

    static In syn() {
        return new In().flags(TcpHeader.SYN).mss(MSS);
    }

    static In synAck() {
        return syn().ack(1);
    }

    static In ackOf(int ack) {
        return new In().seq(1).ack(ack);
    }

    static In data(int seq, int len) {
        return new In().seq(seq).len(len).ack(1).flags(TcpHeader.PSH);
    }

    static In fin(int seq) {
        return new In().seq(seq).ack(1).flags(TcpHeader.FIN);
    }

    static In rst(int seq) {
        return new In().seq(seq).flags(TcpHeader.RST);
    }

    Packet packet(In in) {
        int header = 20 + (in.mss >= 0 ? 4 : 0) + (in.scale >= 0 ? 4 : 0) + (in.sackPermitted ? 4 : 0)
                + (in.ts ? 12 : 0) + (in.sack.length > 0 ? TcpOptionWriter.sackLength(in.sack.length / 2) : 0)
                + (in.userTimeout > 0 ? TcpOptionWriter.USER_TIMEOUT_LENGTH : 0)
                + (in.fastOpen != null ? TcpOptionWriter.fastOpenLength(in.fastOpen) : 0);
        Packet p = Packet.allocate(Packet.HEADROOM, header + in.len);
        int at = p.append(header + in.len);
        MemorySegment m = p.memory();
        TcpHeader.write(m, at, 4000, 80, irs + in.seq, (in.flags & TcpHeader.ACK) != 0 ? ISS + in.ack : 0, header, in.flags, in.win, in.urg);
        long to = at + 20;
        if (in.mss >= 0) {
            to = TcpOptionWriter.mss(m, to, in.mss);
        }
        if (in.scale >= 0) {
            to = TcpOptionWriter.windowScale(m, to, in.scale);
        }
        if (in.sackPermitted) {
            to = TcpOptionWriter.sackPermitted(m, to);
        }
        if (in.ts) {
            to = TcpOptionWriter.timestamps(m, to, in.tsVal, in.tsEcr);
        }
        if (in.sack.length > 0) {
            to = TcpOptionWriter.sack(m, to, in.sack.length / 2);
            for (int i = 0; i < in.sack.length; i += 2) {
                to = TcpOptionWriter.sackBlock(m, to, ISS + in.sack[i], ISS + in.sack[i + 1]);
            }
        }
        if (in.userTimeout > 0) {
            to = TcpOptionWriter.userTimeout(m, to, in.userTimeout);
        }
        if (in.fastOpen != null) {
            to = TcpOptionWriter.fastOpen(m, to, in.fastOpen);
        }
        if (watch != null) {
            long from = watch.peers.at(in.seq - 1L + ((in.flags & TcpHeader.SYN) != 0 ? 1 : 0));
            MemorySegment.copy(StreamContent.memory(), from, m, to, in.len);
            return p;
        }
        for (int i = 0; i < in.len; i++) {
            m.set(java.lang.foreign.ValueLayout.JAVA_BYTE, to + i, (byte) (in.seq + i));
        }
        return p;
    }

    // ---- what happens

    /// Goes to this time, in milliseconds since the start, running timers on the way.
    TcpBench at(long ms) {
        long target = epochNs + ms * MS;
        int steps = 0;
        while (tcp.nextDeadlineNs() <= target) {
            assertTrue(++steps < 100_000, "timers without end");
            nowNs = Math.max(nowNs, tcp.nextDeadlineNs());
            if (watch != null) {
                watch.timer(nowNs);
            } else {
                tcp.onTimer(nowNs);
            }
            drain();
        }
        nowNs = target;
        return this;
    }

    /// A SYN meets a listener that opens it fast.
    ///
    /// @param cookie for the SYN,ACK, or `null`
    TcpBench accept(In in, FastOpenCookie cookie) {
        Packet p = packet(in);
        assertEquals(WireError.NONE, segment.parse(p));
        FastOpen.accept(tcp, segment, cookie, 6, this, nowNs);
        p.release();
        return drain();
    }

    /// Connects with Fast Open.
    TcpBench connect(FastOpenOffer offer) {
        FastOpen.request(tcp, offer, nowNs);
        return drain();
    }

    /// Jumps without running what falls due in between until the end: a clock that leaps.
    TcpBench leap(long ms) {
        nowNs = epochNs + ms * MS;
        tcp.onTimer(nowNs);
        drain();
        return this;
    }

    TcpBench after(long ms) {
        return at((nowNs - epochNs) / MS + ms);
    }

    TcpBench recv(In in) {
        take(in);
        drain();
        return this;
    }

    /// Receives several segments before output is polled, as a batch does.
    TcpBench recvBatch(In... ins) {
        for (In in : ins) {
            take(in);
        }
        drain();
        return this;
    }

    private void take(In in) {
        Packet p = packet(in);
        p.setIpFacts(6, 64, in.tos);
        assertEquals(WireError.NONE, segment.parse(p));
        boolean opens = tcp.state() == TcpState.CLOSED && (in.flags & 0x3f) == TcpHeader.SYN && tcp.snd.nxt == tcp.snd.iss && !tcp.active;
        if (watch != null) {
            if (opens) {
                watch.openPassive(p, nowNs);
            } else {
                watch.segment(p, true, nowNs);
            }
            lastDrop = watch.dropped;
        } else if (opens) {
            tcp.openPassive(segment, nowNs);
        } else {
            lastDrop = tcp.onSegment(segment, nowNs);
        }
        p.release();
    }

    TcpBench connect() {
        if (watch != null) {
            watch.openActive(nowNs);
        } else {
            tcp.openActive(nowNs);
        }
        return drain();
    }

    TcpBench write(int n) {
        if (watch != null) {
            assertEquals(n, watch.write(n, false, false, nowNs));
            return drain();
        }
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) i;
        }
        assertEquals(n, tcp.write(MemorySegment.ofArray(bytes), 0, n, nowNs));
        return drain();
    }

    TcpBench write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        assertEquals(bytes.length, tcp.write(MemorySegment.ofArray(bytes), 0, bytes.length, nowNs));
        return drain();
    }

    /// Reads up to `max` bytes and expects `n`.
    TcpBench read(int max, int n) {
        ReceivedBytes out = new ReceivedBytes();
        assertEquals(n, tcp.read(out, max, nowNs));
        out.clear();
        return drain();
    }

    TcpBench close() {
        if (watch != null) {
            watch.close(nowNs);
        } else {
            tcp.close(nowNs);
        }
        return drain();
    }

    TcpBench shutdown() {
        if (watch != null) {
            watch.shutdownOutput(nowNs);
        } else {
            tcp.shutdownOutput(nowNs);
        }
        return drain();
    }

    TcpBench abort() {
        tcp.abort(nowNs);
        return drain();
    }

    TcpBench icmp(IcmpError.Kind kind, int seq, int mtu) {
        var error = new IcmpError(kind, 6, null, null, new byte[8], mtu, null);
        if (watch != null) {
            watch.icmp(error, ISS + seq, nowNs);
        } else {
            tcp.onIcmpError(error, ISS + seq, nowNs);
        }
        return drain();
    }

    /// As [#icmp]: what is to be told to the path.
    int icmpTold(IcmpError.Kind kind, int seq, int mtu) {
        int told = tcp.onIcmpError(new IcmpError(kind, 6, null, null, new byte[8], mtu, null), ISS + seq, nowNs);
        drain();
        return told;
    }

    TcpBench drain() {
        Packet p;
        int n = 0;
        while ((p = watch != null ? watch.poll(nowNs, false) : tcp.pollSegment(nowNs)) != null) {
            assertTrue(++n < 10_000, "segments without end");
            sent.add(read(p));
            p.release();
        }
        if (watch != null) {
            watch.rest(nowNs);
        }
        events |= tcp.pollEvents();
        if (tcp.state() == TcpState.CLOSED) {
            assertEquals(Long.MAX_VALUE, tcp.nextDeadlineNs());
        }
        return this;
    }

    private Out read(Packet p) {
        Segment s = new Segment();
        assertEquals(WireError.NONE, s.parse(p));
        TcpOptionReader o = s.options;
        List<Integer> sack = new ArrayList<>();
        for (int i = 0; i < o.sackCount(); i++) {
            sack.add(o.sackLeft(i) - irs);
            sack.add(o.sackRight(i) - irs);
        }
        byte[] payload = new byte[s.len];
        p.copyTo(s.headerLength, MemorySegment.ofArray(payload), 0, s.len);
        return new Out(s.flags, s.seq - ISS, s.has(TcpHeader.ACK) ? s.ack - irs : 0, s.wnd, s.len, o.mss(),
                o.windowScale(), o.sackPermitted(), o.hasTimestamps(), o.timestampValue(), o.timestampEcho(), sack,
                p.segmentSize(), (nowNs - epochNs) / MS, payload, nowNs, s.urg, o.userTimeout(), p.isEcnCapable(), o.fastOpen());
    }

    // ---- what is expected

    Out next() {
        Out o = sent.poll();
        assertNotNull(o, "nothing was sent; state " + tcp.state());
        return o;
    }

    /// The next segments as [Out#brief] writes them.
    TcpBench expect(String... briefs) {
        for (String b : briefs) {
            assertEquals(b, next().brief());
        }
        return this;
    }

    TcpBench expectAt(long ms, String brief) {
        Out o = next();
        assertEquals(ms + "ms " + brief, o.atMs + "ms " + o.brief());
        return this;
    }

    TcpBench expectNothing() {
        Out o = sent.poll();
        assertNull(o, () -> o.atMs + "ms " + o.brief());
        return this;
    }

    TcpBench forget() {
        sent.clear();
        return this;
    }

    TcpBench state(TcpState s) {
        assertEquals(s, tcp.state());
        return this;
    }

    TcpBench event(int e) {
        assertTrue((events & e) != 0, "events " + events);
        events &= ~e;
        return this;
    }

    TcpBench dropped(DropReason why) {
        assertEquals(why, lastDrop);
        return this;
    }

    void end() {
        tcp.release();
        assertEquals(0, budget.reserved());
        if (watch != null) {
            watch.end(nowNs);
        }
    }

    // ---- states to start from

    static TcpBench established(String... settings) {
        return establish(new TcpBench(settings), syn().sackOk());
    }

    static TcpBench plain(String... settings) {
        return establish(new TcpBench(settings), syn());
    }

    static TcpBench withTimestamps(String... settings) {
        return establish(new TcpBench(settings), syn().sackOk().ts(5000, 0));
    }

    static TcpBench establish(TcpBench b, In syn) {
        b.recv(syn);
        In ack = ackOf(1);
        if (syn.ts) {
            ack.ts(syn.tsVal, 0);
        }
        b.recv(ack).forget();
        assertEquals(TcpState.ESTABLISHED, b.tcp.state());
        return b;
    }

    /// A bench in any state that the engine can be in, with window 65535 and nothing outstanding but the FIN.
    static TcpBench in(TcpState state) {
        TcpBench b = state == TcpState.SYN_RECEIVED || state == TcpState.SYN_SENT ? new TcpBench() : established();
        switch (state) {
            case SYN_SENT -> b.connect();
            case SYN_RECEIVED -> b.recv(syn().sackOk());
            case ESTABLISHED -> { }
            case FIN_WAIT_1 -> b.shutdown();
            case FIN_WAIT_2 -> b.shutdown().recv(ackOf(2));
            case CLOSE_WAIT -> b.recv(fin(1));
            case CLOSING -> b.shutdown().recv(fin(1));
            case LAST_ACK -> b.recv(fin(1)).shutdown();
            case TIME_WAIT -> b.shutdown().recv(ackOf(2)).recv(fin(1).ack(2));
            default -> throw new IllegalArgumentException(state.name());
        }
        b.forget();
        assertEquals(state, b.tcp.state());
        return b;
    }
}
