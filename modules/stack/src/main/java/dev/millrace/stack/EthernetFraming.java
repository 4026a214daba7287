package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.spi.NeighborDiscovery;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NextHop;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ethernet on one NIC (RFC 894, RFC 2464, IEEE 802.1Q): which frames are for this station and which protocol takes them;
/// headers and tags on those that leave. Whatever the link is, this is the only place that knows frames.
final class EthernetFraming {
    private static final Logger LOG = LoggerFactory.getLogger(EthernetFraming.class);

    private final StackNic nic;
    private final AssembledStack stack;
    private final NeighborDiscovery neighbors;
    private final long address;
    private final int vlan;
    /// That another station has our address is said once.
    private volatile boolean told;

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
        return vlan == 0 ? EthernetHeader.LENGTH : EthernetHeader.LENGTH + VlanTag.LENGTH;
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
        boolean group = MacAddress.isMulticast(destination);
        // Our own groups come back from some links; a group as source is nobody's.
        if (!group && destination != address || EthernetHeader.source(m, at) == address) {
            if ((group || destination == address) && !told) {
                told = true;
                LOG.warn("{}/{}: frames come in that have this NIC's own address {}: give one of the two stations another (mac)",
                        stack.name(), nic.name(), MacAddress.text(address));
            }
            stack.drop(frame, DropReason.OTHER_STATION);
            return;
        }
        if (MacAddress.isMulticast(EthernetHeader.source(m, at))) {
            stack.drop(frame, DropReason.BAD_FRAME);
            return;
        }
        int type = EthernetHeader.type(m, at);
        int length = EthernetHeader.LENGTH;
        int tag = 0;
        if (EtherType.isVlan(type)) {
            length += VlanTag.LENGTH;
            if (!frame.makeLinear(length)) {
                stack.drop(frame, DropReason.TRUNCATED);
                return;
            }
            m = frame.memory();
            at = frame.start();
            // VLAN 0 is a priority without a VLAN (802.1Q §6.9.1).
            tag = VlanTag.vlan(VlanTag.control(m, at, 0));
            type = EthernetHeader.type(m, at + VlanTag.LENGTH);
        }
        if (tag != vlan) {
            stack.drop(frame, DropReason.OTHER_STATION);
            return;
        }
        NetworkProtocol protocol = stack.networks().of(type);
        if (protocol == null) {
            stack.drop(frame, EtherType.isVlan(type) ? DropReason.BAD_FRAME : DropReason.UNKNOWN_NETWORK_PROTOCOL);
            return;
        }
        frame.pull(length);
        frame.setBroadcast(group);
        protocol.receive(nic, frame);
    }

    // ---- out

    /// The way to a neighbour: groups have addresses that follow from theirs (RFC 1112 §6.4, RFC 2464 §7).
    NextHop toward(IpAddress nextHop) {
        int type = NetworkTable.etherType(nextHop.version());
        if (stack.addressing().isBroadcast(nextHop)) {
            return packets -> nic.transmit(packets, type, MacAddress.BROADCAST);
        }
        if (nextHop.isMulticast()) {
            long station = MacAddress.ofGroup(nextHop.hi(), nextHop.lo());
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
            EthernetHeader.writeTagged(m, at, station, address, VlanTag.control(0, false, vlan), etherType);
        }
    }
}
