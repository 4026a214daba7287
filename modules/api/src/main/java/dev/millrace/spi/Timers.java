package dev.millrace.spi;

/// Makes timers. In a threaded stack they run on a thread that all stacks of the JVM share, with a resolution of about
/// 1 ms, never early; in a manual stack inside `step`.
public interface Timers {
    /// A timer that is not set. `task` must not block; it runs with the time at which it runs.
    Timer create(Task task);

    /// What a timer does.
    @FunctionalInterface
    interface Task {
        /// The timer has run out.
        ///
        /// @param nowNs the present time of the stack's clock
        void run(long nowNs);
    }

    /// One timer. Any thread may call its methods; a task that is just beginning may still run after [#cancel()].
    interface Timer {
        /// Sets or moves the timer.
        ///
        /// @param deadlineNs on the stack's clock
        void set(long deadlineNs);

        /// Unsets the timer; it can be set again.
        void cancel();
    }
}
