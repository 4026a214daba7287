package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayDeque;

/// The run queue of one thread: packets that came in while it was delivering others, and what was put off until all of
/// them are processed.
///
/// In-process links call back into NICs from inside a transmission. Queueing those packets instead of processing them at
/// once keeps the call stack flat, keeps locks from nesting, and makes one batch of what belongs together: an endpoint
/// that gets ten segments answers once.
final class DeliveryLoop {
    private static final ThreadLocal<DeliveryLoop> CURRENT = ThreadLocal.withInitial(DeliveryLoop::new);

    private final PacketList packets = new PacketList();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>(4);
    /// Whose the tasks are, in their order.
    private final ArrayDeque<Failures> owners = new ArrayDeque<>(4);
    private boolean running;

    private DeliveryLoop() {
    }

    /// Has `ingress` process all packets of the list, which is left empty: now, or if this thread is delivering already,
    /// when it has come to them.
    static void deliver(Ingress ingress, PacketList list) {
        DeliveryLoop loop;
        try {
            loop = CURRENT.get();
        } catch (Throwable t) {
            // This thread's first delivery, and no memory for its queues. Links that threw would lose what they had in hand.
            Packet p;
            while ((p = list.poll()) != null) {
                ingress.failed(p, t);
            }
            return;
        }
        for (Packet p = list.peek(); p != null; p = list.after(p)) {
            p.setIngress(ingress);
        }
        loop.packets.addAll(list);
        if (!loop.running) {
            loop.run();
        }
    }

    /// Runs `task` when this thread has processed all packets that it is delivering; at once if it is not delivering.
    ///
    /// @param owner hears of it if the task fails later
    static void afterDelivery(Runnable task, Failures owner) {
        DeliveryLoop loop = CURRENT.get();
        if (!loop.running) {
            task.run();
            return;
        }
        loop.owners.add(owner);
        try {
            loop.tasks.add(task);
        } catch (Throwable t) {
            loop.owners.removeLast();
            throw t;
        }
    }

    /// Whether this thread is delivering.
    static boolean isDelivering() {
        return CURRENT.get().running;
    }

    private void run() {
        running = true;
        try {
            boolean more = true;
            while (more) {
                try {
                    more = runOne();
                } catch (Throwable t) {
                    // Thrown while a failure was dealt with, which is counted. What is left in the queues has its turn.
                    continue;
                }
            }
        } finally {
            running = false;
        }
    }

    /// Takes one packet, or one task if there is no packet; returns whether there was one.
    private boolean runOne() {
        Packet packet = packets.poll();
        if (packet != null) {
            process(packet);
            return true;
        }
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        Failures owner = owners.poll();
        try {
            task.run();
        } catch (Throwable t) {
            owner.add(Failures.Place.AFTER_DELIVERY, t);
        }
        return true;
    }

    private void process(Packet packet) {
        var ingress = (Ingress) packet.ingress();
        packet.holdFor(this);
        try {
            ingress.process(packet);
        } catch (Throwable t) {
            // A defect of ours or of a plug-in, or no memory. Who threw may have released the packet before, or put it
            // where another thread has it by now: it is ended here only if it is still in this thread's hands.
            ingress.failed(packet.isHeldBy(this) ? packet : null, t);
        }
    }
}
