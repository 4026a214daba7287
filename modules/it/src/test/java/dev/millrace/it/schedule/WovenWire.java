package dev.millrace.it.schedule;

import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A virtual NIC that throws when it is told to, and remembers the numbers of the segments that it sends.
final class WovenWire implements Link {
    final Vnic vnic = new Vnic(1500, false);
    /// By source and destination port: the number behind the last segment, and the one that it acknowledges.
    private final Map<Integer, long[]> numbers = new ConcurrentHashMap<>();
    /// The last Fast Open cookie that was given to anybody.
    volatile long cookie;
    volatile boolean throwing;
    volatile boolean silent;

    static void join(WovenWire a, WovenWire b) {
        Vnic.connect(a.vnic, b.vnic);
    }

    /// The number behind the last segment sent from one port to another, and what it acknowledged; `null` if there was none.
    long[] last(int from, int to) {
        return numbers.get(from << 16 | to);
    }

    @Override
    public void transmit(PacketList packets) {
        if (throwing) {
            throwing = false;
            throw new IllegalStateException("as the schedule wants it");
        }
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            remember(p);
        }
        if (silent) {
            packets.releaseAll();
            return;
        }
        vnic.transmit(packets);
    }

    private void remember(Packet p) {
        ByteBuffer b = ByteBuffer.wrap(p.toBytes());
        if (b.get(0) >>> 4 == 4 && b.get(9) == 6 && b.limit() >= 40) {
            int tcp = (b.get(0) & 0xf) * 4;
            int length = b.limit() - tcp - (b.get(tcp + 12) >>> 4 & 0xf) * 4;
            int flags = b.get(tcp + 13);
            long end = b.getInt(tcp + 4) + length + (flags & 1) + (flags >> 1 & 1);
            numbers.put(b.getInt(tcp), new long[] {end, b.getInt(tcp + 8)});
            int header = (b.get(tcp + 12) >>> 4 & 0xf) * 4;
            for (int i = tcp + 20; i + 10 <= tcp + header; i++) {
                if (b.getShort(i) == (34 << 8 | 10)) {
                    cookie = b.getLong(i + 2);
                }
            }
        }
    }

    @Override
    public Medium medium() {
        return vnic.medium();
    }

    @Override
    public int mtu() {
        return vnic.mtu();
    }

    @Override
    public boolean vouchesForChecksums() {
        return vnic.vouchesForChecksums();
    }

    @Override
    public void attach(Sink sink) {
        vnic.attach(sink);
    }

    @Override
    public void close() {
        vnic.close();
    }
}
