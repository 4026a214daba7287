package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import java.lang.foreign.MemorySegment;

/// Replaces one IPv6 prefix by another and makes up for it in another 16-bit word of the address, so that checksums stay
/// as right or wrong as they were (RFC 6296 §3). No state: every host inside has its own address outside.
final class Nptv6 {
    private static final int ALL_ONES = 0xffff;

    private final Cidr internal;
    private final Cidr external;

    Nptv6(Cidr internal, Cidr external) {
        this.internal = internal;
        this.external = external;
    }

    boolean isInternal(IpAddress a) {
        return internal.contains(a);
    }

    boolean isExternal(IpAddress a) {
        return external.contains(a);
    }

    /// The address outside of a host inside, or `null` if it has none.
    IpAddress toExternal(IpAddress a) {
        return translate(a, external);
    }

    /// The address inside of a host that is known outside, or `null` if it has none.
    IpAddress toInternal(IpAddress a) {
        return translate(a, internal);
    }

    private static IpAddress translate(IpAddress a, Cidr to) {
        int word = adjustedWord(a, to.prefixLength());
        if (word < 0) {
            return null;
        }
        long mask = -1L << 64 - to.prefixLength();
        IpAddress b = new IpAddress(a.hi() & ~mask | to.address().hi(), a.lo());
        // Both sums without the word; then word' = word + before - after.
        long before = sum(a);
        long after = sum(b) + (~word(b, word) & ALL_ONES);
        int value = Checksum.fold(before + (~Checksum.fold(after) & ALL_ONES));
        // RFC 6296 §3.2: of the two zeros the one that is all ones is not used.
        return withWord(b, word, value == ALL_ONES ? 0 : value);
    }

    /// RFC 6296 §3.4, §3.7: the subnet of a prefix of up to 48 bits, else the first word behind 64 bits that is not all
    /// ones; -1 where there is none, since all ones could not be told from zero on the way back.
    private static int adjustedWord(IpAddress a, int prefixLength) {
        if (prefixLength <= 48) {
            return word(a, 3) == ALL_ONES ? -1 : 3;
        }
        for (int i = 4; i < 8; i++) {
            if (word(a, i) != ALL_ONES) {
                return i;
            }
        }
        return -1;
    }

    private static int word(IpAddress a, int i) {
        return (int) ((i < 4 ? a.hi() : a.lo()) >>> 48 - 16 * (i & 3)) & ALL_ONES;
    }

    private static IpAddress withWord(IpAddress a, int i, int value) {
        int shift = 48 - 16 * (i & 3);
        long clear = ~((long) ALL_ONES << shift);
        long set = (long) value << shift;
        return i < 4 ? new IpAddress(a.hi() & clear | set, a.lo()) : new IpAddress(a.hi(), a.lo() & clear | set);
    }

    private static long sum(IpAddress a) {
        long total = 0;
        for (int i = 0; i < 8; i++) {
            total += word(a, i);
        }
        return total;
    }

    /// Writes an address into a header.
    static void put(MemorySegment m, int at, IpAddress a) {
        BigEndian.put64(m, at, a.hi());
        BigEndian.put64(m, at + 8, a.lo());
    }
}
