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

/// Receives frames from a ring of version 2 (Documentation/networking/packet_mmap of Linux): slots of one size, each with a
/// status word by which kernel and link hand it to each other, so that a frame can be taken as soon as it is there. A frame
/// that is larger than a slot, as super-segments are, waits at the socket; its slot keeps its place in the order.
final class SlotQueue implements QueueReader.Queue {
    /// The end of a batch, as in other links: enough to spread the costs, few enough to answer in time.
    private static final int MAX_FRAMES = 64;
    private static final int MAX_BYTES = 256 * 1024;
    /// Offsets in `struct tpacket2_hdr`.
    private static final int STATUS = 0;
    private static final int LENGTH = 4;
    private static final int SNAPPED = 8;
    private static final int MAC = 12;
    private static final int TCI = 24;
    private static final int TAG_TYPE = 26;
    /// `struct sockaddr_ll` behind it.
    private static final int PACKET_TYPE = 32 + 10;

    private static final VarHandle INT = JAVA_INT.varHandle();

    private final PacketLink link;
    private final PacketSocket socket;
    private final FrameIntake intake;
    private final SocketQueue large;
    private final PacketList unwanted = new PacketList();
    private final MemorySegment ring;
    private final int slotBytes;
    private final int before;
    /// Where the slot begins that is next.
    private long slot;

    SlotQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        this.link = link;
        this.socket = socket;
        this.intake = intake;
        large = new SocketQueue(link, socket, intake);
        ring = socket.ring().memory();
        slotBytes = socket.slotBytes();
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
            int status = (int) INT.getAcquire(ring, slot + STATUS);
            if ((status & FrameIntake.STATUS_USER) == 0) {
                return Errno.EAGAIN;
            }
            bytes += ring.get(JAVA_INT, slot + LENGTH);
            try {
                take(status, batch);
            } finally {
                // Also behind a frame that is lost because something was thrown.
                INT.setRelease(ring, slot + STATUS, FrameIntake.STATUS_KERNEL);
                slot += slotBytes;
                if (slot == ring.byteSize()) {
                    slot = 0;
                }
            }
        }
        return 0;
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
        // The vnet header is in front of the frame.
        long at = slot + Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + MAC)) - before;
        Packet packet = Packet.copyOf(ring.asSlice(at, before + snapped));
        if (snapped < ring.get(JAVA_INT, slot + LENGTH)) {
            // Too large for a slot, and too much waits at the socket.
            link.drop(packet, DropReason.LINK_QUEUE_FULL);
            return;
        }
        intake.accept(packet, status, Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + TAG_TYPE)),
                Short.toUnsignedInt(ring.get(JAVA_SHORT, slot + TCI)), batch);
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
        large.release();
    }
}
