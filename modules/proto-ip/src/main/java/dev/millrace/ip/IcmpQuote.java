package dev.millrace.ip;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// The packet that an ICMP error quotes: whether this stack can have sent it.
final class IcmpQuote {
    /// The bytes of the transport header that are passed on at most.
    static final int KEPT = 64;
    /// The bytes of it that an error must quote (RFC 792).
    static final int NEEDED = 8;

    private IcmpQuote() {
    }

    /// Whether `available` bytes begin with an IPv4 header and the beginning of a transport header.
    static boolean isOfV4(MemorySegment m, int at, int available) {
        if (available < Ipv4Header.MIN_LENGTH + NEEDED || BigEndian.u8(m, at) >>> 4 != 4) {
            return false;
        }
        int headerLength = Ipv4Header.headerLength(m, at);
        return headerLength >= Ipv4Header.MIN_LENGTH && available >= headerLength + NEEDED
                && Ipv4Header.totalLength(m, at) >= headerLength + NEEDED && Ipv4Header.fragmentOffset(m, at) == 0;
    }

    /// Whether the quoted packet's source is an address of this stack.
    static boolean isOurs(Packet error, long sourceHi, long sourceLo) {
        // An error comes to the address that sent what it is about, and IP has found that one to be ours.
        return sourceHi == error.destinationHi() && sourceLo == error.destinationLo();
    }

    /// A copy of the first bytes of the quoted transport header.
    static byte[] transportBytes(MemorySegment m, int at, int available) {
        byte[] bytes = new byte[Math.min(available, KEPT)];
        MemorySegment.copy(m, at, MemorySegment.ofArray(bytes), 0, bytes.length);
        return bytes;
    }
}
