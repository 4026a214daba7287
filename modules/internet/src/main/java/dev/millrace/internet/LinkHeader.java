package dev.millrace.internet;

import dev.millrace.wire.ArpPacket;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.WireError;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Reads the Ethernet headers of frames that may be anything. What a frame has not reads as 0.
final class LinkHeader {
    private LinkHeader() {
    }

    /// The length of the header with its tag.
    static int length(Packet frame) {
        return isTagged(frame) ? EthernetHeader.LENGTH + VlanTag.LENGTH : EthernetHeader.LENGTH;
    }

    private static boolean isTagged(Packet frame) {
        return frame.headLength() >= EthernetHeader.LENGTH + VlanTag.LENGTH
                && EtherType.isVlan(EthernetHeader.type(frame.memory(), frame.start()));
    }

    /// The VLAN of its tag, or 0.
    static int vlan(Packet frame) {
        return isTagged(frame) ? VlanTag.vlan(VlanTag.control(frame.memory(), frame.start(), 0)) : 0;
    }

    /// The EtherType behind the tag.
    static int type(Packet frame) {
        if (frame.headLength() < EthernetHeader.LENGTH) {
            return 0;
        }
        return EthernetHeader.type(frame.memory(), frame.start() + (isTagged(frame) ? VlanTag.LENGTH : 0));
    }

    /// Where the IP header is, from the first byte; -1 if it carries something else.
    static int ipOffset(Packet frame) {
        int type = type(frame);
        return type == EtherType.IPV4 || type == EtherType.IPV6 ? length(frame) : -1;
    }

    static long destination(Packet frame) {
        return frame.headLength() < EthernetHeader.LENGTH ? 0 : EthernetHeader.destination(frame.memory(), frame.start());
    }

    static long source(Packet frame) {
        return frame.headLength() < EthernetHeader.LENGTH ? 0 : EthernetHeader.source(frame.memory(), frame.start());
    }

    /// One line about a frame that carries no IP packet.
    static String describe(Packet frame) {
        MemorySegment m = frame.memory();
        int at = frame.start() + length(frame);
        if (type(frame) == EtherType.ARP && ArpPacket.check(m, at, frame.headLength() - length(frame)) == WireError.NONE) {
            IpAddress sender = IpAddress.v4(ArpPacket.senderAddress(m, at));
            IpAddress target = IpAddress.v4(ArpPacket.targetAddress(m, at));
            return ArpPacket.operation(m, at) == ArpPacket.REQUEST ? "ARP who has " + target + "? tell " + sender
                    : "ARP " + sender + " is at " + MacAddress.text(ArpPacket.senderHardware(m, at));
        }
        return String.format("frame of type 0x%04x, %d bytes", type(frame), frame.length());
    }
}
