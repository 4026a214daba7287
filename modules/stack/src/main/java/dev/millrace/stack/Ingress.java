package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;

/// Where a packet comes into a stack.
interface Ingress {
    /// Processes one packet, which becomes the callee's; called by the delivery loop only.
    void process(Packet packet);

    /// Counts what [#process] threw.
    ///
    /// @param packet to be ended, if it is still there, else `null`
    void failed(Packet packet, Throwable failure);
}
