package dev.millrace.link.packet;

import static dev.millrace.wire.BigEndian.put16;

import dev.millrace.wire.VlanTag;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// The tags of IEEE 802.1Q in a frame. The kernel takes the outermost off what it receives, and tells its type (TPID) and its 16 bits
/// of priority and VLAN (TCI) beside the frame.
final class FrameTags {
    private static final int ADDRESSES = 12;

    private FrameTags() {
    }

    /// Puts a tag into a frame, which needs [VlanTag#LENGTH] bytes of headroom.
    static void insert(Packet packet, int type, int tci) {
        int at = packet.push(VlanTag.LENGTH);
        MemorySegment m = packet.memory();
        MemorySegment.copy(m, at + VlanTag.LENGTH, m, at, ADDRESSES);
        put16(m, at + ADDRESSES, type);
        put16(m, at + ADDRESSES + 2, tci);
    }

    /// Where the network header of a frame is: behind the Ethernet header and the tags in it, in bytes from its start.
    static int networkOffset(Packet packet) {
        return VlanTag.offset(VlanTag.walk(packet.memory(), packet.start(), packet.headLength()));
    }
}
