package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpOptionWriter;

/// The window that is offered to the peer: never shrunk (SHLD-14), opened in worthwhile steps only (RFC 9293
/// §3.8.6.2.2), scaled (RFC 7323 §2).
final class WindowAdvertiser {
    static final int MAX_SHIFT = 14;

    private WindowAdvertiser() {
    }

    /// The shift with which the largest window that `buffer` bytes allow fits into 16 bits.
    static int shiftFor(int buffer) {
        int s = 0;
        while (s < MAX_SHIFT && buffer >> s > 0xffff) {
            s++;
        }
        return s;
    }

    /// RFC 9293 §3.8.6.2.2's RCV.BUFF: the buffer, as far as the 16 bits of a window can speak of it. What is beyond would make
    /// each read look like a window that opens wide.
    private static int buffer(TcpConnection c) {
        return Math.min(c.options.receiveBuffer, 0xffff << c.receiveShift);
    }

    private static int free(TcpConnection c) {
        return Math.max(0, Math.min(c.options.receiveBuffer - c.receiveBuffer.length(), buffer(c)));
    }

    private static int worthwhile(TcpConnection c) {
        return Math.min(buffer(c) / 2, c.advertisedMss);
    }

    /// The window field of a segment that goes out now; moves RCV's edge to what it promises.
    static int field(TcpConnection c) {
        ReceiveSequence rcv = c.rcv;
        int shift = c.receiveShift;
        int offered = rcv.wnd();
        int free = free(c);
        int field = Math.min(0xffff, free >> shift);
        if (field << shift >= offered && free - offered >= worthwhile(c)) {
            rcv.edge = rcv.nxt + (field << shift);
            return field;
        }
        field = offered >> shift;
        // RFC 7323 §2.4: what the scale cannot express is rounded up, so that the edge stays; unless a peer has pushed
        // that too far with segments smaller than the unit.
        int up = field + 1 << shift;
        if (field << shift != offered && up <= free + (1 << shift) + c.options.receiveBuffer / 4) {
            field++;
            rcv.edge = rcv.nxt + up;
        }
        assert field <= 0xffff;
        return field;
    }

    /// The window field of a SYN, which is never scaled, nor less than an earlier one's. Until the peer's SYN has come, it
    /// counts from 0.
    static int synField(TcpConnection c) {
        int field = synField(c.settings, free(c), c.advertisedMss, c.timestampsOn);
        // Neither an earlier SYN's promise, nor that of segments that went out since the first SYN,ACK of a fast open, is taken back.
        field = Math.max(field, Math.min(0xffff, c.rcv.wnd()));
        c.rcv.edge = Math.max(c.rcv.edge, c.rcv.nxt + field);
        return field;
    }

    /// The window field of a SYN for `free` bytes. Linux offers whole segments: 64,240 where they have 1460 bytes, and 65,160 once
    /// it is agreed that timestamps take 12 of them.
    static int synField(TcpSettings settings, int free, int mss, boolean timestamps) {
        int field = Math.min(0xffff, free);
        int size = Math.max(1, mss - (timestamps ? TcpOptionWriter.TIMESTAMPS_LENGTH : 0));
        return settings.profile == Profile.LINUX && field >= size ? field - field % size : field;
    }

    /// Whether the program has read so much that the peer should hear of it: a step worth taking that doubles the window
    /// or opens half of the buffer.
    static boolean needsUpdate(TcpConnection c) {
        int shift = c.receiveShift;
        int offered = c.rcv.wnd();
        int free = free(c);
        int growth = free - offered;
        return growth >= worthwhile(c) && (free >= 2 * (long) offered || growth >= buffer(c) / 2)
                && Math.min(0xffff, free >> shift) << shift > offered;
    }
}
