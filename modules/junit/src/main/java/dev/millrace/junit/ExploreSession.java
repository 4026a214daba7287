package dev.millrace.junit;

import dev.millrace.internet.Script;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What a search tells the tests that it runs, and hears from them. The configuration parameter [#KEY] names it.
final class ExploreSession implements AutoCloseable {
    static final String KEY = "millrace.explore";

    private static final Map<String, ExploreSession> OPEN = new ConcurrentHashMap<>();

    private final String id = Long.toHexString(System.nanoTime()) + "-" + System.identityHashCode(this);
    private final Script script;
    private final boolean record;
    private Script recorded = Script.empty();
    private boolean begun;
    private boolean failed;

    /// @param script what happens by chance, or `null` to draw it from the seed
    /// @param record whether to remember it
    ExploreSession(Script script, boolean record) {
        this.script = script;
        this.record = record;
        OPEN.put(id, this);
    }

    /// The session of this id, or `null`.
    static ExploreSession of(String id) {
        return OPEN.get(id);
    }

    String id() {
        return id;
    }

    Script script() {
        return script;
    }

    boolean record() {
        return record;
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
