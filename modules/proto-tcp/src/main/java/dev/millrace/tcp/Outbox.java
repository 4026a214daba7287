package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.spi.Path;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// What an engine has emitted, on its way to the link. One thread at a time transmits, so that segments keep their order;
/// others leave theirs here for it. That a thread transmits is undone however its transmission ends.
///
/// All but [#send] and [#end] is guarded by the endpoint's gate; those two are called without a lock, by the thread that
/// [#begin] chose, which then looks whether others left segments meanwhile.
final class Outbox implements Runnable {
    private final ConnectionEndpoint endpoint;
    private final PacketList waiting = new PacketList();
    private final PacketList leaving = new PacketList();
    private volatile boolean transmitting;

    Outbox(ConnectionEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    void add(Packet segment) {
        waiting.add(segment);
    }

    int size() {
        return waiting.size();
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /// Whether the calling thread is to [#send] what has gathered.
    boolean begin() {
        if (transmitting || waiting.isEmpty()) {
            return false;
        }
        transmitting = true;
        leaving.addAll(waiting);
        return true;
    }

    /// Sends. Returns `true` if the caller is to [#end] it now, `false` if that comes by itself: a thread that is delivering
    /// only queues what it sends in process, and what another thread sent meanwhile would overtake it.
    boolean send(Path path, int trafficClass, int hopLimit) {
        var ctx = endpoint.protocol.ctx;
        try {
            boolean queued = ctx.isDelivering();
            path.send(leaving, trafficClass, hopLimit);
            if (queued) {
                ctx.afterDelivery(this);
                return false;
            }
        } catch (Throwable t) {
            // A link or a capture has thrown. The segments are lost as on a bad wire, and retransmission repairs it.
            ctx.failed("sending", t);
            Packet rest;
            while ((rest = leaving.poll()) != null) {
                ctx.drop(rest, DropReason.FAILURE);
            }
        }
        return true;
    }

    /// The segments that were sent while delivering have been processed: others may follow.
    @Override
    public void run() {
        endpoint.transmitted();
    }

    void end() {
        transmitting = false;
    }
}
