package dev.millrace.link.packet;

import dev.millrace.DropReason;
import dev.millrace.linux.UdpSegments;
import dev.millrace.linux.VnetHeader;
import dev.millrace.spi.Link;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;

/// Makes frames of what the kernel hands over, whichever way it came: takes the [VnetHeader] off, cuts super-segments that
/// the stack does not want whole, and puts the VLAN tag back. For one thread.
final class FrameIntake {
    /// `tp_status` of a part of a ring that is the kernel's.
    static final int STATUS_KERNEL = 0;
    /// Bits of `tp_status`, in what the kernel says of a frame or of a part of a ring: it is ours.
    static final int STATUS_USER = 1;
    /// The whole frame waits at the socket, because it is larger than a slot of the ring.
    static final int COPIED = 1 << 1;
    static final int CHECKSUM_NOT_READY = 1 << 3;
    static final int TAG_VALID = 1 << 4;
    static final int TAG_TYPE_VALID = 1 << 6;
    static final int CHECKSUM_VALID = 1 << 7;

    /// `sll_pkttype` of a frame that this machine sent.
    static final int OUTGOING = 4;

    /// What fits a small buffer is copied there, which is cheaper than to keep a large one for it.
    static final int SMALL = 2048 - Packet.HEADROOM;

    private final boolean vnetHeader;
    private final boolean wholeSegments;
    private final PacketLink link;
    private final PacketList pieces = new PacketList();

    /// @param vnetHeader whether there is one in front of each frame
    /// @param wholeSegments whether the stack takes super-segments of TCP
    FrameIntake(PacketLink link, boolean vnetHeader, boolean wholeSegments) {
        this.link = link;
        this.vnetHeader = vnetHeader;
        this.wholeSegments = wholeSegments;
    }

    /// Adds a frame, or what it stands for, to a batch, or drops it. A packet that it throws with is dropped, too.
    ///
    /// @param status bits of `tp_status`
    /// @param tagType the tag's type, if the status says that there is one
    /// @param tci the tag's content
    void accept(Packet packet, int status, int tagType, int tci, PacketList batch) {
        packet.holdFor(this);
        try {
            sort(packet, status, tagType, tci, batch);
        } catch (Throwable t) {
            pieces.releaseAll();
            if (packet.isHeldBy(this)) {
                link.sink().drop(packet, DropReason.FAILURE);
            }
            throw t;
        }
    }

    private void sort(Packet packet, int status, int tagType, int tci, PacketList batch) {
        int type = VnetHeader.GSO_NONE;
        if (vnetHeader) {
            type = packet.length() < VnetHeader.LENGTH ? -1 : VnetHeader.pull(packet);
        } else if ((status & (CHECKSUM_NOT_READY | CHECKSUM_VALID)) != 0) {
            packet.setChecksumming(Checksumming.VOUCHED);
        }
        switch (type) {
            case VnetHeader.GSO_NONE -> pieces.add(packet);
            case VnetHeader.GSO_TCPV4, VnetHeader.GSO_TCPV6 -> {
                if (wholeSegments) {
                    pieces.add(packet);
                } else {
                    TcpSegments.cut(packet, FrameTags.networkOffset(packet), link.sink(), pieces);
                }
            }
            case VnetHeader.GSO_UDP -> UdpSegments.cut(packet, FrameTags.networkOffset(packet), link.sink(), pieces);
            default -> link.sink().drop(packet, DropReason.LINK_REFUSED);
        }
        if ((status & TAG_VALID) != 0) {
            int tag = (status & TAG_TYPE_VALID) != 0 ? tagType : EtherType.VLAN;
            for (Packet p = pieces.peek(); p != null; p = pieces.after(p)) {
                // Cut frames have all headers in front; a whole one that is shorter than its addresses cannot be.
                FrameTags.insert(p, tag, tci);
            }
        }
        batch.addAll(pieces);
    }
}
