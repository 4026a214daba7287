package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Marks packets as having met congestion (RFC 3168 §5).
final class Ecn {
    private static final int CE = 3;

    private Ecn() {
    }

    /// Marks it, if its sender understands that; `false` if not.
    ///
    /// @param skip where its IP header is, from [LinkHeader#ipOffset]
    static boolean mark(Packet packet, int skip) {
        if (Destination.read(packet, skip, true) == null) {
            return false;
        }
        MemorySegment m = packet.memory();
        long at = packet.start() + skip;
        int first = BigEndian.u16(m, at);
        boolean v4 = first >>> 12 == 4;
        int shift = v4 ? 0 : 4;
        if ((first >>> shift & CE) == 0) {
            return false;
        }
        int marked = first | CE << shift;
        if (marked != first) {
            BigEndian.put16(m, at, marked);
            if (v4) {
                // RFC 1624, equation 3.
                int sum = (~Ipv4Header.checksum(m, at) & 0xffff) + (~first & 0xffff) + marked;
                sum = (sum & 0xffff) + (sum >>> 16);
                sum = (sum & 0xffff) + (sum >>> 16);
                BigEndian.put16(m, at + 10, ~sum);
            }
        }
        return true;
    }
}
