package dev.millrace.cli.net;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Seq;
import dev.millrace.wire.TcpHeader;
import java.lang.foreign.MemorySegment;

/// What two ends say to one another, as somebody between them sees it: counts, a rate, TCP's state, the round-trip time. It
/// knows no clock but the packets'.
final class Flow {
    /// Who talks to whom; the end that was heard first is `from`.
    ///
    /// @param protocol the IP protocol number
    /// @param from an end
    /// @param fromPort its port; for echo messages their identifier; -1 for protocols without
    /// @param to the other
    /// @param toPort its port, or -1
    record Key(int protocol, IpAddress from, int fromPort, IpAddress to, int toPort) {
        /// The key of a packet, or `null` if it belongs to no flow.
        static Key of(PacketFacts f) {
            if (f.protocol() < 0 || f.source() == null) {
                return null;
            }
            if (f.isEcho()) {
                // Identifier: the same both ways.
                return new Key(f.protocol(), f.source(), f.sourcePort(), f.destination(), f.sourcePort());
            }
            boolean ports = f.icmpType() < 0;
            return new Key(f.protocol(), f.source(), ports ? f.sourcePort() : -1, f.destination(),
                    ports ? f.destinationPort() : -1);
        }

        Key reversed() {
            return new Key(protocol, to, toPort, from, fromPort);
        }
    }

    /// What can be said of a flow.
    enum State {
        /// Nothing in particular.
        ACTIVE,
        /// A SYN was seen.
        SYN_SENT,
        /// And its answer.
        SYN_RECEIVED,
        /// Both ends send.
        ESTABLISHED,
        /// One end has sent a FIN.
        CLOSING,
        /// Both have.
        CLOSED,
        /// One has reset it.
        RESET
    }

    /// One direction.
    private static final class Way {
        long packets;
        long bytes;
        boolean fin;
        /// The end of the data whose acknowledgement is waited for, and when it passed.
        boolean timed;
        int timedEnd;
        long timedNs;
        /// The end of the data that has passed, if any did.
        boolean sent;
        int highest;
    }

    private static final long RATE_WINDOW_NS = 1_000_000_000L;

    private final Key key;
    private final Way there = new Way();
    private final Way back = new Way();
    private final long firstNs;
    private long lastNs;
    private State state;
    private long rttNs;
    private long rttSamples;
    /// The window of the rate, counted from the epoch so that all flows have the same, its bytes and those of the one before.
    private long window;
    private long windowBytes;
    private long bytesBefore;

    Flow(Key key, long nowNs) {
        this.key = key;
        firstNs = nowNs;
        lastNs = nowNs;
        window = Math.floorDiv(nowNs, RATE_WINDOW_NS);
        state = State.ACTIVE;
    }

    /// Takes a packet of the flow.
    ///
    /// @param bytes those that were kept of it
    /// @param nowNs when it passed
    void packet(PacketFacts f, byte[] bytes, boolean forward, long nowNs) {
        Way way = forward ? there : back;
        Way other = forward ? back : there;
        way.packets++;
        way.bytes += f.length();
        lastNs = Math.max(lastNs, nowNs);
        roll(nowNs);
        windowBytes += f.length();
        if (f.isTcp()) {
            tcp(f, MemorySegment.ofArray(bytes), way, other, nowNs);
        } else if (f.isEcho()) {
            echo(f, way, other, nowNs);
        }
    }

    /// Ends the window of the rate if it is over.
    private void roll(long nowNs) {
        long now = Math.floorDiv(nowNs, RATE_WINDOW_NS);
        if (now > window) {
            bytesBefore = now == window + 1 ? windowBytes : 0;
            window = now;
            windowBytes = 0;
        }
    }

    private void echo(PacketFacts f, Way way, Way other, long nowNs) {
        boolean request = f.icmpType() == (f.protocol() == IpProtocol.ICMP ? 8 : 128);
        if (request) {
            way.timed = true;
            way.timedEnd = f.destinationPort();
            way.timedNs = nowNs;
        } else if (other.timed && other.timedEnd == f.destinationPort()) {
            sample(nowNs - other.timedNs);
            other.timed = false;
        }
    }

    private void tcp(PacketFacts f, MemorySegment m, Way way, Way other, long nowNs) {
        int at = f.transport();
        int flags = TcpHeader.flags(m, at);
        boolean syn = (flags & TcpHeader.SYN) != 0;
        boolean fin = (flags & TcpHeader.FIN) != 0;
        int end = TcpHeader.sequence(m, at) + f.payload() + (syn ? 1 : 0) + (fin ? 1 : 0);
        if (f.payload() > 0 || syn || fin) {
            boolean fresh = !way.sent || Seq.lt(way.highest, end);
            if (fresh) {
                way.highest = end;
                way.sent = true;
                if (!way.timed) {
                    way.timed = true;
                    way.timedEnd = end;
                    way.timedNs = nowNs;
                }
            } else {
                // Sent again: nobody can say which is acknowledged (Karn).
                way.timed = false;
            }
        }
        if ((flags & TcpHeader.ACK) != 0 && other.timed && Seq.leq(other.timedEnd, TcpHeader.acknowledgment(m, at))) {
            sample(nowNs - other.timedNs);
            other.timed = false;
        }
        way.fin |= fin;
        state = next(flags);
    }

    private State next(int flags) {
        if ((flags & TcpHeader.RST) != 0) {
            return State.RESET;
        }
        if ((flags & TcpHeader.SYN) != 0) {
            return (flags & TcpHeader.ACK) != 0 ? State.SYN_RECEIVED : State.SYN_SENT;
        }
        if (there.fin && back.fin) {
            return State.CLOSED;
        }
        if (there.fin || back.fin) {
            return State.CLOSING;
        }
        // Neither a FIN nor a RST comes back to life.
        return state == State.RESET ? State.RESET : state == State.SYN_SENT ? State.SYN_SENT : State.ESTABLISHED;
    }

    private void sample(long ns) {
        if (ns >= 0) {
            // Smoothed as RFC 6298 does it.
            rttNs = rttSamples == 0 ? ns : rttNs + (ns - rttNs) / 8;
            rttSamples++;
        }
    }

    Key key() {
        return key;
    }

    State state() {
        return state;
    }

    long packets() {
        return there.packets + back.packets;
    }

    long bytes() {
        return there.bytes + back.bytes;
    }

    long packetsThere() {
        return there.packets;
    }

    long bytesThere() {
        return there.bytes;
    }

    long packetsBack() {
        return back.packets;
    }

    long bytesBack() {
        return back.bytes;
    }

    /// The bytes of the last whole second of the clock, at a time: the same second for all flows, so that they add up.
    double bytesPerSecond(long nowNs) {
        roll(nowNs);
        return bytesBefore * 1e9 / RATE_WINDOW_NS;
    }

    /// The bytes of a second on average, as long as it lasted.
    double averageBytesPerSecond() {
        return lastNs == firstNs ? 0 : bytes() * 1e9 / (lastNs - firstNs);
    }

    /// The smoothed round-trip time in nanoseconds, or -1 if it is not known.
    long rttNs() {
        return rttSamples == 0 ? -1 : rttNs;
    }

    long firstNs() {
        return firstNs;
    }

    long lastNs() {
        return lastNs;
    }
}
