package dev.millrace.junit;

import dev.millrace.internet.Script;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.ExtensionContext;

/// What a search tells the tests that it runs, and hears from them. The configuration parameter [#KEY] names it.
final class ExploreSession implements AutoCloseable {
    static final String KEY = "millrace.explore";

    private static final Map<String, ExploreSession> OPEN = new ConcurrentHashMap<>();

    private final String id = Long.toHexString(System.nanoTime()) + "-" + System.identityHashCode(this);
    private Run run;

    /// One run.
    ///
    /// @param script what happens by chance, or `null` to draw it from the seed
    /// @param record whether to remember it
    /// @param log what hears each line of what happens in the network, or `null`
    record Run(long seed, Script script, boolean record, Consumer<String> log) {
    }

    private Script recorded = Script.empty();
    private boolean begun;
    private boolean failed;

    ExploreSession() {
        OPEN.put(id, this);
    }

    /// The session that runs a test, or `null`.
    static ExploreSession of(ExtensionContext context) {
        return context.getConfigurationParameter(KEY).map(OPEN::get).orElse(null);
    }

    String id() {
        return id;
    }

    /// What is run next.
    void next(Run next) {
        run = next;
        recorded = Script.empty();
        begun = false;
        failed = false;
    }

    Run run() {
        return run;
    }

    /// A test with an Internet has begun.
    void begin() {
        begun = true;
    }

    boolean hasBegun() {
        return begun;
    }

    /// Of a test that is run several times, such as one with parameters, the first run that failed counts.
    void end(Script happened, boolean hasFailed) {
        if (!failed) {
            recorded = happened;
            failed = hasFailed;
        }
    }

    Script recorded() {
        return recorded;
    }

    @Override
    public void close() {
        OPEN.remove(id);
    }
}
