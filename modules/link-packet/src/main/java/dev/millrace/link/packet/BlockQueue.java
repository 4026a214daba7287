package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.DropReason;
import dev.millrace.linux.Errno;
import dev.millrace.linux.QueueReader;
import dev.millrace.linux.VnetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// Receives frames from a ring of version 3 (Documentation/networking/packet_mmap of Linux): blocks of memory that kernel and
/// link hand each other with a status word. The kernel fills a block until it is full or its time is over, and then it is
/// ours until we give it back.
final class BlockQueue implements QueueReader.Queue {
    /// The end of a batch, as in other links: enough to spread the costs, few enough to answer in time.
    private static final int MAX_FRAMES = 64;
    private static final int MAX_BYTES = 256 * 1024;
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

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final PacketLink link;
    private final PacketSocket socket;
    private final FrameIntake intake;
    private final MemorySegment ring;
    private final int blockBytes;
    private final int before;
    /// Where the block begins that is next.
    private long block;
    /// How many of its frames are left, if it is ours; else 0.
    private int left;
    /// Where the next of them is.
    private long frame;

    BlockQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        this.link = link;
        this.socket = socket;
        this.intake = intake;
        ring = socket.ring().memory();
        blockBytes = socket.settings().ringBlockBytes();
        before = socket.vnetHeader() ? VnetHeader.LENGTH : 0;
    }

    @Override
    public int fd() {
        return socket.fd();
    }

    @Override
    public int fill(PacketList batch) {
        int bytes = 0;
        for (int frames = 0; frames < MAX_FRAMES && bytes < MAX_BYTES; frames++) {
            while (left == 0) {
                if (((int) INT.getAcquire(ring, block + BLOCK_STATUS) & FrameIntake.STATUS_USER) == 0) {
                    return Errno.EAGAIN;
                }
                left = ring.get(JAVA_INT, block + BLOCK_FRAMES);
                frame = block + ring.get(JAVA_INT, block + BLOCK_FIRST);
                if (left == 0) {
                    giveBack();
                }
            }
            bytes += ring.get(JAVA_INT, frame + FRAME_SNAPPED);
            try {
                take(batch);
            } finally {
                // Also behind a frame that is lost because something was thrown.
                frame += ring.get(JAVA_INT, frame + FRAME_NEXT);
                if (--left == 0) {
                    giveBack();
                }
            }
        }
        return 0;
    }

    private void giveBack() {
        INT.setRelease(ring, block + BLOCK_STATUS, FrameIntake.STATUS_KERNEL);
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
        // The vnet header is in front of the frame.
        long at = frame + Short.toUnsignedInt(ring.get(JAVA_SHORT, frame + FRAME_MAC)) - before;
        Packet packet = Packet.copyOf(ring.asSlice(at, before + snapped));
        if (snapped < ring.get(JAVA_INT, frame + FRAME_LENGTH)) {
            link.drop(packet, DropReason.TRUNCATED);
            return;
        }
        intake.accept(packet, ring.get(JAVA_INT, frame + FRAME_STATUS),
                Short.toUnsignedInt(ring.get(JAVA_SHORT, frame + FRAME_TAG_TYPE)), ring.get(JAVA_INT, frame + FRAME_TCI) & 0xffff,
                batch);
    }

    @Override
    public void deliver(PacketList batch) {
        link.sink().deliver(batch);
    }

    @Override
    public boolean isLost(int errno) {
        return errno == Errno.EBADF;
    }

    /// The interface went down, of which the watch tells.
    @Override
    public void onPollError() {
        socket.takeError();
    }

    @Override
    public void release() {
    }
}
