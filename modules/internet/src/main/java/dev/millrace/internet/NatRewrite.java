package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpProtocol;
import java.lang.foreign.MemorySegment;

/// Puts other addresses and ports into IPv4 packets. Checksums are changed by as much as what they cover (RFC 1624), so
/// that a wrong one stays wrong and the receiver sees it.
final class NatRewrite {
    private NatRewrite() {
    }

    /// Sets the source or the destination address, and what the header checksum and the transport's pseudo header make
    /// of it.
    static void setAddress(Headers h, boolean source, int address) {
        MemorySegment m = h.memory();
        int at = h.at() + (source ? 12 : 16);
        int before = BigEndian.i32(m, at);
        BigEndian.put32(m, at, address);
        BigEndian.put16(m, h.at() + 10, Checksum.update32(BigEndian.u16(m, h.at() + 10), before, address));
        if (!h.isIcmp() && hasChecksum(h)) {
            putChecksum(h, Checksum.update32(BigEndian.u16(m, checksumAt(h)), before, address));
        }
    }

    /// Sets the source or the destination port, or the identifier of an ICMP query. Not for fragments but the first.
    static void setPort(Headers h, boolean source, int port) {
        MemorySegment m = h.memory();
        int at = h.transport() + (h.isIcmp() ? 4 : source ? 0 : 2);
        int before = BigEndian.u16(m, at);
        BigEndian.put16(m, at, port);
        if (hasChecksum(h)) {
            putChecksum(h, Checksum.update(BigEndian.u16(m, checksumAt(h)), before, port));
        }
    }

    private static int checksumAt(Headers h) {
        return h.transport() + switch (h.protocol()) {
            case IpProtocol.TCP -> 16;
            case IpProtocol.UDP -> 6;
            default -> 2;
        };
    }

    /// Whether the checksum is in the packet at all: a quoted TCP header may end before. UDP's may be 0 for none (RFC 768).
    private static boolean hasChecksum(Headers h) {
        boolean known = h.isTcp() || h.protocol() == IpProtocol.UDP || h.isIcmp();
        return known && !h.isLaterFragment() && checksumAt(h) + 2 <= h.transport() + h.transportLength()
                && !(h.protocol() == IpProtocol.UDP && BigEndian.u16(h.memory(), checksumAt(h)) == 0);
    }

    private static void putChecksum(Headers h, int checksum) {
        int at = checksumAt(h);
        int value = checksum;
        BigEndian.put16(h.memory(), at, value);
        if (value == 0 && (h.protocol() == IpProtocol.UDP || isAllZero(h))) {
            // Of the two zeros of one's complement, UDP's 0 means none, and over nothing but zeros 0 is wrong.
            value = 0xffff;
            BigEndian.put16(h.memory(), at, value);
        }
    }

    private static boolean isAllZero(Headers h) {
        return h.isIcmp() && Checksum.fold(Checksum.sum(h.memory(), h.transport(), h.transportLength())) == 0;
    }
}
