package dev.millrace.spi;

import java.util.random.RandomGenerator;

/// Where a stack's time, chance and waiting come from: the real world, its caller, or a simulation. A stack uses nothing
/// else for them, so that whoever gives the surroundings decides all that happens in it.
///
/// A stack asks each method once or often, from any of the threads that use it.
public interface Surroundings {
    /// What time it is.
    Clock clock();

    /// Timers that end with the stack.
    Timers timers();

    /// How callers block.
    Waits waits();

    /// A source of chance, safe for several threads. Keys of hashes, initial sequence numbers and ephemeral ports come from
    /// it: it must be unguessable where peers may be hostile.
    RandomGenerator random();

    /// Whether time passes only as somebody steps it: no thread may be started for the stack then, and captures are written
    /// at once, by who is recorded.
    boolean isStepped();

    /// Whether the calling thread is running one of the stack's timer tasks, or one of another stack's that shares the thread.
    boolean isTimerThread();

    /// Ends the timers. No task runs after it has returned, except one that is calling this.
    void close();
}
