package dev.millrace.link.packet;

import static dev.millrace.wire.BigEndian.put16;

import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// The tag of IEEE 802.1Q behind the addresses of a frame: a type (TPID) and 16 bits of priority and VLAN (TCI). The kernel
/// takes the outermost off what it receives, and tells it beside the frame.
final class VlanTag {
    static final int LENGTH = 4;
    /// The type of a service tag (IEEE 802.1ad).
    private static final int TYPE_SERVICE = 0x88a8;
    private static final int ADDRESSES = 12;
    private static final int MAX_TAGS = 2;

    private VlanTag() {
    }

    /// Puts a tag into a frame, which needs [#LENGTH] bytes of headroom.
    static void insert(Packet packet, int type, int tci) {
        int at = packet.push(LENGTH);
        MemorySegment m = packet.memory();
        MemorySegment.copy(m, at + LENGTH, m, at, ADDRESSES);
        put16(m, at + ADDRESSES, type);
        put16(m, at + ADDRESSES + 2, tci);
    }

    /// Where the network header of a frame is: behind the Ethernet header and the tags in it, in bytes from its start.
    static int networkOffset(Packet packet) {
        int offset = EthernetHeader.LENGTH;
        for (int tags = 0; tags < MAX_TAGS && packet.headLength() >= offset + LENGTH; tags++) {
            // The last two bytes of what is a header so far are a type.
            int type = EthernetHeader.type(packet.memory(), packet.start() + offset - EthernetHeader.LENGTH);
            if (type != EthernetHeader.TYPE_VLAN && type != TYPE_SERVICE) {
                break;
            }
            offset += LENGTH;
        }
        return offset;
    }
}
