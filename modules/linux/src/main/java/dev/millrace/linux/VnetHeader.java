package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import java.lang.foreign.MemorySegment;

/// The header that IFF_VNET_HDR of devices and PACKET_VNET_HDR of packet sockets put in front of each packet, in both directions: which checksum is left undone, and at
/// which size a super-segment is to be cut (virtio specification 1.3, §5.1.6, in the machine's byte order).
public final class VnetHeader {
    /// Its bytes: what is asked for with TUNSETVNETHDRSZ, and the default of PACKET_VNET_HDR.
    public static final int LENGTH = 10;

    /// A `gso_type`: not a super-segment.
    public static final int GSO_NONE = 0;
    /// A `gso_type`: TCP over IPv4.
    public static final int GSO_TCPV4 = 1;
    /// A `gso_type`: a datagram to be fragmented.
    public static final int GSO_UDP_FRAGMENTS = 3;
    /// A `gso_type`: TCP over IPv6.
    public static final int GSO_TCPV6 = 4;
    /// A `gso_type`: a super-datagram of UDP.
    public static final int GSO_UDP = 5;
    private static final int GSO_ECN = 0x80;

    private static final int NEEDS_CHECKSUM = 1;
    private static final int DATA_VALID = 2;

    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HEADERS_LENGTH = 2;
    private static final int GSO_SIZE = 4;
    private static final int CHECKSUM_START = 6;
    private static final int CHECKSUM_OFFSET = 8;

    private VnetHeader() {
    }

    /// Puts the header in front of a packet that starts at its network or Ethernet header.
    ///
    /// @param networkOffset where the network header is, in bytes behind the packet's start
    public static void push(Packet packet, int networkOffset) {
        int start = packet.start();
        Checksumming state = packet.checksumming();
        boolean partial = state == Checksumming.PARTIAL;
        int checksumStart = partial ? packet.checksumStart() - start : 0;
        int checksumOffset = partial ? packet.checksumField() - packet.checksumStart() : 0;
        MemorySegment m = packet.memory();
        int size = packet.segmentSize();
        int type = GSO_NONE;
        int headers = 0;
        if (size > 0 && partial) {
            boolean v4 = (m.get(JAVA_BYTE, start + networkOffset) >>> 4 & 0xf) == 4;
            type = v4 ? GSO_TCPV4 : GSO_TCPV6;
            // The TCP data offset is in units of four bytes, in the upper half of byte 12.
            headers = checksumStart + ((m.get(JAVA_BYTE, start + checksumStart + 12) & 0xf0) >>> 2);
        }
        int at = packet.push(LENGTH);
        m.set(JAVA_BYTE, at + FLAGS, (byte) (partial ? NEEDS_CHECKSUM : 0));
        m.set(JAVA_BYTE, at + GSO_TYPE, (byte) type);
        m.set(JAVA_SHORT_UNALIGNED, at + HEADERS_LENGTH, (short) headers);
        m.set(JAVA_SHORT_UNALIGNED, at + GSO_SIZE, (short) (type == GSO_NONE ? 0 : size));
        m.set(JAVA_SHORT_UNALIGNED, at + CHECKSUM_START, (short) checksumStart);
        m.set(JAVA_SHORT_UNALIGNED, at + CHECKSUM_OFFSET, (short) checksumOffset);
    }

    /// Steps behind the header and notes in the packet what it says. Returns the `gso_type` without the ECN bit, or -1 if
    /// the header contradicts the packet.
    public static int pull(Packet packet) {
        MemorySegment m = packet.memory();
        int at = packet.start();
        int flags = m.get(JAVA_BYTE, at + FLAGS);
        int type = m.get(JAVA_BYTE, at + GSO_TYPE) & 0xff & ~GSO_ECN;
        int size = Short.toUnsignedInt(m.get(JAVA_SHORT_UNALIGNED, at + GSO_SIZE));
        int start = Short.toUnsignedInt(m.get(JAVA_SHORT_UNALIGNED, at + CHECKSUM_START));
        int offset = Short.toUnsignedInt(m.get(JAVA_SHORT_UNALIGNED, at + CHECKSUM_OFFSET));
        packet.pull(LENGTH);
        if ((flags & NEEDS_CHECKSUM) != 0) {
            if (start + offset + 2 > packet.length()) {
                return -1;
            }
            packet.wantChecksum(start, offset);
            packet.setChecksumming(Checksumming.PARTIAL);
        } else if ((flags & DATA_VALID) != 0) {
            packet.setChecksumming(Checksumming.VOUCHED);
        }
        if (type != GSO_NONE) {
            if (size == 0) {
                return -1;
            }
            packet.setSegmentSize(size);
        }
        return type;
    }
}
