package dev.millrace.junit;

import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.junit.platform.engine.EngineDiscoveryRequest;
import org.junit.platform.engine.ExecutionRequest;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestEngine;
import org.junit.platform.engine.UniqueId;

/// Lets JUnit Jupiter run a test as often as somebody wants within one call of JUnit's launcher. What that does for each call -
/// look for engines, open a session, take in configuration - takes longer than a short test.
final class RepeatingEngine implements TestEngine {
    private static final String JUPITER = "junit-jupiter";

    private final TestEngine jupiter = ServiceLoader.load(TestEngine.class).stream().map(ServiceLoader.Provider::get)
            .filter(e -> e.getId().equals(JUPITER)).findFirst()
            .orElseThrow(() -> new IllegalStateException("JUnit Jupiter's engine is not on the class path"));
    private final Work work;
    private Supplier<TestDescriptor> tests;

    /// What makes the runs.
    interface Work {
        /// @param once one run, with the test's outcome told to the launcher's listeners
        void with(Runnable once);
    }

    RepeatingEngine(Work work) {
        this.work = work;
    }

    /// Whether this can run a test.
    static boolean runs(UniqueId test) {
        return JUPITER.equals(test.getEngineId().orElse(null));
    }

    @Override
    public String getId() {
        return "millrace";
    }

    /// The tests keep the ids that they have in builds, which their addresses follow from.
    @Override
    public TestDescriptor discover(EngineDiscoveryRequest request, UniqueId id) {
        tests = () -> jupiter.discover(request, UniqueId.forEngine(JUPITER));
        return tests.get();
    }

    @Override
    public void execute(ExecutionRequest request) {
        TestDescriptor root = request.getRootTestDescriptor();
        var used = new boolean[1];
        work.with(() -> {
            if (used[0]) {
                // Jupiter's descriptors are good for one run, and an engine has one root for all.
                List.copyOf(root.getChildren()).forEach(root::removeChild);
                tests.get().getChildren().forEach(root::addChild);
            }
            used[0] = true;
            jupiter.execute(request);
        });
    }
}
