package dev.millrace.junit;

import dev.millrace.internet.Script;
import dev.millrace.internet.Trial;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs one test of JUnit with seeds.
final class ExploredTest implements Trial {
    private final SeedExplorer.Test test;
    /// What makes single runs, or `null` outside of [#forMany].
    private Runs runs;

    ExploredTest(SeedExplorer.Test test) {
        this.test = test;
    }

    static Launcher launcher(org.junit.platform.engine.TestEngine... engines) {
        return LauncherFactory.create(LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false).enableTestEngineAutoRegistration(engines.length == 0)
                .addTestEngines(engines).build());
    }

    private record Runs(ExploreSession session, FirstFailure listener, Runnable once) {
    }

    @Override
    public Outcome run(long seed, Script script, boolean record) {
        return run(new ExploreSession.Run(seed, script, record, null));
    }

    @Override
    public Outcome run(long seed, Consumer<String> log) {
        return run(new ExploreSession.Run(seed, null, true, log));
    }

    private Outcome run(ExploreSession.Run how) {
        return runs == null ? forMany(() -> run(how)) : run(runs, how);
    }

    private Outcome run(Runs with, ExploreSession.Run how) {
        FirstFailure listener = with.listener;
        with.session.next(how);
        listener.failure = null;
        listener.skipped = null;
        with.once.run();
        if (listener.skipped != null) {
            throw new IllegalStateException(test.name() + " is skipped: " + listener.skipped);
        }
        if (listener.failure == null && !with.session.hasBegun()) {
            throw new IllegalStateException(test.name() + " has no @VirtualInternet: seeds make no difference to it");
        }
        return new Outcome(listener.failure, with.session.recorded());
    }

    @Override
    public <T> T forMany(Supplier<T> work) {
        if (runs != null) {
            return work.get();
        }
        try (var session = new ExploreSession()) {
            var request = SeedExplorer.request(List.of(DiscoverySelectors.selectUniqueId(test.id())),
                    Map.of(ExploreSession.KEY, session.id()));
            var listener = new FirstFailure();
            if (!RepeatingEngine.runs(UniqueId.parse(test.id()))) {
                Launcher launcher = launcher();
                return with(new Runs(session, listener, () -> launcher.execute(request, listener)), work);
            }
            // The launcher makes of whatever its engines throw a failure of theirs.
            var result = new Result<T>();
            launcher(new RepeatingEngine(once -> result.of(() -> with(new Runs(session, listener, once), work))))
                    .execute(request, listener);
            return result.get(listener.failure);
        }
    }

    private <T> T with(Runs some, Supplier<T> work) {
        runs = some;
        try {
            return work.get();
        } finally {
            runs = null;
        }
    }

    /// What work returned or threw.
    private static final class Result<T> {
        private boolean done;
        private T value;
        private Throwable thrown;

        void of(Supplier<T> work) {
            try {
                value = work.get();
            } catch (RuntimeException | Error e) {
                thrown = e;
            }
            done = true;
        }

        /// @param why the launcher's failure, if it has not even begun
        T get(Throwable why) {
            switch (thrown) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> {
                    if (!done) {
                        throw new IllegalStateException("JUnit did not run the test" + (why == null ? "" : ": " + why), why);
                    }
                    return value;
                }
            }
        }
    }

    private static final class FirstFailure implements TestExecutionListener {
        private Throwable failure;
        private String skipped;

        @Override
        public void executionSkipped(TestIdentifier which, String reason) {
            skipped = reason;
        }

        /// That an assumption does not hold with a seed is no failure.
        @Override
        public void executionFinished(TestIdentifier which, TestExecutionResult result) {
            if (failure == null && result.getStatus() == TestExecutionResult.Status.FAILED) {
                failure = result.getThrowable().orElseGet(() -> new AssertionError(which.getDisplayName() + ": "
                        + result.getStatus()));
            }
        }
    }
}
