package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/// An array of `struct mmsghdr` of sendmmsg(2) and recvmmsg(2), as it is on 64-bit machines.
final class MessageLayout {
    static final int SIZE = 64;
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int VECTORS = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int LENGTH = 56;

    private MessageLayout() {
    }

    /// The parts of message `i`.
    static void setVectors(MemorySegment messages, int i, long address, int count) {
        messages.set(JAVA_LONG, (long) i * SIZE + VECTORS, address);
        messages.set(JAVA_LONG, (long) i * SIZE + VECTOR_COUNT, count);
    }

    /// Where the sender's address of message `i` goes.
    static void setName(MemorySegment messages, int i, long address, int length) {
        messages.set(JAVA_LONG, (long) i * SIZE + NAME, address);
        messages.set(JAVA_INT, (long) i * SIZE + NAME_LENGTH, length);
    }

    /// Where what is said beside message `i` goes.
    static void setControl(MemorySegment messages, int i, long address, long length) {
        messages.set(JAVA_LONG, (long) i * SIZE + CONTROL, address);
        messages.set(JAVA_LONG, (long) i * SIZE + CONTROL_LENGTH, length);
    }

    static long controlLength(MemorySegment messages, int i) {
        return messages.get(JAVA_LONG, (long) i * SIZE + CONTROL_LENGTH);
    }

    static int flags(MemorySegment messages, int i) {
        return messages.get(JAVA_INT, (long) i * SIZE + FLAGS);
    }

    /// The bytes of message `i`, as recvmmsg said.
    static int length(MemorySegment messages, int i) {
        return messages.get(JAVA_INT, (long) i * SIZE + LENGTH);
    }
}
