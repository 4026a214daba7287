package dev.millrace.it.schedule;

import java.nio.ByteBuffer;

/// IPv4 packets that strangers send.
final class WovenFrames {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    private WovenFrames() {
    }

    static byte[] tcp(int source, int destination, int sourcePort, int destinationPort, int seq, int ack, int flags) {
        ByteBuffer b = ip(source, destination, 6, 40);
        b.putShort(20, (short) sourcePort).putShort(22, (short) destinationPort).putInt(24, seq).putInt(28, ack)
                .put(32, (byte) 0x50).put(33, (byte) flags).putShort(34, (short) 8000);
        return b.array();
    }

    /// A SYN with Fast Open's option: one that asks for a cookie, or has one of eight bytes and four bytes of data behind it.
    static byte[] fastSyn(int source, int destination, int sourcePort, int destinationPort, Long cookie) {
        int header = cookie == null ? 24 : 32;
        ByteBuffer b = ip(source, destination, 6, 20 + header + (cookie == null ? 0 : 4));
        b.putShort(20, (short) sourcePort).putShort(22, (short) destinationPort).putInt(24, 1000)
                .put(32, (byte) (header / 4 << 4)).put(33, (byte) SYN).putShort(34, (short) 8000)
                .putInt(40, 0x01012200 | (cookie == null ? 2 : 10));
        if (cookie != null) {
            b.putLong(44, cookie);
        }
        return b.array();
    }

    static byte[] udp(int source, int destination, int sourcePort, int destinationPort, int length) {
        ByteBuffer b = ip(source, destination, 17, 28 + length);
        b.putShort(20, (short) sourcePort).putShort(22, (short) destinationPort).putShort(24, (short) (8 + length));
        return b.array();
    }

    /// An ICMP echo request.
    static byte[] echo(int source, int destination, int length) {
        ByteBuffer b = ip(source, destination, 1, 28 + length);
        b.put(20, (byte) 8).putShort(22, (short) checksum(b, 20, 8 + length));
        return b.array();
    }

    /// An ICMP destination unreachable (type 3) that quotes the head of a TCP segment.
    static byte[] unreachable(int router, int host, int peer, int code, int mtu, int hostPort, int peerPort, int seq) {
        ByteBuffer b = ip(router, host, 1, 20 + 8 + 28);
        b.put(20, (byte) 3).put(21, (byte) code).putShort(26, (short) mtu);
        ByteBuffer quoted = ip(host, peer, 6, 1500);
        b.put(28, quoted.array(), 0, 20);
        b.putShort(48, (short) hostPort).putShort(50, (short) peerPort).putInt(52, seq);
        b.putShort(22, (short) checksum(b, 20, 36));
        return b.array();
    }

    private static ByteBuffer ip(int source, int destination, int protocol, int length) {
        ByteBuffer b = ByteBuffer.allocate(length);
        b.put(0, (byte) 0x45).putShort(2, (short) length).putShort(6, (short) 0x4000).put(8, (byte) 64)
                .put(9, (byte) protocol).putInt(12, source).putInt(16, destination);
        b.putShort(10, (short) checksum(b, 0, 20));
        return b;
    }

    private static int checksum(ByteBuffer b, int from, int length) {
        int sum = 0;
        for (int i = from; i < from + length; i += 2) {
            sum += b.getShort(i) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        return ~sum & 0xffff;
    }
}
