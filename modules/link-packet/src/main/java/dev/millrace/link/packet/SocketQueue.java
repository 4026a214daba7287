package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.DropReason;
import dev.millrace.linux.Errno;
import dev.millrace.linux.Libc;
import dev.millrace.linux.SocketCalls;
import dev.millrace.linux.VnetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Receives frames from the socket itself, by recvmmsg(2): each at once, and straight into the memory of a packet.
final class SocketQueue extends PacketQueue {
    /// How many frames a call takes.
    private static final int FRAMES = 16;
    /// The largest super-segment, and what may be in front of it.
    private static final int CAPACITY = 65536 + 32 + VnetHeader.LENGTH;
    private static final int VECTOR = 16;
    /// `struct sockaddr_ll`, rounded up, and where it has the packet type.
    private static final int NAME = 24;
    private static final int NAME_TYPE = 10;
    /// `struct cmsghdr` and `struct tpacket_auxdata`, rounded up.
    private static final int CONTROL = 40;
    private static final int AUX = 16;
    private static final int AUX_LENGTH = 20;
    private static final int AUX_TCI = AUX + 16;
    private static final int AUX_TAG_TYPE = AUX + 18;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment messages = arena.allocate((long) MessageLayout.SIZE * FRAMES, 8);
    private final MemorySegment vectors = arena.allocate((long) VECTOR * FRAMES, 8);
    private final MemorySegment names = arena.allocate((long) NAME * FRAMES, 8);
    private final MemorySegment controls = arena.allocate((long) CONTROL * FRAMES, 8);
    /// What frames are received into; kept as long as they are empty.
    private final Packet[] spares = new Packet[FRAMES];
    /// Received, and not looked at yet: from `next` on, before `received`.
    private int next;
    private int received;

    SocketQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        super(link, socket, intake);
        for (int i = 0; i < FRAMES; i++) {
            MessageLayout.setVectors(messages, i, vectors.address() + (long) i * VECTOR, 1);
        }
    }

    @Override
    public int fill(PacketList batch) {
        int frames = 0;
        int bytes = 0;
        while (frames < MAX_FRAMES && bytes < MAX_BYTES) {
            if (next == received) {
                int errno = receive();
                if (errno != 0) {
                    // The interface went down, of which the watch tells; or a super-segment of a kind that has no vnet header.
                    return errno == Errno.ENETDOWN || errno == Errno.EINVAL ? Errno.EINTR : errno;
                }
            }
            boolean last = received < FRAMES;
            while (next < received) {
                int i = next++;
                frames++;
                bytes += MessageLayout.length(messages, i);
                accept(i, batch);
            }
            if (last) {
                return Errno.EAGAIN;
            }
        }
        return 0;
    }

    /// Adds the next frame, which is known to be there, to a batch, or drops it.
    void takeOne(PacketList batch) {
        if (next == received) {
            int errno = receive();
            if (errno == Errno.ENETDOWN || errno == Errno.EINTR) {
                // That was no frame.
                errno = receive();
            }
            if (errno != 0) {
                return;
            }
        }
        accept(next++, batch);
    }

    private int receive() {
        next = 0;
        received = 0;
        for (int i = 0; i < FRAMES; i++) {
            arm(i);
        }
        int n = SocketCalls.recvmmsg(state, socket.fd(), messages.address(), FRAMES, SocketCalls.MSG_DONTWAIT);
        if (n > 0) {
            received = n;
            return 0;
        }
        return n == 0 ? Errno.EAGAIN : Libc.errno(state);
    }

    private void arm(int i) {
        if (spares[i] == null) {
            Packet spare = Packet.allocate(Packet.HEADROOM, CAPACITY);
            spares[i] = spare;
            vectors.set(JAVA_LONG, (long) i * VECTOR, spare.memory().address() + spare.start());
            vectors.set(JAVA_LONG, (long) i * VECTOR + 8, CAPACITY);
        }
        // The kernel has written into these lengths.
        if (!socket.ignoresOutgoing()) {
            MessageLayout.setName(messages, i, names.address() + (long) i * NAME, NAME);
        }
        MessageLayout.setControl(messages, i, controls.address() + (long) i * CONTROL, CONTROL);
    }

    private void accept(int i, PacketList batch) {
        if (!socket.ignoresOutgoing() && names.get(JAVA_BYTE, (long) i * NAME + NAME_TYPE) == FrameIntake.OUTGOING) {
            return;
        }
        int n = MessageLayout.length(messages, i);
        Packet spare = spares[i];
        Packet packet;
        if (n <= FrameIntake.SMALL) {
            packet = Packet.copyOf(spare.memory().asSlice(spare.start(), n));
        } else {
            packet = spare;
            packet.append(Math.min(n, CAPACITY));
            spares[i] = null;
        }
        if ((MessageLayout.flags(messages, i) & SocketCalls.MSG_TRUNC) != 0) {
            link.drop(packet, DropReason.TRUNCATED);
            return;
        }
        long aux = (long) i * CONTROL;
        boolean told = MessageLayout.controlLength(messages, i) >= AUX + AUX_LENGTH;
        intake.accept(packet, told ? controls.get(JAVA_INT, aux + AUX) : 0,
                told ? Short.toUnsignedInt(controls.get(JAVA_SHORT, aux + AUX_TAG_TYPE)) : 0,
                told ? Short.toUnsignedInt(controls.get(JAVA_SHORT, aux + AUX_TCI)) : 0, batch);
    }

    @Override
    public void release() {
        for (int i = 0; i < FRAMES; i++) {
            if (spares[i] != null) {
                spares[i].release();
                spares[i] = null;
            }
        }
    }
}
