package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The TCP header (RFC 9293 §3.1), read and written in place. `at` is the offset of its first byte. The getters may be
/// used once [#check] has returned [WireError#NONE]; options are read by [TcpOptionReader].
public final class TcpHeader {
    /// The bytes of a header without options.
    public static final int MIN_LENGTH = 20;
    /// The bytes of the longest header.
    public static final int MAX_LENGTH = 60;
    /// Where the checksum stands, from the header's first byte.
    public static final int CHECKSUM_OFFSET = 16;
    /// No more data from the sender.
    public static final int FIN = 0x01;
    /// Synchronize sequence numbers.
    public static final int SYN = 0x02;
    /// Reset the connection.
    public static final int RST = 0x04;
    /// Push.
    public static final int PSH = 0x08;
    /// The acknowledgment field is significant.
    public static final int ACK = 0x10;
    /// The urgent pointer is significant.
    public static final int URG = 0x20;
    /// ECN echo (RFC 3168).
    public static final int ECE = 0x40;
    /// Congestion window reduced (RFC 3168).
    public static final int CWR = 0x80;
    /// Accurate ECN (RFC 9768).
    public static final int AE = 0x100;

    private TcpHeader() {
    }

    /// Whether `available` bytes from `at` begin with a header of possible length.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < MIN_LENGTH) {
            return WireError.TRUNCATED;
        }
        int headerLength = headerLength(m, at);
        return headerLength < MIN_LENGTH || headerLength > available ? WireError.BAD_HEADER_LENGTH : WireError.NONE;
    }

    /// The source port.
    public static int sourcePort(MemorySegment m, long at) {
        return u16(m, at);
    }

    /// The destination port.
    public static int destinationPort(MemorySegment m, long at) {
        return u16(m, at + 2);
    }

    /// The sequence number (SEG.SEQ).
    public static int sequence(MemorySegment m, long at) {
        return i32(m, at + 4);
    }

    /// The acknowledgment number (SEG.ACK).
    public static int acknowledgment(MemorySegment m, long at) {
        return i32(m, at + 8);
    }

    /// Bytes of the header, options included.
    public static int headerLength(MemorySegment m, long at) {
        return (u8(m, at + 12) >>> 4) * 4;
    }

    /// The flags, [#FIN] to [#AE].
    public static int flags(MemorySegment m, long at) {
        return u16(m, at + 12) & 0x1ff;
    }

    /// The window field, unscaled.
    public static int window(MemorySegment m, long at) {
        return u16(m, at + 14);
    }

    /// The checksum.
    public static int checksum(MemorySegment m, long at) {
        return u16(m, at + 16);
    }

    /// The urgent pointer.
    public static int urgentPointer(MemorySegment m, long at) {
        return u16(m, at + 18);
    }

    /// Writes the first 20 bytes of a header, with checksum 0.
    ///
    /// @param headerLength bytes of the header with its options, a multiple of 4
    public static void write(MemorySegment m, long at, int sourcePort, int destinationPort, int sequence,
            int acknowledgment, int headerLength, int flags, int window, int urgentPointer) {
        put32(m, at, sourcePort << 16 | destinationPort & 0xffff);
        put32(m, at + 4, sequence);
        put32(m, at + 8, acknowledgment);
        put32(m, at + 12, headerLength / 4 << 28 | (flags & 0x1ff) << 16 | window & 0xffff);
        put32(m, at + 16, urgentPointer & 0xffff);
    }

    /// Sets the checksum field.
    public static void setChecksum(MemorySegment m, long at, int checksum) {
        put16(m, at + CHECKSUM_OFFSET, checksum);
    }
}
