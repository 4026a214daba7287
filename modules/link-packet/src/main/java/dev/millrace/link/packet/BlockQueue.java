package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Receives frames from a ring of version 3, in blocks. The kernel fills a block until it is full or its time is over, and then it is
/// ours until we give it back.
final class BlockQueue extends RingQueue {
    /// Offsets in `struct tpacket_block_desc`.
    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_FRAMES = 12;
    private static final int BLOCK_FIRST = 16;
    /// Offsets in `struct tpacket3_hdr`.
    private static final int FRAME_NEXT = 0;
    private static final int FRAME_SNAPPED = 12;
    private static final int FRAME_LENGTH = 16;
    private static final int FRAME_STATUS = 20;
    private static final int FRAME_MAC = 24;
    private static final int FRAME_TCI = 32;
    private static final int FRAME_TAG_TYPE = 36;
    /// `struct sockaddr_ll` behind it.
    private static final int FRAME_PACKET_TYPE = 48 + 10;

    private final int blockBytes;
    /// Where the block begins that is next.
    private long block;
    /// How many of its frames are left, if it is ours; else 0.
    private int left;
    /// Where the next of them is.
    private long frame;

    BlockQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        super(link, socket, intake);
        blockBytes = socket.settings().ringBlockBytes();
    }

    @Override
    int takeNext(PacketList batch) {
        while (left == 0) {
            if ((status(block + BLOCK_STATUS) & FrameIntake.STATUS_USER) == 0) {
                return -1;
            }
            left = ring.get(JAVA_INT, block + BLOCK_FRAMES);
            frame = block + ring.get(JAVA_INT, block + BLOCK_FIRST);
            if (left == 0) {
                giveBack();
            }
        }
        int length = ring.get(JAVA_INT, frame + FRAME_SNAPPED);
        try {
            take(batch);
        } finally {
            frame += ring.get(JAVA_INT, frame + FRAME_NEXT);
            if (--left == 0) {
                giveBack();
            }
        }
        return length;
    }

    private void giveBack() {
        giveBack(block + BLOCK_STATUS);
        block += blockBytes;
        if (block == ring.byteSize()) {
            block = 0;
        }
    }

    private void take(PacketList batch) {
        if (!socket.ignoresOutgoing() && ring.get(JAVA_BYTE, frame + FRAME_PACKET_TYPE) == FrameIntake.OUTGOING) {
            return;
        }
        int snapped = ring.get(JAVA_INT, frame + FRAME_SNAPPED);
        Packet packet = copy(frame + Short.toUnsignedInt(ring.get(JAVA_SHORT, frame + FRAME_MAC)), snapped);
        if (snapped < ring.get(JAVA_INT, frame + FRAME_LENGTH)) {
            link.drop(packet, DropReason.TRUNCATED);
            return;
        }
        intake.accept(packet, ring.get(JAVA_INT, frame + FRAME_STATUS),
                Short.toUnsignedInt(ring.get(JAVA_SHORT, frame + FRAME_TAG_TYPE)), ring.get(JAVA_INT, frame + FRAME_TCI) & 0xffff,
                batch);
    }

    @Override
    public void release() {
    }
}
