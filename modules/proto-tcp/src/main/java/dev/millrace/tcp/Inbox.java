package dev.millrace.tcp;

import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Packets on their way from the threads that deliver them to the thread that runs the engine. Guarded by a flag that is
/// held for a few instructions, because a delivering thread must never wait for an engine.
final class Inbox {
    /// More than a window of segments is somebody else's doing.
    private static final int MOST = 16_384;
    private static final VarHandle BUSY;

    static {
        try {
            BUSY = MethodHandles.lookup().findVarHandle(Inbox.class, "busy", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile boolean busy;
    private volatile int size;
    private final PacketList packets = new PacketList();

    /// Adds a packet and returns whether it is the first since the inbox was last emptied, so that its owner must be
    /// told.
    boolean add(Packet packet) {
        acquire();
        packets.add(packet);
        int n = packets.size();
        size = n;
        BUSY.setRelease(this, false);
        return n == 1;
    }

    /// Moves all packets to the end of `target`.
    void drainTo(PacketList target) {
        acquire();
        target.addAll(packets);
        size = 0;
        BUSY.setRelease(this, false);
    }

    /// Takes the first packet out, or returns `null`.
    Packet poll() {
        acquire();
        Packet packet = packets.poll();
        size = packets.size();
        BUSY.setRelease(this, false);
        return packet;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// Whether nothing more is to be added.
    boolean isFull() {
        return size >= MOST;
    }

    private void acquire() {
        while (busy || !BUSY.compareAndSet(this, false, true)) {
            Thread.onSpinWait();
        }
    }
}
