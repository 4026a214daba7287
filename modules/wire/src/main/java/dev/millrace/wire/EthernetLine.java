package dev.millrace.wire;

import java.lang.foreign.MemorySegment;

/// An Ethernet frame as one line: tags in front (`vlan:7 `), then the packet it carries, ARP, or its addresses and type.
final class EthernetLine {
    private final MemorySegment m;
    private final int original;
    private final int depth;
    private final int kept;

    /// @param originalLength the bytes that the frame had on the wire
    /// @param depth how many frames it lies in
    EthernetLine(MemorySegment frame, int originalLength, int depth) {
        this.m = frame;
        this.original = originalLength;
        this.depth = depth;
        this.kept = (int) Math.min(Integer.MAX_VALUE, frame.byteSize());
    }

    String text() {
        if (kept < EthernetHeader.LENGTH) {
            return "invalid packet: Ethernet header truncated at " + kept + " bytes";
        }
        long found = VlanTag.walk(m, 0, kept);
        var line = new StringBuilder(120);
        for (int i = 0; i < VlanTag.count(found); i++) {
            appendTag(line, VlanTag.tagType(m, 0, i), VlanTag.control(m, 0, i));
        }
        if (VlanTag.error(found) != WireError.NONE) {
            return line.append(stations("ethernet")).append(" invalid: VLAN tags, ").append(VlanTag.error(found).text())
                    .toString();
        }
        int at = VlanTag.offset(found);
        int type = VlanTag.type(found);
        return line.append(switch (type) {
            case EtherType.IPV4, EtherType.IPV6 -> new IpLine(m, original, depth).text(at);
            case EtherType.ARP -> arp(at);
            default -> EtherType.isLength(type) ? lengthFrame(at, type) : other(at, type);
        }).toString();
    }

    private static void appendTag(StringBuilder line, int tagType, int control) {
        line.append(tagType == EtherType.PROVIDER_VLAN ? "provider-vlan:" : "vlan:").append(VlanTag.vlan(control));
        if (VlanTag.priority(control) != 0) {
            line.append(",priority:").append(VlanTag.priority(control));
        }
        line.append(VlanTag.dropEligible(control) ? ",drop-eligible " : " ");
    }

    private String stations(String what) {
        return what + " " + MacAddress.text(EthernetHeader.source(m, 0)) + " -> "
                + MacAddress.text(EthernetHeader.destination(m, 0));
    }

    /// The bytes behind the header, padding included.
    private int payload(int at) {
        return Math.max(0, Math.max(original, kept) - at);
    }

    private String arp(int at) {
        WireError error = ArpPacket.check(m, at, kept - at);
        if (error != WireError.NONE) {
            return stations("arp") + " invalid: " + error.text() + " len:" + payload(at);
        }
        String sender = IpAddress.v4(ArpPacket.senderAddress(m, at)).toString();
        String target = IpAddress.v4(ArpPacket.targetAddress(m, at)).toString();
        String hardware = MacAddress.text(ArpPacket.senderHardware(m, at));
        if (ArpPacket.isProbe(m, at)) {
            return "arp probe who-has " + target + " for " + hardware;
        }
        if (ArpPacket.isAnnouncement(m, at)) {
            return "arp announce " + sender + " is-at " + hardware;
        }
        return ArpPacket.operation(m, at) == ArpPacket.REQUEST
                ? "arp who-has " + target + " tell " + sender + " at " + hardware
                : "arp reply " + sender + " is-at " + hardware + " to " + target;
    }

    /// IEEE 802.3: a length, then the service access points of IEEE 802.2.
    private String lengthFrame(int at, int length) {
        String line = stations("802.3");
        if (kept - at >= 2) {
            line += String.format(" dsap:0x%02x ssap:0x%02x", BigEndian.u8(m, at), BigEndian.u8(m, at + 1));
        }
        return line + " len:" + length;
    }

    private String other(int at, int type) {
        String name = EtherType.name(type);
        return stations("ethernet") + String.format(" type:0x%04x", type) + (name.isEmpty() ? "" : "(" + name + ")")
                + " len:" + payload(at);
    }
}
