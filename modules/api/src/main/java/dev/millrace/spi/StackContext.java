package dev.millrace.spi;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import java.util.random.RandomGenerator;

/// What every plug-in gets from the stack that it is part of. Any thread may call any method.
public interface StackContext {
    /// The stack's name.
    String stackName();

    /// The stack's clock.
    Clock clock();

    /// The stack's timers.
    Timers timers();

    /// How callers block.
    Waits waits();

    /// The stack's source of chance: safe for several threads; cryptographically strong in a threaded stack, a function
    /// of the seed in a manual one.
    RandomGenerator random();

    /// A secret of 16 bytes that is the stack's own, for keyed hashes (RFC 6528, RFC 6056).
    byte[] secret();

    /// The memory that sockets may hold.
    MemoryBudget memory();

    /// The counters of a group.
    Counters counters(String group);

    /// Ends a packet: counts the reason, tells the capture, releases it.
    void drop(Packet packet, DropReason reason);

    /// Counts a reason for something that never became a packet.
    void countDrop(DropReason reason);

    /// Runs `task` after the packets that the calling thread is delivering have been processed, or at once if it is not
    /// delivering. The task may send packets; it is called without a lock.
    void afterDelivery(Runnable task);

    /// Whether the calling thread is delivering packets: what it sends to an in-process link now is only queued, and
    /// processed before the tasks of [#afterDelivery] run.
    boolean isDelivering();

    /// Whether the stack is being closed.
    boolean isClosing();

    /// Reports what a callback of the program has thrown, which is the program's mistake and must not become the stack's:
    /// counts it (group `callbacks`, counter `failed`) and logs the first one of a stack. Throws nothing but what logging
    /// throws.
    ///
    /// @param callback which callback it was, such as `UdpSocket.onReady`
    /// @param failure what it threw
    default void callbackFailed(String callback, Throwable failure) {
        Counters.Counter failed = counters("callbacks").counter("failed");
        boolean first = failed.value() == 0;
        failed.add(1);
        if (first) {
            System.getLogger(StackContext.class.getName()).log(System.Logger.Level.WARNING,
                    "Stack " + stackName() + ": a callback ("
                    + callback + ") has thrown; it will be called again, and further failures are counted only", failure);
        }
    }
}
