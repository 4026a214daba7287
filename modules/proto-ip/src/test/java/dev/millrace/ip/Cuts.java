package dev.millrace.ip;

import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/// Fragments as tests send them.
final class Cuts {
    private Cuts() {
    }

    /// One fragment of a datagram, whose transport header and payload is `transport`.
    static byte[] piece(PacketBuilder to, boolean v4, int id, int protocol, byte[] transport, int from, int end, boolean more) {
        byte[] payload = Arrays.copyOfRange(transport, from, end);
        return v4 ? to.fragment(id, from / 8 | (more ? Ipv4Header.MORE_FRAGMENTS : 0)).raw(protocol, payload)
                : to.extension(44, 0, from >> 8, from & 0xf8 | (more ? 1 : 0), id >> 24, id >> 16, id >> 8, id)
                        .raw(protocol, payload);
    }

    /// All of it in fragments of `size` bytes, a multiple of 8.
    static List<byte[]> every(int size, IpBench bench, int id, byte[] packet) {
        var pieces = new ArrayList<byte[]>();
        byte[] transport = transport(packet);
        for (int from = 0; from < transport.length; from += size) {
            int end = Math.min(transport.length, from + size);
            pieces.add(piece(bench.fromPeer(), bench.v4, id, protocol(packet), transport, from, end, end < transport.length));
        }
        return pieces;
    }

    /// All of it, cut `cuts` times at random.
    static List<byte[]> random(Random random, int cuts, IpBench bench, int id, byte[] packet) {
        var pieces = new ArrayList<byte[]>();
        byte[] transport = transport(packet);
        var places = new TreeSet<Integer>();
        for (int i = 0; i < cuts; i++) {
            places.add(8 * (1 + random.nextInt((transport.length - 1) / 8)));
        }
        places.add(transport.length);
        int from = 0;
        for (int end : places) {
            pieces.add(piece(bench.fromPeer(), bench.v4, id, protocol(packet), transport, from, end, end < transport.length));
            from = end;
        }
        return pieces;
    }

    /// Puts fragments that a stack has sent together, as the packet that they were.
    static byte[] join(List<byte[]> pieces) {
        boolean v4 = pieces.getFirst()[0] >>> 4 == 4;
        int header = v4 ? 20 : 48;
        byte[] first = pieces.getFirst();
        byte[] whole = new byte[pieces.stream().mapToInt(p -> p.length - header).sum()];
        int filled = 0;
        for (byte[] p : pieces) {
            int from = v4 ? ((p[6] & 0x1f) << 8 | p[7] & 0xff) * 8 : (p[42] & 0xff) << 8 | p[43] & 0xf8;
            boolean more = ((v4 ? p[6] >> 5 : p[43]) & 1) != 0;
            if (from != filled || more == (p == pieces.getLast()) || !Arrays.equals(id(first), id(p))
                    || more && (p.length - header) % 8 != 0) {
                throw new AssertionError("a fragment at " + from + ", more: " + more + ", behind " + filled);
            }
            System.arraycopy(p, header, whole, from, p.length - header);
            filled += p.length - header;
        }
        MemorySegment m = MemorySegment.ofArray(first);
        return v4 ? PacketBuilder.between(IpAddress.v4(Ipv4Header.source(m, 0)), IpAddress.v4(Ipv4Header.destination(m, 0)))
                .trafficClass(first[1]).raw(first[9], whole)
                : PacketBuilder.between(new IpAddress(Ipv6Header.sourceHi(m, 0), Ipv6Header.sourceLo(m, 0)),
                        new IpAddress(Ipv6Header.destinationHi(m, 0), Ipv6Header.destinationLo(m, 0))).raw(first[40], whole);
    }

    /// What tells the datagrams of a sender apart.
    static byte[] id(byte[] p) {
        return p[0] >>> 4 == 4 ? Arrays.copyOfRange(p, 4, 6) : Arrays.copyOfRange(p, 44, 48);
    }

    static byte[] transport(byte[] packet) {
        return Arrays.copyOfRange(packet, packet[0] >>> 4 == 4 ? (packet[0] & 0xf) * 4 : 40, packet.length);
    }

    static int protocol(byte[] packet) {
        MemorySegment m = MemorySegment.ofArray(packet);
        return packet[0] >>> 4 == 4 ? Ipv4Header.protocol(m, 0) : Ipv6Header.nextHeader(m, 0);
    }

    /// `n` bytes of no meaning.
    static byte[] noise(Random random, int n) {
        byte[] b = new byte[n];
        random.nextBytes(b);
        return b;
    }
}
