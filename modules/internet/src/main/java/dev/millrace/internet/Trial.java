package dev.millrace.internet;

/// One run of what is searched for failures: a function of its arguments.
@FunctionalInterface
public interface Trial {
    /// Runs it.
    ///
    /// @param seed what chance follows from
    /// @param script what happens by chance, or `null` to draw it from the seed
    /// @param record whether to remember what happened by chance
    Outcome run(long seed, Script script, boolean record);

    /// What a run came to.
    ///
    /// @param failure how it failed, or `null` if it did not
    /// @param script what happened by chance, if that was to be remembered; else empty
    record Outcome(Throwable failure, Script script) {
    }

    /// A trial that opens an Internet in simulated time for each run.
    ///
    /// @param configure says what the Internet is to be like, other than its seed
    static Trial of(java.util.function.Consumer<InternetBuilder> configure, Scenario scenario) {
        return (seed, script, record) -> {
            InternetBuilder builder = Internet.builder();
            configure.accept(builder);
            Internet net = builder.virtualTime(seed).script(script).record(record).open();
            Throwable failure = null;
            try (net) {
                scenario.run(net);
            } catch (Throwable t) {
                failure = t;
            }
            if (failure == null && !net.failures().isEmpty()) {
                failure = net.failures().getFirst().failure();
            }
            return new Outcome(failure, net.script());
        };
    }

    /// What happens in an Internet, ending with what must be true.
    @FunctionalInterface
    interface Scenario {
        /// Runs it; any exception is a failure.
        void run(Internet net) throws Exception;
    }
}
