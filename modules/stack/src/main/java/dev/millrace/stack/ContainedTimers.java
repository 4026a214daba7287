package dev.millrace.stack;

import dev.millrace.spi.Timers;

/// Timers whose tasks' failures are counted by the stack that they are of.
///
/// @param timers who runs them
/// @param failures who counts
/// @param told whether who lets time pass is told, too: in a stepped stack that is a caller, or a simulation with a report
record ContainedTimers(Timers timers, Failures failures, boolean told) implements Timers {
    @Override
    public Timer create(Task task) {
        return timers.create(nowNs -> {
            try {
                task.run(nowNs);
            } catch (Throwable t) {
                failures.add(Failures.Place.TIMER, t);
                if (told) {
                    throw t;
                }
            }
        });
    }
}
