package dev.millrace.tcp.engine;

import dev.millrace.wire.Checksum;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// One direction of the network between two fuzzed ends. What it does to a packet is a function of the seed and of how many
/// went before it, so that a script from which a step is taken meets much the same network.
final class FuzzWire {
    /// Who carries on what the wire lets pass.
    interface Sink {
        /// @param fate what happened to it, or `null`; a packet that is lost comes with `afterNs` < 0
        void arrive(Packet packet, boolean whole, long afterNs, String fate);

        /// A router found a packet too large.
        void tooBig(Packet packet, int mtu);
    }

    private final long seed;
    private final Sink sink;
    private final int ipHeader;
    Weather weather;
    /// Nothing arrives until then.
    long cutUntilNs = Long.MIN_VALUE;
    /// What the narrowest link takes, in bytes with the IP header.
    int mtu = Integer.MAX_VALUE;
    /// Whether a router says so, or what it says instead.
    boolean tells;
    boolean tellsSize;
    /// Whether super-segments are cut as a device would.
    boolean cuts;
    private boolean inBurst;
    private long count;

    FuzzWire(long seed, Weather weather, int ipHeader, Sink sink) {
        this.seed = seed;
        this.weather = weather;
        this.ipHeader = ipHeader;
        this.sink = sink;
    }

    void carry(Packet packet, long nowNs) {
        if (!cuts || packet.segmentSize() == 0) {
            one(packet, nowNs);
            return;
        }
        for (Packet piece : cut(packet)) {
            one(piece, nowNs);
        }
    }

    private void one(Packet packet, long nowNs) {
        SplittableRandom r = new SplittableRandom(seed + 0x9e3779b97f4a7c15L * ++count);
        inBurst = weather.burst() > 0 && (inBurst ? r.nextInt(6) != 0 : r.nextDouble() < weather.burst());
        boolean lost = r.nextDouble() < weather.drop() || inBurst && r.nextInt(5) != 0;
        boolean twice = r.nextDouble() < weather.duplicate();
        boolean damaged = r.nextDouble() < weather.corrupt();
        boolean marked = r.nextDouble() < weather.mark() && packet.isEcnCapable();
        long delay = delay(r);
        long delayOfSecond = delay(r);
        int size = ipHeader + (packet.segmentSize() > 0 ? packet.length() - payload(packet) + packet.segmentSize() : packet.length());
        if (size > mtu) {
            if (tells && !lost) {
                sink.tooBig(packet, tellsSize ? mtu : 0);
            }
            sink.arrive(packet, false, -1, "too big");
            return;
        }
        if (lost || nowNs < cutUntilNs) {
            sink.arrive(packet, false, -1, lost ? "lost" : "cut off");
            return;
        }
        if (marked) {
            packet.setIpFacts(6, 64, 3);
        }
        Packet second = twice ? packet.copy() : null;
        if (damaged) {
            damage(packet, r);
        }
        sink.arrive(packet, true, delay, damaged ? "damaged" : marked ? "marked" : null);
        if (second != null) {
            sink.arrive(second, true, delayOfSecond, "again");
        }
    }

    private long delay(SplittableRandom r) {
        long d = weather.delayNs() + (weather.jitterNs() > 0 ? r.nextLong(weather.jitterNs()) : 0);
        boolean late = r.nextDouble() < weather.late();
        return late && weather.lateNs() > 0 ? d + r.nextLong(weather.lateNs()) : d;
    }

    /// One byte is another one. The checksum sees that whatever the others are: what it does not see nobody could.
    private static void damage(Packet p, SplittableRandom r) {
        MemorySegment m = p.memory();
        int at = p.start() + r.nextInt(p.headLength());
        m.set(ValueLayout.JAVA_BYTE, at, (byte) (m.get(ValueLayout.JAVA_BYTE, at) ^ r.nextInt(1, 256)));
    }

    static boolean isRight(Packet p) {
        return Checksum.isRight(Checksum.sum(p, p.start()));
    }

    /// Writes the checksum, of which the pseudo-header's part is left out here.
    static void finish(Packet p) {
        TcpHeader.setChecksum(p.memory(), p.start(), Checksum.finish(Checksum.sum(p, p.start())));
    }

    private static int payload(Packet p) {
        return p.length() - TcpHeader.headerLength(p.memory(), p.start());
    }

    /// As segmentation offload does: each piece has the header with its own number, PSH and FIN are the last's.
    private static List<Packet> cut(Packet p) {
        MemorySegment m = p.memory();
        int header = TcpHeader.headerLength(m, p.start());
        int size = p.segmentSize();
        int all = p.length() - header;
        var pieces = new ArrayList<Packet>();
        for (int at = 0; at < all; at += size) {
            int n = Math.min(size, all - at);
            Packet q = Packet.allocate(Packet.HEADROOM, header + n);
            int to = q.append(header + n);
            MemorySegment.copy(m, p.start(), q.memory(), to, header);
            p.copyTo(header + at, q.memory(), to + header, n);
            int flags = TcpHeader.flags(m, p.start());
            if (at + n < all) {
                flags &= ~(TcpHeader.FIN | TcpHeader.PSH);
            }
            if (at > 0) {
                flags &= ~TcpHeader.CWR;
            }
            TcpHeader.write(q.memory(), to, TcpHeader.sourcePort(m, p.start()), TcpHeader.destinationPort(m, p.start()),
                    TcpHeader.sequence(m, p.start()) + at, TcpHeader.acknowledgment(m, p.start()), header, flags,
                    TcpHeader.window(m, p.start()), TcpHeader.urgentPointer(m, p.start()));
            q.setEcnCapable(p.isEcnCapable());
            finish(q);
            pieces.add(q);
        }
        p.release();
        return pieces;
    }
}
