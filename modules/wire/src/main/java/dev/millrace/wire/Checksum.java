package dev.millrace.wire;

import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The Internet checksum (RFC 1071), in full and incrementally (RFC 1624).
///
/// Sums are running totals that have not been folded yet: add as many as you like, then [#finish] the total. A sum
/// counts 16-bit words in network order from an even offset of what is covered.
public final class Checksum {
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private Checksum() {
    }

    /// The sum over `length` bytes from `from`; a last odd byte counts as if a zero followed.
    public static long sum(MemorySegment memory, long from, long length) {
        // Sliced first, then a plain loop from 0: only that shape is vectorised (docs/performance.md).
        MemorySegment s = memory.asSlice(from, length);
        int n = (int) length;
        long total = 0;
        int i = 0;
        for (; i < n - 3; i += 4) {
            total += s.get(ValueLayout.JAVA_INT_UNALIGNED, i) & 0xffff_ffffL;
        }
        if (i < n - 1) {
            total += s.get(ValueLayout.JAVA_SHORT_UNALIGNED, i) & 0xffff;
            i += 2;
        }
        if (i < n) {
            int b = s.get(ValueLayout.JAVA_BYTE, i) & 0xff;
            total += LITTLE ? b : b << 8;
        }
        int folded = fold(total);
        return LITTLE ? swap(folded) : folded;
    }

    /// The sum over the bytes of a packet from the offset `from` in its linear memory to its end, fragments included.
    public static long sum(Packet packet, int from) {
        int linear = packet.end() - from;
        long total = sum(packet.memory(), from, linear);
        boolean odd = (linear & 1) != 0;
        for (int i = 0; i < packet.fragmentCount(); i++) {
            int length = packet.fragmentLength(i);
            long part = sum(packet.fragment(i).memory(), packet.fragmentOffset(i), length);
            // A part that begins at an odd offset has its bytes in the other halves of the words (RFC 1071 §2(B)).
            total += odd ? swap(fold(part)) : part;
            odd ^= (length & 1) != 0;
        }
        return total;
    }

    /// The sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1).
    ///
    /// @param length of the transport header and payload in bytes
    public static long pseudoHeader(
            long sourceHi, long sourceLo, long destinationHi, long destinationLo, int protocol, int length) {
        if (IpAddress.isV4(destinationHi, destinationLo)) {
            return words(sourceLo & 0xffff_ffffL) + words(destinationLo & 0xffff_ffffL) + protocol + length;
        }
        return words(sourceHi) + words(sourceLo) + words(destinationHi) + words(destinationLo)
                + protocol + (length >>> 16) + (length & 0xffff);
    }

    private static long words(long value) {
        return (value >>> 48) + (value >>> 32 & 0xffff) + (value >>> 16 & 0xffff) + (value & 0xffff);
    }

    /// The checksum field for a total: folded to 16 bits and complemented.
    public static int finish(long total) {
        return ~fold(total) & 0xffff;
    }

    /// Whether a total that includes the checksum field is that of undamaged data.
    public static boolean isRight(long total) {
        return fold(total) == 0xffff;
    }

    /// The checksum field after a 16-bit word that it covers changed (RFC 1624 §3, equation 3). It is the same as the full
    /// sum gives unless all that is covered became zero: the full sum is then 0xffff and this is 0, which [#isRight]
    /// refuses. Headers of IP, TCP and UDP are never all zero; an ICMP echo reply can be.
    public static int update(int checksum, int oldWord, int newWord) {
        return finish((~checksum & 0xffff) + (~oldWord & 0xffffL) + (newWord & 0xffff));
    }

    /// The checksum field after a 32-bit value that it covers, at an even offset, changed.
    public static int update32(int checksum, int oldValue, int newValue) {
        int half = update(checksum, oldValue >>> 16, newValue >>> 16);
        return update(half, oldValue & 0xffff, newValue & 0xffff);
    }

    /// Folds a total to 16 bits with end-around carry.
    public static int fold(long total) {
        long t = (total & 0xffff_ffffL) + (total >>> 32);
        t = (t & 0xffff_ffffL) + (t >>> 32);
        t = (t & 0xffff) + (t >>> 16);
        t = (t & 0xffff) + (t >>> 16);
        return (int) t;
    }

    private static int swap(int folded) {
        return (folded & 0xff) << 8 | folded >>> 8;
    }
}
