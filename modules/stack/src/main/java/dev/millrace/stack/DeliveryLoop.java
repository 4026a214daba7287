package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The run queue of one thread: packets that came in while it was delivering others, and what was put off until all of
/// them are processed.
///
/// In-process links call back into NICs from inside a transmission. Queueing those packets instead of processing them at
/// once keeps the call stack flat, keeps locks from nesting, and makes one batch of what belongs together: an endpoint
/// that gets ten segments answers once.
final class DeliveryLoop {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryLoop.class);
    private static final ThreadLocal<DeliveryLoop> CURRENT = ThreadLocal.withInitial(DeliveryLoop::new);

    private final PacketList packets = new PacketList();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>(4);
    private boolean running;

    private DeliveryLoop() {
    }

    /// Has `ingress` process all packets of the list, which is left empty: now, or if this thread is delivering already,
    /// when it has come to them.
    static void deliver(Ingress ingress, PacketList list) {
        DeliveryLoop loop = CURRENT.get();
        for (Packet p = list.peek(); p != null; p = list.after(p)) {
            p.setIngress(ingress);
        }
        loop.packets.addAll(list);
        if (!loop.running) {
            loop.run();
        }
    }

    /// Runs `task` when this thread has processed all packets that it is delivering; at once if it is not delivering.
    static void afterDelivery(Runnable task) {
        DeliveryLoop loop = CURRENT.get();
        if (loop.running) {
            loop.tasks.add(task);
        } else {
            task.run();
        }
    }

    private void run() {
        running = true;
        try {
            while (true) {
                Packet packet = packets.poll();
                if (packet != null) {
                    process(packet);
                    continue;
                }
                Runnable task = tasks.poll();
                if (task == null) {
                    break;
                }
                runTask(task);
            }
        } finally {
            running = false;
        }
    }

    private void process(Packet packet) {
        var ingress = (Ingress) packet.ingress();
        try {
            ingress.process(packet);
        } catch (RuntimeException e) {
            // A defect of ours or of a plug-in: one packet is lost and said so, the others go on.
            LOG.error("a packet could not be processed", e);
            ingress.discard(packet, e);
        }
    }

    private void runTask(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("work after a delivery failed", e);
        }
    }
}
