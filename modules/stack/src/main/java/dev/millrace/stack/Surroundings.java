package dev.millrace.stack;

import dev.millrace.spi.Clock;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import java.util.random.RandomGenerator;

/// Where a stack's time, chance and waiting come from: the real world, or its caller.
interface Surroundings {
    /// What time it is.
    Clock clock();

    /// Timers that end with the stack.
    Timers timers();

    /// How callers block.
    Waits waits();

    /// A source of chance, safe for several threads.
    RandomGenerator random();

    /// Whether the caller steps the stack: nothing may start a thread then.
    boolean isManual();

    /// Whether the calling thread is running one of the stack's timer tasks.
    boolean isTimerThread();

    /// Ends the timers. No task runs after it has returned, except one that is calling this.
    void close();
}
