package dev.millrace.plot;

import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.LinkType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/// A TCP segment in a capture. What a snap length has cut off is known by the lengths that the headers tell.
final class Segment {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    private static final int MAX_EXTENSIONS = 8;

    InetSocketAddress source;
    InetSocketAddress destination;
    int sequence;
    int acknowledgment;
    int flags;
    int window;
    /// Bytes of payload.
    int length;
    /// -1 if the option is not there.
    int windowScale = -1;
    boolean sackPermitted;
    /// Left and right edges.
    int[] sack = {};

    private Segment() {
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /// The segment in a packet, or `null` if it is no TCP, or too little of it is there.
    static Segment of(CapturedPacket p) {
        byte[] b = p.bytes();
        int at = networkHeader(p, b);
        if (at < 0 || at >= b.length) {
            return null;
        }
        try {
            return (b[at] >> 4 & 15) == 4 ? v4(b, at) : (b[at] >> 4 & 15) == 6 ? v6(b, at) : null;
        } catch (ArrayIndexOutOfBoundsException e) {
            // Cut off within its headers.
            return null;
        }
    }

    private static int networkHeader(CapturedPacket p, byte[] b) {
        switch (p.captureInterface().linkType()) {
            case LinkType.RAW, 228, 229 -> {
                return 0;
            }
            case LinkType.NULL -> {
                return 4;
            }
            case LinkType.ETHERNET -> {
                int at = 12;
                while (at + 4 <= b.length && (u16(b, at) == 0x8100 || u16(b, at) == 0x88a8)) {
                    at += 4;
                }
                return at + 2 <= b.length && (u16(b, at) == 0x0800 || u16(b, at) == 0x86dd) ? at + 2 : -1;
            }
            default -> {
                return -1;
            }
        }
    }

    private static int u8(byte[] b, int at) {
        return b[at] & 0xff;
    }

    private static int u16(byte[] b, int at) {
        return u8(b, at) << 8 | u8(b, at + 1);
    }

    private static int i32(byte[] b, int at) {
        return u16(b, at) << 16 | u16(b, at + 2);
    }

    private static Segment v4(byte[] b, int at) {
        int header = (b[at] & 15) * 4;
        boolean laterFragment = (u16(b, at + 6) & 0x1fff) != 0;
        if (header < 20 || laterFragment || u8(b, at + 9) != IpProtocol.TCP) {
            return null;
        }
        // A super-segment that was captured before it was cut may have no length.
        int total = u16(b, at + 2) == 0 ? b.length - at : u16(b, at + 2);
        return tcp(b, at + header, total - header, Arrays.copyOfRange(b, at + 12, at + 16),
                Arrays.copyOfRange(b, at + 16, at + 20));
    }

    private static Segment v6(byte[] b, int at) {
        int left = u16(b, at + 4) == 0 ? b.length - at - 40 : u16(b, at + 4);
        int next = u8(b, at + 6);
        int header = at + 40;
        for (int i = 0; i < MAX_EXTENSIONS && (next == 0 || next == 43 || next == 60); i++) {
            int length = (u8(b, header + 1) + 1) * 8;
            next = u8(b, header);
            header += length;
            left -= length;
        }
        return next != IpProtocol.TCP ? null : tcp(b, header, left, Arrays.copyOfRange(b, at + 8, at + 24),
                Arrays.copyOfRange(b, at + 24, at + 40));
    }

    private static Segment tcp(byte[] b, int at, int available, byte[] source, byte[] destination) {
        int header = (u8(b, at + 12) >> 4) * 4;
        if (header < 20 || available < header) {
            return null;
        }
        var s = new Segment();
        s.source = socketAddress(source, u16(b, at));
        s.destination = socketAddress(destination, u16(b, at + 2));
        s.sequence = i32(b, at + 4);
        s.acknowledgment = i32(b, at + 8);
        s.flags = u8(b, at + 13);
        s.window = u16(b, at + 14);
        s.length = available - header;
        s.readOptions(b, at + 20, Math.min(b.length, at + header));
        return s;
    }

    private void readOptions(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            int kind = u8(b, at);
            if (kind == 0) {
                return;
            }
            if (kind == 1) {
                at++;
                continue;
            }
            int size = at + 1 < to ? u8(b, at + 1) : 0;
            if (size < 2 || at + size > to) {
                return;
            }
            if (kind == 3 && size == 3) {
                windowScale = Math.min(14, u8(b, at + 2));
            } else if (kind == 4) {
                sackPermitted = true;
            } else if (kind == 5) {
                sack = new int[(size - 2) / 8 * 2];
                for (int i = 0; i < sack.length; i++) {
                    sack[i] = i32(b, at + 2 + 4 * i);
                }
            }
            at += size;
        }
    }

    private static InetSocketAddress socketAddress(byte[] address, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
