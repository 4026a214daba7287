package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.millrace.linux.Libc;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The frames of one sendmmsg(2), and the native memory that describes them. For one thread at a time.
final class SendBatch {
    private static final int MAX_FRAMES = 32;
    private static final int VECTOR = 16;
    /// At least one frame with as many parts as there may be.
    private static final int MAX_VECTORS = 4 * (Packet.MAX_FRAGMENTS + 1);

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment messages = arena.allocate((long) MessageLayout.SIZE * MAX_FRAMES, 8);
    private final MemorySegment vectors = arena.allocate((long) VECTOR * MAX_VECTORS, 8);
    private final Packet[] frames = new Packet[MAX_FRAMES];
    private int first;
    private int count;
    private int vectorCount;

    MemorySegment state() {
        return state;
    }

    /// Whether a frame of so many parts finds room.
    boolean hasRoom(int parts) {
        return count < MAX_FRAMES && vectorCount + parts <= MAX_VECTORS;
    }

    /// Takes a frame, for which [#hasRoom] said that there is room.
    void add(Packet frame) {
        long at = vectors.address() + (long) vectorCount * VECTOR;
        vector(frame.memory(), frame.start(), frame.headLength());
        for (int i = 0; i < frame.fragmentCount(); i++) {
            vector(frame.fragment(i).memory(), frame.fragmentOffset(i), frame.fragmentLength(i));
        }
        MessageLayout.setVectors(messages, count, at, frame.fragmentCount() + 1);
        frames[count++] = frame;
    }

    private void vector(MemorySegment memory, int offset, int length) {
        long at = (long) vectorCount++ * VECTOR;
        vectors.set(JAVA_LONG, at, memory.address() + offset);
        vectors.set(JAVA_LONG, at + 8, length);
    }

    /// Where the messages are that were not polled yet.
    long messages() {
        return messages.address() + (long) first * MessageLayout.SIZE;
    }

    /// How many that are.
    int size() {
        return count - first;
    }

    /// Takes the first frame out; the batch is empty and takes others after the last.
    Packet poll() {
        Packet frame = frames[first];
        frames[first++] = null;
        if (first == count) {
            first = 0;
            count = 0;
            vectorCount = 0;
        }
        return frame;
    }
}
