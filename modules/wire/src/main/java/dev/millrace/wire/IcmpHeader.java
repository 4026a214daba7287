package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The first 8 bytes of an ICMP message, for IPv4 (RFC 792) and IPv6 (RFC 4443) alike: type, code, checksum, and a word
/// whose meaning depends on the type. Read and written in place; `at` is the offset of the first byte.
public final class IcmpHeader {
    /// The bytes of the header.
    public static final int LENGTH = 8;
    /// Where the checksum stands, from the header's first byte.
    public static final int CHECKSUM_OFFSET = 2;

    /// IPv4: echo reply.
    public static final int V4_ECHO_REPLY = 0;
    /// IPv4: destination unreachable.
    public static final int V4_DESTINATION_UNREACHABLE = 3;
    /// IPv4: source quench, which is deprecated (RFC 6633).
    public static final int V4_SOURCE_QUENCH = 4;
    /// IPv4: redirect.
    public static final int V4_REDIRECT = 5;
    /// IPv4: echo request.
    public static final int V4_ECHO_REQUEST = 8;
    /// IPv4: time exceeded.
    public static final int V4_TIME_EXCEEDED = 11;
    /// IPv4: parameter problem.
    public static final int V4_PARAMETER_PROBLEM = 12;
    /// IPv4: the code of destination unreachable that says that fragmentation is needed and DF set (RFC 1191 §4).
    public static final int V4_FRAGMENTATION_NEEDED = 4;
    /// IPv6: destination unreachable.
    public static final int V6_DESTINATION_UNREACHABLE = 1;
    /// IPv6: packet too big.
    public static final int V6_PACKET_TOO_BIG = 2;
    /// IPv6: time exceeded.
    public static final int V6_TIME_EXCEEDED = 3;
    /// IPv6: parameter problem.
    public static final int V6_PARAMETER_PROBLEM = 4;
    /// IPv6: echo request.
    public static final int V6_ECHO_REQUEST = 128;
    /// IPv6: echo reply.
    public static final int V6_ECHO_REPLY = 129;

    private IcmpHeader() {
    }

    /// Whether there are bytes enough for a header.
    public static WireError check(MemorySegment m, long at, int available) {
        return available < LENGTH ? WireError.TRUNCATED : WireError.NONE;
    }

    /// The type.
    public static int type(MemorySegment m, long at) {
        return u8(m, at);
    }

    /// The code.
    public static int code(MemorySegment m, long at) {
        return u8(m, at + 1);
    }

    /// The checksum.
    public static int checksum(MemorySegment m, long at) {
        return u16(m, at + CHECKSUM_OFFSET);
    }

    /// The identifier of an echo message.
    public static int identifier(MemorySegment m, long at) {
        return u16(m, at + 4);
    }

    /// The sequence number of an echo message.
    public static int sequence(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    /// The next hop's MTU in bytes: of IPv4's "fragmentation needed" (RFC 1191 §4), 0 from old routers.
    public static int mtuV4(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    /// The MTU in bytes of IPv6's "packet too big", as an unsigned number.
    public static long mtuV6(MemorySegment m, long at) {
        return Integer.toUnsignedLong(i32(m, at + 4));
    }

    /// The pointer of IPv4's parameter problem.
    public static int pointerV4(MemorySegment m, long at) {
        return u8(m, at + 4);
    }

    /// The pointer of IPv6's parameter problem, as an unsigned number.
    public static long pointerV6(MemorySegment m, long at) {
        return Integer.toUnsignedLong(i32(m, at + 4));
    }

    /// Writes a header with checksum 0.
    ///
    /// @param word the second 4 bytes: identifier and sequence number, MTU, or pointer (in the first byte for IPv4)
    public static void write(MemorySegment m, long at, int type, int code, int word) {
        put8(m, at, type);
        put8(m, at + 1, code);
        put16(m, at + CHECKSUM_OFFSET, 0);
        put32(m, at + 4, word);
    }

    /// Writes the header of an echo message with checksum 0.
    public static void writeEcho(MemorySegment m, long at, int type, int identifier, int sequence) {
        write(m, at, type, 0, identifier << 16 | sequence & 0xffff);
    }

    /// Writes the header of IPv4's "fragmentation needed and DF set" with checksum 0.
    ///
    /// @param mtu the next hop's MTU in bytes, 0 to 65535
    public static void writeFragmentationNeeded(MemorySegment m, long at, int mtu) {
        write(m, at, V4_DESTINATION_UNREACHABLE, V4_FRAGMENTATION_NEEDED, mtu & 0xffff);
    }

    /// Writes the header of IPv4's parameter problem with checksum 0.
    ///
    /// @param pointer the offset of the wrong byte in the quoted packet, 0 to 255
    public static void writeParameterProblemV4(MemorySegment m, long at, int code, int pointer) {
        write(m, at, V4_PARAMETER_PROBLEM, code, pointer << 24);
    }

    /// The checksum field for an IPv4 message of `length` bytes, header included, whose field is 0; with the field as it
    /// came it is 0 if the message is undamaged.
    public static int computeV4(MemorySegment m, long at, int length) {
        return Checksum.finish(Checksum.sum(m, at, length));
    }

    /// As [#computeV4] for IPv6, where the checksum covers the addresses too (RFC 4443 §2.3).
    public static int computeV6(MemorySegment m, long at, int length, IpAddress source, IpAddress destination) {
        return Checksum.finish(Checksum.sum(m, at, length) + Checksum.pseudoHeader(
                source.hi(), source.lo(), destination.hi(), destination.lo(), IpProtocol.ICMPV6, length));
    }

    /// Sets the checksum field.
    public static void setChecksum(MemorySegment m, long at, int checksum) {
        put16(m, at + CHECKSUM_OFFSET, checksum);
    }
}
