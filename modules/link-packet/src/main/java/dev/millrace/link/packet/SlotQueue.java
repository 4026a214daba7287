package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Receives frames from a ring of version 2, in slots of one size, each with a status word of its own, so that a frame can be taken as soon as it is there. A frame
/// that is larger than a slot, as super-segments are, waits at the socket; its slot keeps its place in the order.
final class SlotQueue extends RingQueue {
    /// Offsets in `struct tpacket2_hdr`.
    private static final int STATUS = 0;
    private static final int LENGTH = 4;
    private static final int SNAPPED = 8;
    private static final int MAC = 12;
    private static final int TCI = 24;
    private static final int TAG_TYPE = 26;
    /// `struct sockaddr_ll` behind it.
    private static final int PACKET_TYPE = 32 + 10;

    private final SocketQueue large;
    private final PacketList unwanted = new PacketList();
    private final int slotBytes;
    /// Where the slot begins that is next.
    private long slot;

    SlotQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        super(link, socket, intake);
        large = new SocketQueue(link, socket, intake);
        slotBytes = socket.slotBytes();
    }

    @Override
    int takeNext(PacketList batch) {
        int status = status(slot + STATUS);
        if ((status & FrameIntake.STATUS_USER) == 0) {
            return -1;
        }
        int length = ring.get(JAVA_INT, slot + LENGTH);
        try {
            take(status, batch);
        } finally {
            giveBack(slot + STATUS);
            slot += slotBytes;
            if (slot == ring.byteSize()) {
                slot = 0;
            }
        }
        return length;
    }

    private void take(int status, PacketList batch) {
        boolean outgoing = !socket.ignoresOutgoing() && ring.get(JAVA_BYTE, slot + PACKET_TYPE) == FrameIntake.OUTGOING;
        if ((status & FrameIntake.COPIED) != 0) {
            large.takeOne(outgoing ? unwanted : batch);
            unwanted.releaseAll();
            return;
        }
        if (outgoing) {
            return;
        }
        int snapped = ring.get(JAVA_INT, slot + SNAPPED);
        Packet packet = copy(slot + Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + MAC)), snapped);
        if (snapped < ring.get(JAVA_INT, slot + LENGTH)) {
            // Too large for a slot, and too much waits at the socket.
            link.drop(packet, DropReason.LINK_QUEUE_FULL);
            return;
        }
        intake.accept(packet, status, Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + TAG_TYPE)),
                Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + TCI)), batch);
    }

    @Override
    public void release() {
        large.release();
    }
}
