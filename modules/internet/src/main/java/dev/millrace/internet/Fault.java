package dev.millrace.internet;

import java.util.function.Consumer;

/// Something that is wrong with the network until it is closed, so that a `try` block says how long it lasts.
///
/// ```java
/// try (Fault _ = net.partition(List.of("a", "b"), List.of("c"))) {
///   net.runFor(Duration.ofSeconds(20));
/// }
/// ```
public final class Fault implements AutoCloseable {
    private final String name;
    private final Consumer<Runnable> turn;
    private Runnable healing;
    private volatile long packets;

    /// @param turn runs an action when nothing else happens in the network
    Fault(String name, Consumer<Runnable> turn) {
        this.name = name;
        this.turn = turn;
    }

    void setHealing(Runnable action) {
        healing = action;
    }

    /// What it is called in counters and captures.
    public String name() {
        return name;
    }

    /// How many packets it has hit.
    public long packets() {
        return packets;
    }

    /// Has `action` run after the healing.
    void afterHealing(Runnable action) {
        Runnable before = healing;
        healing = () -> {
            before.run();
            action.run();
        };
    }

    /// Called in the turns of the clockwork alone.
    void hit() {
        long before = packets;
        packets = before + 1;
    }

    /// Heals it. Further calls do nothing.
    @Override
    public void close() {
        turn.accept(() -> {
            Runnable action = healing;
            healing = null;
            if (action != null) {
                action.run();
            }
        });
    }

    @Override
    public String toString() {
        return name + " (" + packets + " packets)";
    }
}
