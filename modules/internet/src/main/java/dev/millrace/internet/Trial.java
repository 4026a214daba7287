package dev.millrace.internet;

import java.util.function.Consumer;
import java.util.function.Supplier;

/// One run of what is searched for failures: a function of its arguments.
@FunctionalInterface
public interface Trial {
    /// Runs it.
    ///
    /// @param seed what chance follows from
    /// @param script what happens by chance, or `null` to draw it from the seed
    /// @param record whether to remember what happened by chance
    Outcome run(long seed, Script script, boolean record);

    /// Runs it with chance from the seed, and tells each line of what happens in its network, if it has one that can be
    /// watched ([Internet#logContents]).
    default Outcome run(long seed, Consumer<String> log) {
        return run(seed, null, true);
    }

    /// Does work that makes many runs. Whatever they share that takes time, such as finding a test, is done once for all.
    default <T> T forMany(Supplier<T> work) {
        return work.get();
    }

    /// What a run came to.
    ///
    /// @param failure how it failed, or `null` if it did not
    /// @param script what happened by chance, if that was to be remembered; else empty
    record Outcome(Throwable failure, Script script) {
    }

    /// A trial that opens an Internet in simulated time for each run.
    ///
    /// @param configure says what the Internet is to be like, other than its seed
    static Trial of(Consumer<InternetBuilder> configure, Scenario scenario) {
        return new ScenarioTrial(configure, scenario);
    }

    /// What happens in an Internet, ending with what must be true.
    @FunctionalInterface
    interface Scenario {
        /// Runs it; any exception is a failure.
        void run(Internet net) throws Exception;
    }
}
