package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IgmpMessage;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Reports the IPv4 groups of one NIC: the member's part of IGMPv3 (RFC 3376), and of versions 2 (RFC 2236) and 1 (RFC 1112).
final class IgmpReporter extends GroupReporter {
    /// 224.0.0.1, to which all hosts belong: never reported (RFC 3376 §5).
    private static final int ALL_HOSTS = 0xe000_0001;
    private static final int RECORD_LENGTH = 8;
    private static final int OPTION_LENGTH = 4;
    private static final int HEADER_LENGTH = 24;
    /// RFC 3376 §4: Internetwork Control.
    private static final int TOS = 0xc0;

    IgmpReporter(NetworkContext context, NicPort nic, Turn turn) {
        super(context, nic, turn, "igmp", 3);
    }

    @Override
    boolean isReported(IpAddress group) {
        return group.v4Bits() != ALL_HOSTS;
    }

    @Override
    void sendReport(List<Told> told) {
        int length = IgmpMessage.LENGTH + RECORD_LENGTH * told.size();
        Packet p = Packet.allocate(Packet.HEADROOM, length);
        MemorySegment m = p.memory();
        long at = IgmpMessage.writeV3Report(m, p.append(length), told.size());
        for (Told t : told) {
            at = IgmpMessage.writeRecord(m, at, t.type(), t.group().v4Bits(), 0);
        }
        send(p, IgmpMessage.V3_ROUTERS);
    }

    @Override
    void sendOldReport(IpAddress group, int oldVersion) {
        Packet p = Packet.allocate(Packet.HEADROOM, IgmpMessage.LENGTH);
        int at = p.append(IgmpMessage.LENGTH);
        IgmpMessage.writeV2Report(p.memory(), at, group.v4Bits());
        if (oldVersion == 1) {
            BigEndian.put8(p.memory(), at, IgmpMessage.V1_REPORT);
        }
        send(p, group.v4Bits());
    }

    @Override
    void sendOldLeave(IpAddress group, int oldVersion) {
        // Version 1 knows no such message: who is not heard any more has left.
        if (oldVersion > 1) {
            Packet p = Packet.allocate(Packet.HEADROOM, IgmpMessage.LENGTH);
            IgmpMessage.writeLeave(p.memory(), p.append(IgmpMessage.LENGTH), group.v4Bits());
            send(p, IgmpMessage.ALL_ROUTERS);
        }
    }

    private void send(Packet p, int to) {
        MemorySegment m = p.memory();
        IgmpMessage.setChecksum(m, p.start(), p.length());
        // RFC 3376 §4.2.13: from 0.0.0.0 while there is no address.
        IpAddress from = context.addresses(nic).stream().map(Cidr::address).filter(IpAddress::isV4).findFirst()
                .orElse(IpAddress.ANY_V4);
        int length = HEADER_LENGTH + p.length();
        int at = p.push(HEADER_LENGTH);
        // A header with the option Router Alert (RFC 2113), so that routers that are no members look at it.
        BigEndian.put16(m, at, 0x4600 | TOS);
        BigEndian.put16(m, at + 2, length);
        BigEndian.put32(m, at + 4, 0);
        BigEndian.put16(m, at + 8, 1 << 8 | IpProtocol.IGMP);
        BigEndian.put16(m, at + 10, 0);
        BigEndian.put32(m, at + 12, from.v4Bits());
        BigEndian.put32(m, at + 16, to);
        BigEndian.put32(m, at + HEADER_LENGTH - OPTION_LENGTH, IgmpMessage.ROUTER_ALERT);
        BigEndian.put16(m, at + 10, Checksum.finish(Checksum.sum(m, at, HEADER_LENGTH)));
        countReport();
        IpAddress group = IpAddress.v4(to);
        var list = new PacketList();
        list.add(p);
        nic.transmit(list, EtherType.IPV4, MacAddress.ofGroup(group.hi(), group.lo()));
    }
}
