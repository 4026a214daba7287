package example.delay;

import dev.millrace.spi.StackContext;
import dev.millrace.spi.Timers;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/// Packets on their way in one direction, first in, first out, on the stack's clock.
final class DelayLine {
    private record Waiting(Packet packet, long dueNs) {
    }

    private final long delayNs;
    private final int capacity;
    private final StackContext stack;
    private final Consumer<PacketList> exit;
    private final Timers.Timer timer;
    /// Guarded by this.
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private boolean closed;

    DelayLine(long delayNs, int capacity, StackContext stack, Consumer<PacketList> exit) {
        this.delayNs = delayNs;
        this.capacity = capacity;
        this.stack = stack;
        this.exit = exit;
        timer = stack.timers().create(this::leave);
    }

    /// Takes a packet, or returns `false` if there is no room.
    synchronized boolean add(Packet packet) {
        if (closed || waiting.size() == capacity) {
            return false;
        }
        long due = stack.clock().nanoTime() + delayNs;
        if (waiting.isEmpty()) {
            timer.set(due);
        }
        waiting.add(new Waiting(packet, due));
        return true;
    }

    private void leave(long nowNs) {
        var due = new PacketList();
        synchronized (this) {
            while (!waiting.isEmpty() && waiting.peek().dueNs - nowNs <= 0) {
                due.add(waiting.poll().packet);
            }
        }
        try {
            if (!due.isEmpty()) {
                exit.accept(due);
            }
        } finally {
            synchronized (this) {
                if (!waiting.isEmpty()) {
                    timer.set(waiting.peek().dueNs);
                }
            }
        }
    }

    /// Takes no more, and returns what is still here, one packet a call, then `null`.
    synchronized Packet close() {
        closed = true;
        timer.cancel();
        Waiting next = waiting.poll();
        return next == null ? null : next.packet;
    }
}
