package dev.millrace.it.schedule;

import java.util.List;

/// What is run under a [Schedule], in the classes that [WovenLoader] has woven.
public interface Scenario {
    /// The names of what can be done at once.
    List<String> actions();

    /// Sets everything up, does these things at once as the schedule wants it, lets everything come to rest, and checks that
    /// nothing hangs and nothing is left.
    ///
    /// @throws AssertionError if something is not as it must be
    void run(Schedule schedule, List<String> actions) throws Exception;
}
