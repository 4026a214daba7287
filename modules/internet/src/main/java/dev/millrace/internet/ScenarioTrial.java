package dev.millrace.internet;

import dev.millrace.internet.Trial.Scenario;
import java.util.function.Consumer;

/// Opens an Internet in simulated time for each run.
record ScenarioTrial(Consumer<InternetBuilder> configure, Scenario scenario) implements Trial {
    @Override
    public Outcome run(long seed, Script script, boolean record) {
        return run(seed, script, record, null);
    }

    @Override
    public Outcome run(long seed, Consumer<String> log) {
        return run(seed, null, true, log);
    }

    private Outcome run(long seed, Script script, boolean record, Consumer<String> log) {
        InternetBuilder builder = Internet.builder();
        configure.accept(builder);
        Internet net = builder.virtualTime(seed).script(script).record(record).open();
        Throwable failure = null;
        try (net) {
            if (log != null) {
                net.logContents(log);
            }
            scenario.run(net);
        } catch (Throwable t) {
            failure = t;
        }
        if (failure == null && !net.failures().isEmpty()) {
            failure = net.failures().getFirst().failure();
        }
        return new Outcome(failure, net.script());
    }
}
