package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.millrace.linux.Errno;
import dev.millrace.linux.VnetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// Receives frames from memory that is shared with the kernel (Documentation/networking/packet_mmap of Linux): pieces that the
/// two hand each other with a status word.
abstract class RingQueue extends PacketQueue {
    private static final VarHandle INT = JAVA_INT.varHandle();

    final MemorySegment ring;
    /// The bytes of the vnet header, which is in front of each frame.
    private final int before;

    RingQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        super(link, socket, intake);
        ring = socket.ring().memory();
        before = socket.vnetHeader() ? VnetHeader.LENGTH : 0;
    }

    @Override
    public final int fill(PacketList batch) {
        int bytes = 0;
        for (int frames = 0; frames < MAX_FRAMES && bytes < MAX_BYTES; frames++) {
            int length = takeNext(batch);
            if (length < 0) {
                return Errno.EAGAIN;
            }
            bytes += length;
        }
        return 0;
    }

    /// Takes the next frame and steps behind it, also if something is thrown. Returns its bytes, or -1 if there is none.
    abstract int takeNext(PacketList batch);

    /// The status word at an offset; what the kernel wrote before it is seen.
    final int status(long at) {
        return (int) INT.getAcquire(ring, at);
    }

    /// Gives a piece back to the kernel.
    final void giveBack(long statusAt) {
        INT.setRelease(ring, statusAt, FrameIntake.STATUS_KERNEL);
    }

    /// A copy of a frame and of the vnet header in front of it.
    ///
    /// @param at where the frame begins in the ring
    final Packet copy(long at, int length) {
        return Packet.copyOf(ring.asSlice(at - before, before + length));
    }
}
