package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;

/// IPv6 packets through a prefix translator (RFC 6296): the source on the way out, the destination on the way in, both for
/// hosts inside that use their addresses outside, and the addresses in packets that ICMP errors quote. Ports, fragments
/// and checksums need nothing.
final class NatPrefixes {
    private static final int SOURCE = 8;
    private static final int DESTINATION = 24;

    private final Nptv6 map;
    private final Headers quoted = new Headers();

    NatPrefixes(Nptv6 map) {
        this.map = map;
    }

    /// A packet from inside. One whose source has not the prefix goes out as it is.
    Verdict outbound(Packet p, Headers h) {
        boolean back = map.isExternal(h.destination());
        IpAddress source = map.isInternal(h.source()) ? map.toExternal(h.source()) : h.source();
        IpAddress destination = back ? map.toInternal(h.destination()) : h.destination();
        if (source == null || destination == null) {
            return new Verdict.Drop(p, BoxDrop.NAT_PREFIX);
        }
        if (h.isIcmpError()) {
            translateQuoted(h, true, back);
        }
        Nptv6.put(h.memory(), h.at() + SOURCE, source);
        Nptv6.put(h.memory(), h.at() + DESTINATION, destination);
        return back ? new Verdict.Hairpin(p) : new Verdict.Forward(p);
    }

    /// A packet from outside. The prefix inside is nobody's outside, so that none can come to it or from it.
    Verdict inbound(Packet p, Headers h) {
        if (map.isInternal(h.destination())) {
            return new Verdict.Drop(p, BoxDrop.NAT_NOT_OURS);
        }
        if (map.isInternal(h.source())) {
            return new Verdict.Drop(p, BoxDrop.MARTIAN);
        }
        if (!map.isExternal(h.destination())) {
            return new Verdict.Forward(p);
        }
        IpAddress destination = map.toInternal(h.destination());
        if (destination == null) {
            return new Verdict.Drop(p, BoxDrop.NAT_PREFIX);
        }
        if (h.isIcmpError()) {
            translateQuoted(h, false, true);
        }
        Nptv6.put(h.memory(), h.at() + DESTINATION, destination);
        return new Verdict.Forward(p);
    }

    /// What went out is quoted with its source outside, and what came in with its destination inside.
    private void translateQuoted(Headers h, boolean out, boolean in) {
        int at = h.transport() + IcmpHeader.LENGTH;
        int length = h.transportLength() - IcmpHeader.LENGTH;
        if (length < Ipv6Header.LENGTH || BigEndian.u8(h.memory(), at) >>> 4 != 6) {
            return;
        }
        // Addresses are there even if the bytes end within an extension header.
        quoted.readQuoted(h.memory(), at, length);
        if (out && map.isInternal(quoted.destination())) {
            putIfMapped(at + DESTINATION, map.toExternal(quoted.destination()));
        }
        if (in && map.isExternal(quoted.source())) {
            putIfMapped(at + SOURCE, map.toInternal(quoted.source()));
        }
    }

    private void putIfMapped(int at, IpAddress a) {
        if (a != null) {
            Nptv6.put(quoted.memory(), at, a);
        }
    }
}
