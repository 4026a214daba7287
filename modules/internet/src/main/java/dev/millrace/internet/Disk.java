package dev.millrace.internet;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a [Host] keeps when it crashes, by name: bytes that its programs have written and synced. What was written and not
/// synced is lost in a crash, as in a machine whose power fails, or kept, as when only a process dies: see
/// [#keepUnsynced]. Used by who has the turn; in real time any thread may call any method.
public final class Disk {
    private final Map<String, byte[]> synced = new TreeMap<>();
    /// Written since; `null` for what was deleted.
    private final Map<String, byte[]> unsynced = new HashMap<>();
    private boolean keepsUnsynced;

    Disk() {
    }

    /// Writes, or replaces.
    public synchronized void write(String name, byte[] bytes) {
        unsynced.put(name, bytes.clone());
    }

    /// What was written under a name, synced or not.
    public synchronized Optional<byte[]> read(String name) {
        byte[] bytes = unsynced.containsKey(name) ? unsynced.get(name) : synced.get(name);
        return Optional.ofNullable(bytes).map(byte[]::clone);
    }

    /// Deletes, if it is there.
    public synchronized void delete(String name) {
        unsynced.put(name, null);
    }

    /// The names under which something is there, in their order.
    public synchronized List<String> names() {
        var all = new TreeSet<>(synced.keySet());
        unsynced.forEach((name, bytes) -> {
            if (bytes == null) {
                all.remove(name);
            } else {
                all.add(name);
            }
        });
        return Collections.unmodifiableList(new ArrayList<>(all));
    }

    /// From when it returns, what was written is there whatever happens.
    public synchronized void sync() {
        unsynced.forEach((name, bytes) -> {
            if (bytes == null) {
                synced.remove(name);
            } else {
                synced.put(name, bytes);
            }
        });
        unsynced.clear();
    }

    /// Whether what was not synced is there after a crash all the same; `false` if nothing is said.
    public synchronized void keepUnsynced(boolean value) {
        keepsUnsynced = value;
    }

    /// Loses all of it, as a machine that is replaced.
    public synchronized void wipe() {
        synced.clear();
        unsynced.clear();
    }

    synchronized void crash() {
        if (keepsUnsynced) {
            sync();
        }
        unsynced.clear();
    }
}
