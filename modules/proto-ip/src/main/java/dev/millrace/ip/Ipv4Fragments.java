package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Fragments of IPv4 that came in: checks them, and gives what a [Reassembly] made whole the header of one packet.
final class Ipv4Fragments {
    private static final int MAX_LENGTH = 0xffff;

    private final IpCounters counters;
    private final Reassembly reassembly;

    Ipv4Fragments(IpCounters counters, Reassembly reassembly) {
        this.counters = counters;
        this.reassembly = reassembly;
    }

    /// Takes a fragment that starts at its IP header, which is right. Returns the whole datagram, starting at its transport
    /// header, or `null` if it is not whole yet or was dropped.
    Packet take(Packet packet) {
        MemorySegment m = packet.memory();
        int at = packet.start();
        int headerLength = Ipv4Header.headerLength(m, at);
        int from = Ipv4Header.fragmentOffset(m, at);
        boolean more = Ipv4Header.moreFragments(m, at);
        int payload = packet.length() - headerLength;
        if (payload == 0 || more && payload % 8 != 0) {
            counters.drop(packet, DropReason.BAD_IP_HEADER);
            return null;
        }
        if (headerLength + from + payload > MAX_LENGTH) {
            tooLong(packet);
            return null;
        }
        // RFC 791 §3.2: identifications are unique for a source, destination and protocol.
        long id = (long) Ipv4Header.protocol(m, at) << 16 | Ipv4Header.identification(m, at);
        Packet whole = reassembly.add(packet, headerLength, from, more, id, null);
        return whole == null ? null : finish(whole);
    }

    /// The "ping of death", and a first fragment with options where the others have none.
    private void tooLong(Packet packet) {
        counters.count("reassembly-too-long", 1);
        counters.drop(packet, DropReason.BAD_IP_HEADER);
    }

    /// Makes the first fragment's header that of the whole, as an ICMP error about it has to quote it.
    private Packet finish(Packet whole) {
        int payload = whole.start();
        whole.rewindToNetworkHeader();
        MemorySegment m = whole.memory();
        int at = whole.start();
        if (whole.length() > MAX_LENGTH) {
            tooLong(whole);
            return null;
        }
        int sum = Checksum.update(Ipv4Header.checksum(m, at), BigEndian.u16(m, at + 2), whole.length());
        sum = Checksum.update(sum, BigEndian.u16(m, at + 6), 0);
        int first = BigEndian.u16(m, at);
        int marked = first & 0xff00 | whole.trafficClass();
        sum = Checksum.update(sum, first, marked);
        BigEndian.put16(m, at, marked);
        BigEndian.put16(m, at + 2, whole.length());
        BigEndian.put16(m, at + 6, 0);
        BigEndian.put16(m, at + 10, sum);
        whole.pull(payload - at);
        return whole;
    }
}
