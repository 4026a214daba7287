package dev.millrace.stack;

import dev.millrace.spi.Link;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Completes in a capture's copy the transport checksum that was left to the link, so that programs which read the
/// capture do not take the packet for damaged.
final class CaptureChecksum {
    private static final ValueLayout.OfShort BIG_ENDIAN =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETHERNET_LENGTH = 14;

    private CaptureChecksum() {
    }

    /// Notes on the data path what is missing; offsets count from the packet's first byte.
    static void note(Packet packet, CaptureRing.Slot slot) {
        Checksumming state = packet.checksumming();
        slot.checksumming = state;
        if (state == Checksumming.WANTED || state == Checksumming.PARTIAL) {
            slot.checksumStart = packet.checksumStart() - packet.start();
            slot.checksumField = packet.checksumField() - packet.start();
        }
    }

    /// Completes the copy if something is missing and all that it covers was kept.
    static void complete(CaptureRing.Slot slot, MemorySegment memory) {
        boolean wanted = slot.checksumming == Checksumming.WANTED;
        int start = slot.checksumStart;
        int field = slot.checksumField;
        if (!wanted && slot.checksumming != Checksumming.PARTIAL || slot.kept < slot.originalLength
                || start < 0 || field < start || field + 2 > slot.kept) {
            return;
        }
        MemorySegment m = memory.asSlice(slot.at, slot.kept);
        int length = slot.kept - start;
        long total = 0;
        int protocol = protocol(slot, m);
        if (protocol < 0) {
            return;
        }
        if (wanted) {
            m.set(BIG_ENDIAN, field, (short) 0);
            total = pseudoHeader(slot, m, protocol, length);
        }
        // With PARTIAL the field holds the pseudo header's sum, and is summed with the rest.
        int checksum = Checksum.finish(total + Checksum.sum(m, start, length));
        if (protocol == IpProtocol.UDP) {
            UdpHeader.setChecksum(m, start, checksum);
        } else {
            m.set(BIG_ENDIAN, field, (short) checksum);
        }
    }

    /// A copy of a packet's first bytes, completed if nothing is left out.
    static byte[] completeCopy(Packet packet, TappedNic nic, int kept) {
        var bytes = new byte[kept];
        MemorySegment m = MemorySegment.ofArray(bytes);
        packet.copyTo(0, m, 0, kept);
        Checksumming state = packet.checksumming();
        if (state == Checksumming.WANTED || state == Checksumming.PARTIAL) {
            var slot = new CaptureRing.Slot();
            slot.nic = nic;
            slot.kept = kept;
            slot.originalLength = packet.length();
            note(packet, slot);
            complete(slot, m);
        }
        return bytes;
    }

    /// Completes the checksum of a copy that starts at its transport header, whose field holds the pseudo header's sum.
    static void completePartial(byte[] bytes, int from, int field, int protocol) {
        if (from < 0 || field < from || field + 2 > bytes.length) {
            return;
        }
        MemorySegment m = MemorySegment.ofArray(bytes);
        int checksum = Checksum.finish(Checksum.sum(m, from, bytes.length - from));
        m.set(BIG_ENDIAN, field, (short) (protocol == IpProtocol.UDP && checksum == 0 ? 0xffff : checksum));
    }

    private static int network(CaptureRing.Slot slot) {
        return slot.nic.medium() == Link.Medium.ETHERNET ? ETHERNET_LENGTH : 0;
    }

    /// The transport protocol, or -1 if the headers in front are none that were understood.
    private static int protocol(CaptureRing.Slot slot, MemorySegment m) {
        int at = network(slot);
        if (slot.checksumStart - at < Ipv4Header.MIN_LENGTH) {
            return -1;
        }
        int version = (m.get(ValueLayout.JAVA_BYTE, at) & 0xf0) >> 4;
        if (version == 4) {
            return Ipv4Header.protocol(m, at);
        }
        if (version != 6 || slot.checksumStart - at < Ipv6Header.LENGTH) {
            return -1;
        }
        // Behind extension headers, the field's place tells: 16 bytes in is TCP's, 6 is UDP's, 2 is ICMPv6's.
        return switch (slot.checksumField - slot.checksumStart) {
            case 16 -> IpProtocol.TCP;
            case UdpHeader.CHECKSUM_OFFSET -> IpProtocol.UDP;
            case 2 -> IpProtocol.ICMPV6;
            default -> -1;
        };
    }

    private static long pseudoHeader(CaptureRing.Slot slot, MemorySegment m, int protocol, int length) {
        int at = network(slot);
        if ((m.get(ValueLayout.JAVA_BYTE, at) & 0xf0) >> 4 == 4) {
            // ICMP has no pseudo header (RFC 792).
            return protocol == IpProtocol.ICMP ? 0 : Checksum.pseudoHeader(
                    0, IpAddress.lowBitsOfV4(Ipv4Header.source(m, at)),
                    0, IpAddress.lowBitsOfV4(Ipv4Header.destination(m, at)), protocol, length);
        }
        return Checksum.pseudoHeader(Ipv6Header.sourceHi(m, at), Ipv6Header.sourceLo(m, at),
                Ipv6Header.destinationHi(m, at), Ipv6Header.destinationLo(m, at), protocol, length);
    }
}
