package dev.millrace.internet.time;

import dev.millrace.spi.Surroundings;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// How time passes in an Internet, and what runs in it. All times are nanoseconds since the Internet was opened.
public sealed interface Clockwork extends AutoCloseable permits RealClockwork, VirtualClockwork {
    /// An action that has something to give back if it is never run, because the Internet is closed before.
    interface Discardable extends Runnable {
        /// Gives it back.
        void discard();
    }

    /// What time it is.
    long nowNs();

    /// The same on the calendar: nanoseconds since 1970-01-01T00:00Z.
    long epochNanos();

    /// Whether time is simulated.
    boolean isVirtual();

    /// Runs `action` at `atNs`, or as soon as possible if that has passed, after all that was posted for the same time
    /// before. Actions run one at a time and must not block.
    void post(long atNs, Runnable action);

    /// Runs `action` with no other action running, and returns when it has run.
    void now(Runnable action);

    /// What the stack of a host uses for time, chance and waiting; `null` if it is to use its own.
    ///
    /// @param seed what its chance follows from
    Surroundings surroundings(long seed);

    /// Starts a program.
    ///
    /// @param owner what it belongs to, for [#end]
    Task start(Object owner, String name, Runnable body);

    /// The task that is calling, or `null`.
    Task current();

    /// Makes threads that are programs, too; whoever gets one starts it.
    ///
    /// @param owner what they belong to, for [#end]
    ThreadFactory threads(Object owner, String name);

    /// A task is about to end with a failure: unless somebody waits for its end, whoever lets time pass is told at once.
    ///
    /// @param why asked then; `null` if it is of no interest any more
    void failed(Task task, Supplier<RuntimeException> why);

    /// Ends all that belongs to an owner, as if its power had failed. In simulated time none of it ever gets a turn again,
    /// and a caller that is among them does not come back from [#rest]; in real time threads are interrupted.
    void end(Object owner);

    /// Lets what belongs to an owner stand still, or go on: in simulated time it gets no turns meanwhile.
    ///
    /// @throws UnsupportedOperationException in real time
    void pause(Object owner, boolean value);

    /// Whether a thread was ended, and never goes on.
    boolean isDead(Thread thread);

    /// Does not return to who was ended.
    void rest();

    /// Says that what belongs to an owner has nothing to wait for any more: who goes round in circles there is found sooner.
    void hurry(Object owner);

    /// @throws dev.millrace.internet.SimulationException if it is not the caller's turn
    void checkTurn();

    /// Interrupts a program.
    void interrupt(Task task);

    /// Interrupts a program's thread.
    void interrupt(Thread thread);

    /// Lets the calling thread wait until it is let go on, is interrupted, or the time has come; may return early.
    ///
    /// @param deadlineNs [Long#MAX_VALUE] for none
    void park(long deadlineNs);

    /// Lets a thread go on, now or when it parks next.
    void unpark(Thread thread);

    /// Lets the calling program wait.
    void sleep(long nanos) throws InterruptedException;

    /// Waits until a task has ended, or the time has come: then it returns `false`.
    ///
    /// @param deadlineNs [Long#MAX_VALUE] for none
    boolean join(Task task, long deadlineNs) throws InterruptedException;

    /// Lets time pass until `condition` holds, or the time has come: then it returns `false`. The condition is asked after
    /// each thing that happens in simulated time, and every millisecond in real time.
    boolean runUntil(BooleanSupplier condition, long deadlineNs) throws InterruptedException;

    /// @throws dev.millrace.internet.SimulationException if the caller is a program or an action of a simulation, which cannot
    ///     close it
    void checkMayClose();

    /// Ends all tasks: each is interrupted, and given the chance to end.
    ///
    /// @throws dev.millrace.internet.SimulationException if one does not; it names the tasks
    @Override
    void close();
}
