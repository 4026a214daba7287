package dev.millrace.tcp.engine;

import dev.millrace.tcp.engine.FuzzStep.Who;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionReader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// What two engines have sent, as two numbers: one of all bytes and times (invariant 14), and one in which sequence numbers
/// count from the initial ones, which must not depend on those.
class FuzzTrace {
    private final CRC32C exact = new CRC32C();
    private final CRC32C shifted = new CRC32C();
    private long packets;
    /// Of each packet both sums so far and what it was, if somebody wants to know where two runs part.
    final List<String> lines = new ArrayList<>();
    boolean keepsLines;
    private byte[] bytes = new byte[2048];

    long exact() {
        return exact.getValue();
    }

    long shifted() {
        return shifted.getValue();
    }

    long packets() {
        return packets;
    }

    /// An engine sends; nothing has happened to it yet.
    void sent(FuzzEnd from, Packet p, long nowNs) {
        packets++;
        int n = p.length();
        if (bytes.length < n) {
            bytes = new byte[2 * n];
        }
        MemorySegment m = MemorySegment.ofArray(bytes);
        p.copyTo(0, m, 0, n);
        updateTime(exact, from.who, nowNs);
        exact.update(bytes, 0, n);
        int header = TcpHeader.headerLength(m, 0);
        shift(m, header, from);
        updateTime(shifted, from.who, nowNs - from.epochNs());
        shifted.update(bytes, 0, header);
        shifted.update(n);
        shifted.update(n >> 8);
        if (keepsLines) {
            lines.add((nowNs - from.epochNs()) + " " + from.who + " " + TcpHeader.sequence(m, 0) + "+" + (n - header) + " ack "
                    + TcpHeader.acknowledgment(m, 0) + " flags " + Integer.toHexString(TcpHeader.flags(m, 0)) + " win "
                    + TcpHeader.window(m, 0) + " sum " + Long.toHexString(shifted.getValue()));
        }
    }

    private static void updateTime(CRC32C sum, Who who, long ns) {
        for (int i = 0; i < 64; i += 8) {
            sum.update((int) (ns >>> i));
        }
        sum.update(who.ordinal());
    }

    /// Makes numbers count from the initial ones, in the header and in SACK blocks.
    private static void shift(MemorySegment m, int header, FuzzEnd from) {
        BigEndian.put32(m, 4, TcpHeader.sequence(m, 0) - from.host.iss());
        int peers = from.peersIss();
        if ((TcpHeader.flags(m, 0) & TcpHeader.ACK) != 0) {
            BigEndian.put32(m, 8, TcpHeader.acknowledgment(m, 0) - peers);
        }
        for (int i = TcpHeader.MIN_LENGTH; i < header; ) {
            int kind = BigEndian.u8(m, i);
            if (kind == TcpOptionReader.KIND_END) {
                return;
            }
            int length = kind == TcpOptionReader.KIND_NOP ? 1 : BigEndian.u8(m, i + 1L);
            if (kind == TcpOptionReader.KIND_SACK) {
                for (int at = i + 2; at < i + length; at += 4) {
                    BigEndian.put32(m, at, BigEndian.i32(m, at) - peers);
                }
            }
            i += Math.max(1, length);
        }
    }

    // ---- for who wants to see it all

    /// The network takes a packet: what it does to it, or `null` for nothing.
    void onWire(Who from, Packet p, long nowNs, String fate) {
    }

    /// A packet comes to a host.
    void arrives(Who to, Packet p, long nowNs) {
    }

    void step(FuzzStep step, long nowNs) {
    }

    /// The script is over.
    void fine(long nowNs) {
    }
}
