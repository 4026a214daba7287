package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NextHop;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Ethernet on one NIC (RFC 894, RFC 2464, IEEE 802.1Q): which frames are for this station and which protocol takes them;
/// headers and tags on those that leave. Whatever the link is, this is the only place that knows frames.
final class EthernetFraming {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int TAG_LENGTH = 4;
    private static final int VLAN_ID = 0xfff;
    private static final long IPV4_GROUPS = 0x0100_5e00_0000L;
    private static final long IPV6_GROUPS = 0x3333_0000_0000L;

    private final StackNic nic;
    private final AssembledStack stack;
    private final NeighborDiscovery neighbors;
    private final long address;
    private final int vlan;

    EthernetFraming(StackNic nic, AssembledStack stack, NeighborDiscovery neighbors, long address, int vlan) {
        this.nic = nic;
        this.stack = stack;
        this.neighbors = neighbors;
        this.address = address;
        this.vlan = vlan;
    }

    long address() {
        return address;
    }

    int vlan() {
        return vlan;
    }

    NeighborDiscovery neighbors() {
        return neighbors;
    }

    /// How many bytes of header a packet gets.
    int headerLength() {
        return vlan == 0 ? EthernetHeader.LENGTH : EthernetHeader.LENGTH + TAG_LENGTH;
    }

    // ---- in

    /// Takes a frame off its header and gives it to the protocol that it is for.
    void process(Packet frame) {
        if (!frame.makeLinear(EthernetHeader.LENGTH)) {
            stack.drop(frame, DropReason.TRUNCATED);
            return;
        }
        MemorySegment m = frame.memory();
        int at = frame.start();
        long destination = EthernetHeader.destination(m, at);
        boolean group = EthernetHeader.isMulticast(destination);
        // Our own groups come back from some links; a group as source is nobody's.
        if (!group && destination != address || EthernetHeader.source(m, at) == address) {
            stack.drop(frame, DropReason.OTHER_STATION);
            return;
        }
        if (EthernetHeader.isMulticast(EthernetHeader.source(m, at))) {
            stack.drop(frame, DropReason.BAD_FRAME);
            return;
        }
        int length = EthernetHeader.LENGTH;
        int type = EthernetHeader.type(m, at);
        if (type == EthernetHeader.TYPE_VLAN) {
            length += TAG_LENGTH;
            if (!frame.makeLinear(length)) {
                stack.drop(frame, DropReason.TRUNCATED);
                return;
            }
            m = frame.memory();
            at = frame.start();
            // VLAN 0 is a priority without a VLAN (802.1Q §6.9.1).
            int id = m.get(SHORT, at + EthernetHeader.LENGTH) & VLAN_ID;
            if (id != vlan) {
                stack.drop(frame, DropReason.OTHER_STATION);
                return;
            }
            type = EthernetHeader.type(m, at + TAG_LENGTH);
        } else if (vlan != 0) {
            stack.drop(frame, DropReason.OTHER_STATION);
            return;
        }
        NetworkProtocol protocol = stack.networks().of(type);
        if (protocol == null) {
            stack.drop(frame, type == EthernetHeader.TYPE_VLAN ? DropReason.BAD_FRAME : DropReason.UNKNOWN_NETWORK_PROTOCOL);
            return;
        }
        frame.pull(length);
        frame.setLinkMulticast(group);
        protocol.receive(nic, frame);
    }

    // ---- out

    /// The way to a neighbour: groups have addresses that follow from theirs (RFC 1112 §6.4, RFC 2464 §7).
    NextHop toward(IpAddress nextHop) {
        int type = NetworkTable.etherType(nextHop.version());
        if (stack.addressing().isBroadcast(nextHop)) {
            return packets -> nic.transmit(packets, type, EthernetHeader.BROADCAST);
        }
        if (nextHop.isMulticast()) {
            long station = nextHop.isV4() ? IPV4_GROUPS | nextHop.lo() & 0x7f_ffff : IPV6_GROUPS | nextHop.lo() & 0xffff_ffffL;
            return packets -> nic.transmit(packets, type, station);
        }
        return neighbors.toward(nic, nextHop);
    }

    /// Puts headers in front of packets. Those whose memory has no room for one are copied.
    void frame(PacketList packets, int etherType, long station) {
        int header = headerLength();
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            if (p.headroom() < header) {
                frameCopies(packets, etherType, station);
                return;
            }
        }
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            writeHeader(p, etherType, station);
        }
    }

    private void frameCopies(PacketList packets, int etherType, long station) {
        var framed = new PacketList();
        Packet p;
        while ((p = packets.poll()) != null) {
            Packet roomy = p;
            if (p.headroom() < headerLength()) {
                try {
                    roomy = p.copy();
                } catch (Throwable t) {
                    // No memory for it: lost, as on a bad wire.
                    stack.failures().add(Failures.Place.TRANSMIT, t);
                    nic.drop(p, DropReason.FAILURE);
                    continue;
                }
                p.release();
            }
            writeHeader(roomy, etherType, station);
            framed.add(roomy);
        }
        packets.addAll(framed);
    }

    private void writeHeader(Packet packet, int etherType, long station) {
        int at = packet.push(headerLength());
        MemorySegment m = packet.memory();
        if (vlan == 0) {
            EthernetHeader.write(m, at, station, address, etherType);
        } else {
            EthernetHeader.write(m, at, station, address, EthernetHeader.TYPE_VLAN);
            m.set(SHORT, at + EthernetHeader.LENGTH, (short) vlan);
            m.set(SHORT, at + EthernetHeader.LENGTH + 2, (short) etherType);
        }
    }
}
