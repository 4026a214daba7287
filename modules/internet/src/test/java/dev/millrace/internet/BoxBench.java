package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/// Packets as bytes, and verdicts as what they say: each is released here.
final class BoxBench {
    static final long SECOND = 1_000_000_000L;
    static final byte[] NOTHING = {};

    private BoxBench() {
    }

    static IpAddress ip(String text) {
        return IpAddress.parse(text);
    }

    static Packet packet(byte[] bytes) {
        return Packet.copyOf(bytes);
    }

    static byte[] take(Packet p) {
        byte[] bytes = p.toBytes();
        p.release();
        return bytes;
    }

    /// The bytes that go on.
    static byte[] forwarded(Verdict v) {
        byte[] bytes = take(v.packet());
        if (v instanceof Verdict.Reply r) {
            r.reply().release();
        }
        assertInstanceOf(Verdict.Forward.class, v);
        return bytes;
    }

    static byte[] hairpinned(Verdict v) {
        byte[] bytes = take(v.packet());
        assertInstanceOf(Verdict.Hairpin.class, v);
        return bytes;
    }

    /// Why a packet ended, without an answer.
    static BoxDrop dropped(Verdict v) {
        v.packet().release();
        return assertInstanceOf(Verdict.Drop.class, v).reason();
    }

    /// What a packet was answered with.
    static byte[] replied(Verdict v) {
        v.packet().release();
        return take(assertInstanceOf(Verdict.Reply.class, v).reply());
    }

    static List<byte[]> pieces(Verdict v) {
        v.packet().release();
        return assertInstanceOf(Verdict.Pieces.class, v).pieces().stream().map(BoxBench::take).toList();
    }

    /// Releases all that a verdict holds.
    static void release(Verdict v) {
        v.packet().release();
        switch (v) {
            case Verdict.Reply r -> r.reply().release();
            case Verdict.Pieces c -> c.pieces().forEach(Packet::release);
            default -> { }
        }
    }

    static int u8(byte[] b, int at) {
        return b[at] & 0xff;
    }

    static int u16(byte[] b, int at) {
        return ByteBuffer.wrap(b).getShort(at) & 0xffff;
    }

    static int i32(byte[] b, int at) {
        return ByteBuffer.wrap(b).getInt(at);
    }

    static int transport(byte[] b) {
        return u8(b, 0) >>> 4 == 4 ? (b[0] & 0xf) * 4 : 40;
    }

    static IpAddress source(byte[] b) {
        return address(b, u8(b, 0) >>> 4 == 4 ? 12 : 8);
    }

    static IpAddress destination(byte[] b) {
        return address(b, u8(b, 0) >>> 4 == 4 ? 16 : 24);
    }

    private static IpAddress address(byte[] b, int at) {
        return u8(b, 0) >>> 4 == 4 ? IpAddress.v4(i32(b, at))
                : new IpAddress(ByteBuffer.wrap(b).getLong(at), ByteBuffer.wrap(b).getLong(at + 8));
    }

    static int sourcePort(byte[] b) {
        return u16(b, transport(b));
    }

    static int destinationPort(byte[] b) {
        return u16(b, transport(b) + 2);
    }

    /// `10.0.0.2:5000 > 203.0.113.9:53`.
    static String path(byte[] b) {
        return source(b) + ":" + sourcePort(b) + " > " + destination(b) + ":" + destinationPort(b);
    }

    /// The packet that an ICMP error quotes.
    static byte[] quoted(byte[] b) {
        return java.util.Arrays.copyOfRange(b, transport(b) + 8, b.length);
    }

    static boolean headerChecksumIsRight(byte[] b) {
        return u8(b, 0) >>> 4 != 4 || Ipv4Header.checksumIsRight(MemorySegment.ofArray(b), 0);
    }

    /// Whether header and transport checksums are right, in a whole packet without extension headers. Both zeros of one's
    /// complement are right; a UDP checksum of 0 is none.
    static boolean checksumsAreRight(byte[] b) {
        return headerChecksumIsRight(b) && transportChecksumIsRight(b);
    }

    static boolean transportChecksumIsRight(byte[] b) {
        boolean v4 = u8(b, 0) >>> 4 == 4;
        int protocol = u8(b, v4 ? 9 : 6);
        int at = transport(b);
        if (protocol == IpProtocol.UDP && u16(b, at + 6) == 0) {
            return true;
        }
        IpAddress s = source(b);
        IpAddress d = destination(b);
        long pseudo = protocol == IpProtocol.ICMP ? 0
                : Checksum.pseudoHeader(s.hi(), s.lo(), d.hi(), d.lo(), protocol, b.length - at);
        return (pseudo + Checksum.sum(MemorySegment.ofArray(b), at, b.length - at)) % 0xffff == 0;
    }

    static byte[] udp(String from, int fromPort, String to, int toPort) {
        return PacketBuilder.between(from, to).udp(fromPort, toPort, new byte[] {1, 2, 3});
    }

    static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        return PacketBuilder.between(from, to).tcp(fromPort, toPort, 1000, 2000, flags, 500, NOTHING, NOTHING);
    }

    /// An ICMP error, such as a host unreachable, about a packet.
    static byte[] error(String from, String to, int type, int code, byte[] about) {
        return PacketBuilder.between(from, to).icmp(type, code, 0, about);
    }
}
