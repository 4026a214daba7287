package dev.millrace.internet;

import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Marks packets as having met congestion (RFC 3168 §5).
final class Ecn {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int CE = 3;

    private Ecn() {
    }

    /// Marks it, if its sender understands that; `false` if not.
    static boolean mark(Packet packet) {
        if (Destination.problem(packet) != null) {
            return false;
        }
        MemorySegment m = packet.memory();
        long at = packet.start();
        int first = Short.toUnsignedInt(m.get(SHORT, at));
        boolean v4 = first >>> 12 == 4;
        int shift = v4 ? 0 : 4;
        if ((first >>> shift & CE) == 0) {
            return false;
        }
        int marked = first | CE << shift;
        if (marked != first) {
            m.set(SHORT, at, (short) marked);
            if (v4) {
                // RFC 1624, equation 3.
                int sum = (~Ipv4Header.checksum(m, at) & 0xffff) + (~first & 0xffff) + marked;
                sum = (sum & 0xffff) + (sum >>> 16);
                sum = (sum & 0xffff) + (sum >>> 16);
                m.set(SHORT, at + 10, (short) ~sum);
            }
        }
        return true;
    }
}
