package dev.millrace.wire;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;

/// An IPv4 or IPv6 address as two `long`s, the form in which the stack compares and hashes addresses.
///
/// An IPv4 address is held in its IPv4-mapped form (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that one key serves both
/// versions. Programs never see this type: at the border stands [InetAddress].
///
/// So an IPv6 header with an IPv4-mapped address cannot be told from IPv4 here. On a wire such an address has no meaning
/// (draft-itojun-v6ops-v4mapped-harmful): whoever reads IPv6 headers drops packets that bear one, as `dev.millrace.ip` does.
///
/// @param hi the first 8 bytes, network order
/// @param lo the last 8 bytes, network order
public record IpAddress(long hi, long lo) {
    private static final long V4_PREFIX = 0x0000_ffff_0000_0000L;

    /// The unspecified IPv4 address, `0.0.0.0`.
    public static final IpAddress ANY_V4 = v4(0);
    /// The unspecified IPv6 address, `::`.
    public static final IpAddress ANY_V6 = new IpAddress(0, 0);
    /// The limited broadcast address, `255.255.255.255`.
    public static final IpAddress BROADCAST = v4(-1);

    /// The IPv4 address with these 32 bits.
    public static IpAddress v4(int bits) {
        return new IpAddress(0, lowBitsOfV4(bits));
    }

    /// The low 64 bits under which the stack keeps the IPv4 address with these 32 bits; the high bits are zero.
    public static long lowBitsOfV4(int bits) {
        return V4_PREFIX | Integer.toUnsignedLong(bits);
    }

    /// Whether the address kept as `hi`, `lo` is an IPv4 address.
    public static boolean isV4(long hi, long lo) {
        return hi == 0 && (lo & 0xffff_ffff_0000_0000L) == V4_PREFIX;
    }

    /// The same address as `java.net` holds it. The zone of a link-local IPv6 address is not kept.
    public static IpAddress of(InetAddress address) {
        byte[] b = Objects.requireNonNull(address, "address").getAddress();
        return of(b);
    }

    /// The address with these 4 or 16 bytes, network order.
    ///
    /// @throws IllegalArgumentException if the length is neither 4 nor 16
    public static IpAddress of(byte[] b) {
        if (b.length == 4) {
            return v4((b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | b[3] & 0xff);
        }
        if (b.length != 16) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + b.length);
        }
        return new IpAddress(longAt(b, 0), longAt(b, 8));
    }

    /// Reads an address literal such as `192.0.2.1` or `2001:db8::1`; names are not looked up. An IPv4 address has its four
    /// numbers: that `1.2.3` may mean 1.2.0.3 would only hide mistakes.
    ///
    /// @throws IllegalArgumentException if the text is no address literal
    public static IpAddress parse(String literal) {
        if (literal.indexOf(':') >= 0) {
            // InetAddress would first try IPv4, and make and catch an exception.
            return of(Inet6Address.ofLiteral(literal));
        }
        if (literal.chars().filter(c -> c == '.').count() != 3) {
            throw new IllegalArgumentException("\"" + literal + "\" is no IP address");
        }
        return of(InetAddress.ofLiteral(literal));
    }

    private static long longAt(byte[] b, int offset) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | b[offset + i] & 0xff;
        }
        return value;
    }

    /// Whether this is an IPv4 address.
    public boolean isV4() {
        return isV4(hi, lo);
    }

    /// 4 or 6.
    public int version() {
        return isV4() ? 4 : 6;
    }

    /// The 32 bits of an IPv4 address; meaningless for IPv6.
    public int v4Bits() {
        return (int) lo;
    }

    /// 4 or 16 bytes, network order.
    public byte[] toBytes() {
        if (isV4()) {
            int a = v4Bits();
            return new byte[] {(byte) (a >>> 24), (byte) (a >>> 16), (byte) (a >>> 8), (byte) a};
        }
        byte[] b = new byte[16];
        for (int i = 0; i < 8; i++) {
            b[i] = (byte) (hi >>> 56 - 8 * i);
            b[8 + i] = (byte) (lo >>> 56 - 8 * i);
        }
        return b;
    }

    /// The same address for programs.
    public InetAddress toInetAddress() {
        try {
            byte[] b = toBytes();
            return b.length == 4 ? InetAddress.getByAddress(b) : Inet6Address.getByAddress(null, b, -1);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are always an address", e);
        }
    }

    /// Whether this is `0.0.0.0` or `::`.
    public boolean isUnspecified() {
        return hi == 0 && (lo == 0 || lo == V4_PREFIX);
    }

    /// Whether this is a multicast address (224.0.0.0/4 or ff00::/8).
    public boolean isMulticast() {
        return isV4() ? (lo & 0xf000_0000L) == 0xe000_0000L : hi >>> 56 == 0xff;
    }

    /// Whether this is a loopback address (127.0.0.0/8 or ::1).
    public boolean isLoopback() {
        return isV4() ? (lo & 0xff00_0000L) == 0x7f00_0000L : hi == 0 && lo == 1;
    }

    /// Whether this is a link-local unicast address (169.254.0.0/16 or fe80::/10).
    public boolean isLinkLocal() {
        return isV4() ? (lo & 0xffff_0000L) == 0xa9fe_0000L : hi >>> 54 == 0xfe80L >>> 6;
    }

    /// Whether this is `255.255.255.255`.
    public boolean isLimitedBroadcast() {
        return equals(BROADCAST);
    }

    /// Whether the first `prefixLength` bits (0 to 32, or 0 to 128) of both addresses are equal; addresses of different
    /// versions never match.
    public boolean matches(IpAddress network, int prefixLength) {
        if (isV4() != network.isV4()) {
            return false;
        }
        int bits = isV4() ? prefixLength + 96 : prefixLength;
        return bits <= 64
                ? ((hi ^ network.hi) & mask(bits)) == 0
                : hi == network.hi && ((lo ^ network.lo) & mask(bits - 64)) == 0;
    }

    /// This address with all bits behind the prefix cleared.
    public IpAddress network(int prefixLength) {
        int bits = isV4() ? prefixLength + 96 : prefixLength;
        return bits <= 64 ? new IpAddress(hi & mask(bits), 0) : new IpAddress(hi, lo & mask(bits - 64));
    }

    private static long mask(int bits) {
        return bits == 0 ? 0 : -1L << 64 - bits;
    }

    /// The textual form: dotted quad, or RFC 5952.
    @Override
    public String toString() {
        return isV4() ? dotted() : Rfc5952.format(hi, lo);
    }

    private String dotted() {
        int a = v4Bits();
        return (a >>> 24) + "." + (a >>> 16 & 0xff) + "." + (a >>> 8 & 0xff) + "." + (a & 0xff);
    }
}
