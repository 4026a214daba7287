package dev.millrace.spi;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import java.util.Optional;
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

    /// Tells what was thrown where nobody is who could be told: by a program's callback, or by work on a thread that serves
    /// many. It is counted in the group `failures` and logged, not every time; nothing is thrown here, whatever state the
    /// JVM is in. The caller ends what the failure concerns, and goes on.
    ///
    /// @param where what failed, as the counter's name: lower case with hyphens
    /// @param failure what was thrown, an [Error] not excepted
    default void failed(String where, Throwable failure) {
        // For contexts of tests, which count nothing.
    }

    /// What a protocol of the stack offers to other plug-ins, if one does: asked when it is needed, since protocols are made
    /// one after the other.
    default <T> Optional<T> service(Class<T> type) {
        return Optional.empty();
    }

    /// Whether the stack is being closed.
    boolean isClosing();
}
