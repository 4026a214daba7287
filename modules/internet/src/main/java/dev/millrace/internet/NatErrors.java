package dev.millrace.internet;

import dev.millrace.internet.NatTable.Mapping;
import dev.millrace.internet.NatTable.Session;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;

/// ICMP errors through a NAT: the packet that they quote is shown to its sender as it sent it, and to others as they got
/// it (RFC 5508 §4). Errors neither prolong nor end a session (RFC 5508 REQ-6, RFC 4787 REQ-12, RFC 5382
/// REQ-10).
///
/// Differs: RFC 5508 REQ-4 asks for a mapping of the quoted packet; here its receiver must be a peer of a session, too, so
/// that nobody can break connections who has only guessed a port.
final class NatErrors {
    private final NatTable table;
    private final Headers quoted = new Headers();

    NatErrors(NatTable table) {
        this.table = table;
    }

    /// Why an error is no good, or `null` (RFC 5508 REQ-3). Its headers have been read; it is linear, and no fragment.
    BoxDrop problem(Headers error, Packet packet) {
        if (error.isFragment()) {
            return BoxDrop.UNRELATED_ICMP_ERROR;
        }
        if (!Checksum.isRight(Checksum.sum(packet, error.transport()))) {
            return BoxDrop.BAD_ICMP_CHECKSUM;
        }
        quoted.readQuoted(error.memory(), error.transport() + IcmpHeader.LENGTH,
                error.transportLength() - IcmpHeader.LENGTH);
        // RFC 5508 REQ-3(c): the quoted transport checksum is not looked at, since most of what it covers is missing.
        if (quoted.problem() != null || !quoted.isV4() || !quoted.readQuotedPorts()
                || !Ipv4Header.checksumIsRight(quoted.memory(), quoted.at())) {
            return BoxDrop.UNRELATED_ICMP_ERROR;
        }
        boolean known = quoted.isTcp() || quoted.protocol() == IpProtocol.UDP || quoted.isIcmpQuery();
        return known ? null : BoxDrop.UNRELATED_ICMP_ERROR;
    }

    /// An error from inside about a packet that came in, after [#problem] was asked (RFC 5508 REQ-5). Rewrites the quoted
    /// packet, and the source: a router in between has no address outside, and is shown as the NAT. `null` if unrelated.
    Mapping outbound(Headers error) {
        Session s = table.fromInside(destination(), NatTable.peer(source()));
        if (s == null) {
            return null;
        }
        Mapping m = s.mapping();
        NatRewrite.setAddress(quoted, false, m.externalAddress());
        NatRewrite.setPort(quoted, false, m.externalPort());
        NatRewrite.setAddress(error, true, m.externalAddress());
        finish(error);
        return m;
    }

    /// An error from outside about a packet that went out, after [#problem] was asked (RFC 5508 REQ-4). Rewrites the
    /// quoted packet and the destination, which is the host that sent it. `null` if unrelated.
    Mapping inbound(Headers error) {
        Session s = quoted.source().equals(error.destination()) ? table.fromOutside(source(), NatTable.peer(destination())) : null;
        if (s == null) {
            return null;
        }
        Mapping m = s.mapping();
        NatRewrite.setAddress(quoted, true, m.internalAddress());
        NatRewrite.setPort(quoted, true, m.internalPort());
        NatRewrite.setAddress(error, false, m.internalAddress());
        finish(error);
        return m;
    }

    private long source() {
        return NatTable.endpoint(quoted.protocol(), quoted.source().v4Bits(), quoted.sourcePort());
    }

    private long destination() {
        return NatTable.endpoint(quoted.protocol(), quoted.destination().v4Bits(), quoted.destinationPort());
    }

    private static void finish(Headers error) {
        int length = error.transportLength();
        IcmpHeader.setChecksum(error.memory(), error.transport(), 0);
        IcmpHeader.setChecksum(error.memory(), error.transport(),
                IcmpHeader.computeV4(error.memory(), error.transport(), length));
    }
}
