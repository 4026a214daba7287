package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.PacketHarm;
import dev.millrace.internet.ScriptEvent.Pick;
import dev.millrace.internet.ScriptEvent.Trouble;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Decides what is left to chance: from a seed, or as a script says. One thread at a time.
final class Chance {
    /// Longer scripts could hardly be shrunk.
    private static final int MAX_RECORDED = 1_000_000;

    private final long seed;
    private final RandomGenerator picks;
    private final List<ScriptEvent> recorded;
    private final Script script;
    private final Map<Long, Integer> scriptedPicks = new HashMap<>();
    private final Map<String, Map<Long, List<PacketHarm>>> scriptedHarm = new HashMap<>();
    private long choices;
    /// What of the script has happened.
    private final Set<ScriptEvent> used = new HashSet<>();

    /// @param script what happens, or `null` to draw it from the seed
    /// @param record whether to remember what happens
    Chance(long seed, Script script, boolean record) {
        this.seed = seed;
        this.script = script;
        // In real time the thread that draws troubles is not the one that moves packets.
        recorded = record ? Collections.synchronizedList(new ArrayList<>()) : null;
        picks = generator("turns");
        if (script != null) {
            for (ScriptEvent e : script.events()) {
                switch (e) {
                    case Pick p -> scriptedPicks.put(p.n(), p.index());
                    case PacketHarm h -> scriptedHarm.computeIfAbsent(h.path(), _ -> new HashMap<>())
                            .computeIfAbsent(h.n(), _ -> new ArrayList<>(1)).add(h);
                    case Trouble t -> record(t);
                }
            }
        }
    }

    /// The seed of what has this name; others' do not depend on it.
    long seedOf(String name) {
        long h = seed ^ 0x9e37_79b9_7f4a_7c15L;
        for (int i = 0; i < name.length(); i++) {
            h = mix(h + name.charAt(i));
        }
        return mix(h);
    }

    private static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        long b = (a ^ a >>> 27) * 0x94d0_49bb_1331_11ebL;
        return b ^ b >>> 31;
    }

    RandomGenerator generator(String name) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seedOf(name));
    }

    /// Which of `n` programs goes on, 0 to n - 1.
    int pick(int n) {
        long number = choices++;
        if (script != null) {
            int wanted = scriptedPicks.getOrDefault(number, 0);
            int index = wanted % n;
            if (index > 0) {
                used.add(new Pick(number, wanted));
                record(new Pick(number, index));
            }
            return index;
        }
        int index = picks.nextInt(n);
        if (index > 0) {
            record(new Pick(number, index));
        }
        return index;
    }

    boolean isScripted() {
        return script != null;
    }

    /// The harm that a script does to packets of a path, by their numbers.
    Map<Long, List<PacketHarm>> harm(String path) {
        return scriptedHarm.getOrDefault(path, Map.of());
    }

    /// The troubles of the script.
    List<Trouble> troubles() {
        return script == null ? List.of() : script.events().stream()
                .filter(Trouble.class::isInstance).map(Trouble.class::cast).toList();
    }

    /// A line of the script has had its effect.
    void used(ScriptEvent event) {
        used.add(event);
    }

    /// The lines of the script that have met nothing, as one sentence; empty if there are none.
    List<String> warnings() {
        List<ScriptEvent> idle = script == null ? List.of() : script.events().stream().filter(e -> !used.contains(e)).toList();
        return idle.isEmpty() ? List.of() : List.of(idle.size() + " of " + script.size() + " lines of the script have met nothing, the first is \""
                + idle.getFirst() + "\": the program, or what it runs on, is not what it was when the script was made");
    }

    void record(ScriptEvent event) {
        if (recorded != null && recorded.size() < MAX_RECORDED) {
            recorded.add(event);
        }
    }

    /// What has happened so far, if it was to be remembered.
    Script recorded() {
        return recorded == null ? Script.empty() : new Script(recorded);
    }
}
