package dev.millrace.junit;

import dev.millrace.internet.SeedSearch;
import dev.millrace.internet.SeedSearch.Finding;
import dev.millrace.internet.Trial;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;

/// Runs tests with [VirtualInternet] with one seed after the other until one fails, and shrinks what happened to the shortest
/// script with which it still fails. Needs JUnit's launcher and engine.
public final class SeedExplorer {
    private final Launcher launcher = ExploredTest.launcher();

    /// Finds the engines that are present.
    public SeedExplorer() {
    }

    /// One test.
    ///
    /// @param id JUnit's unique id
    /// @param name what it is called
    public record Test(String id, String name) {
        /// What to give to Maven so that it runs this test alone, with a seed and, unless that is `null`, a file with a script.
        public String arguments(long seed, Path script) {
            return Replay.arguments(name, seed, script == null ? null : script.toString());
        }
    }

    /// The tests of a class and of those nested in it, or those of this name if `method` is not empty. One that runs several
    /// times, such as a test with parameters, is one test.
    public List<Test> tests(Class<?> type, String method) {
        TestPlan plan = launcher.discover(request(List.of(DiscoverySelectors.selectClass(type)), Map.of()));
        var tests = new ArrayList<Test>();
        for (TestIdentifier root : plan.getRoots()) {
            for (TestIdentifier t : plan.getDescendants(root)) {
                boolean runs = t.isTest() || plan.getChildren(t).isEmpty();
                if (runs && t.getSource().orElse(null) instanceof MethodSource source
                        && (method.isEmpty() || source.getMethodName().equals(method))) {
                    tests.add(new Test(t.getUniqueId(), Replay.name(source.getClassName(), source.getMethodName())));
                }
            }
        }
        return tests;
    }

    static LauncherDiscoveryRequest request(List<? extends DiscoverySelector> what, Map<String, String> parameters) {
        return LauncherDiscoveryRequestBuilder.request().selectors(what).configurationParameters(parameters).build();
    }

    /// A search over seeds of one test; it has its seeds still to be set. It throws an [IllegalStateException] if the test is
    /// skipped, or has no simulated Internet.
    public SeedSearch search(Test test) {
        return SeedSearch.of(trial(test));
    }

    /// Single runs of a test, for searches of other kinds. It throws an [IllegalStateException] if the test is skipped, or has no
    /// simulated Internet.
    public Trial trial(Test test) {
        return new ExploredTest(test);
    }

    /// Runs one test once with a seed and, unless that is `null`, a script; returns how it failed.
    ///
    /// @throws IllegalStateException if the test is skipped, or has no simulated Internet
    public Optional<Throwable> run(Test test, long seed, dev.millrace.internet.Script script) {
        return Optional.ofNullable(trial(test).run(seed, script, false).failure());
    }

    /// Searches all tests of a class.
    ///
    /// @return what was found, by test; tests that never failed are not there
    /// @throws IllegalStateException if a test is skipped, or has no simulated Internet
    public Map<Test, Finding> explore(Class<?> type, long firstSeed, long lastSeed) {
        var found = new LinkedHashMap<Test, Finding>();
        for (Test t : tests(type, "")) {
            search(t).seeds(firstSeed, lastSeed).search().ifPresent(f -> found.put(t, f));
        }
        return found;
    }
}
