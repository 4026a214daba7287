package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.OptionCursor;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Cuts IPv4 packets for a link with a smaller MTU (RFC 791 §3.2, RFC 1812 §5.2.6).
final class Ipv4Fragmenter {
    private static final int OFFSET = 0x1fff;

    private final OptionCursor options = new OptionCursor();

    /// The pieces, in order; none if the MTU has no room for a header and 8 bytes. The packet, whose header is right and
    /// whose checksum is complete, stays the caller's.
    ///
    /// @param mtu in bytes, less than the packet has
    List<Packet> cut(Packet packet, int mtu) {
        MemorySegment m = packet.memory();
        int at = packet.start();
        int headerLength = Ipv4Header.headerLength(m, at);
        byte[] laterOptions = copiedOptions(m, at);
        var pieces = new ArrayList<Packet>();
        if (mtu < headerLength + 8) {
            return pieces;
        }
        int word = BigEndian.u16(m, at + 6);
        int payload = Ipv4Header.totalLength(m, at) - headerLength;
        for (int done = 0; done < payload;) {
            boolean first = done == 0;
            int header = first ? headerLength : Ipv4Header.MIN_LENGTH + laterOptions.length;
            int length = Math.min(payload - done, (mtu - header) / 8 * 8);
            boolean more = done + length < payload || (word & Ipv4Header.MORE_FRAGMENTS) != 0;
            int flags = word & ~Ipv4Header.MORE_FRAGMENTS & ~OFFSET | (more ? Ipv4Header.MORE_FRAGMENTS : 0);
            Packet piece = Packet.allocate(Packet.HEADROOM, header + length);
            int to = piece.append(header + length);
            packet.copyTo(0, piece.memory(), to, first ? headerLength : Ipv4Header.MIN_LENGTH);
            if (!first) {
                MemorySegment.copy(MemorySegment.ofArray(laterOptions), 0, piece.memory(), to + Ipv4Header.MIN_LENGTH,
                        laterOptions.length);
            }
            packet.copyTo(headerLength + done, piece.memory(), to + header, length);
            finishHeader(piece.memory(), to, header, header + length, flags | (word & OFFSET) + done / 8);
            pieces.add(piece);
            done += length;
        }
        return pieces;
    }

    private static void finishHeader(MemorySegment m, int at, int header, int total, int flagsAndOffset) {
        BigEndian.put16(m, at, BigEndian.u16(m, at) & 0xf0ff | header / 4 << 8);
        BigEndian.put16(m, at + 2, total);
        BigEndian.put16(m, at + 6, flagsAndOffset);
        BigEndian.put16(m, at + 10, 0);
        BigEndian.put16(m, at + 10, Checksum.finish(Checksum.sum(m, at, header)));
    }

    /// RFC 791 §3.1: the options that go into every fragment, filled up to a multiple of 4 bytes. Of malformed options
    /// those before the mistake.
    private byte[] copiedOptions(MemorySegment m, int at) {
        int headerLength = Ipv4Header.headerLength(m, at);
        byte[] copied = new byte[headerLength - Ipv4Header.MIN_LENGTH];
        MemorySegment target = MemorySegment.ofArray(copied);
        int length = 0;
        for (options.overIpv4(m, at); options.next();) {
            if (options.ipv4IsCopied()) {
                length = (int) options.copyTo(target, length);
            }
        }
        return Arrays.copyOf(copied, (length + 3) / 4 * 4);
    }
}
