package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;

/// Where a packet comes into a stack.
interface Ingress {
    /// Processes one packet, which becomes the callee's; called by the delivery loop only.
    void process(Packet packet);

    /// Ends a packet that [#process] failed on.
    void discard(Packet packet, RuntimeException failure);
}
