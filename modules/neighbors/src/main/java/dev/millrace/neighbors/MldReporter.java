package dev.millrace.neighbors;

import dev.millrace.NicAddress;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.MldMessage;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Reports the IPv6 groups of one NIC: the member's part of MLDv2 (RFC 3810), and of MLDv1 (RFC 2710).
final class MldReporter extends GroupReporter {
    private static final long ALL_ROUTERS_LO = 2;

    MldReporter(NetworkContext context, NicPort nic, Turn turn) {
        super(context, nic, turn, "mld", 2);
    }

    /// RFC 3810 §6, RFC 2710 §5: these are never reported.
    @Override
    boolean isReported(IpAddress group) {
        int scope = (int) (group.hi() >>> 48) & 0xf;
        return scope > 1 && !(scope == 2 && group.lo() == 1 && group.hi() << 16 == 0);
    }

    @Override
    void sendReport(List<Told> told) {
        int length = IcmpHeader.LENGTH + 20 * told.size();
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        MemorySegment m = p.memory();
        long at = MldMessage.writeV2Report(m, p.append(length), told.size());
        for (Told t : told) {
            at = MldMessage.writeRecord(m, at, t.type(), t.group().hi(), t.group().lo(), 0);
        }
        send(p, MldMessage.ROUTERS_HI, MldMessage.V2_ROUTERS_LO);
    }

    @Override
    void sendOldReport(IpAddress group, int oldVersion) {
        Packet p = Packet.allocate(Packet.HEADROOM, MldMessage.LENGTH);
        MldMessage.writeV1Report(p.memory(), p.append(MldMessage.LENGTH), group.hi(), group.lo());
        send(p, group.hi(), group.lo());
    }

    @Override
    void sendOldLeave(IpAddress group, int oldVersion) {
        Packet p = Packet.allocate(Packet.HEADROOM, MldMessage.LENGTH);
        MldMessage.writeV1Done(p.memory(), p.append(MldMessage.LENGTH), group.hi(), group.lo());
        send(p, MldMessage.ROUTERS_HI, ALL_ROUTERS_LO);
    }

    private void send(Packet p, long hi, long lo) {
        // RFC 3590 §4: from the unspecified address while there is no link-local one.
        IpAddress from = context.addressDetails(nic).stream().filter(a -> a.state().isUsable()).map(NicAddress::address)
                .filter(a -> !a.isV4() && a.isLinkLocal()).findFirst().orElse(IpAddress.ANY_V6);
        var to = new IpAddress(hi, lo);
        MemorySegment m = p.memory();
        IcmpHeader.setChecksum(m, p.start(), IcmpHeader.computeV6(m, p.start(), p.length(), from, to));
        int at = p.push(MldMessage.ROUTER_ALERT_LENGTH);
        MldMessage.writeRouterAlert(m, at, IpProtocol.ICMPV6);
        int length = p.length();
        at = p.push(Ipv6Header.LENGTH);
        Ipv6Header.write(m, at, 0, 0, length, IpProtocol.HOP_BY_HOP, MldMessage.HOP_LIMIT, from.hi(), from.lo(), hi, lo);
        countReport();
        var list = new PacketList();
        list.add(p);
        nic.transmit(list, EtherType.IPV6, MacAddress.ofGroup(hi, lo));
    }
}
