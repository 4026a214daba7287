package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.Trouble;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Draws troubles from a seed.
final class ChaosPlan {
    private final RandomGenerator random;
    private final List<String> hosts;
    private final long fromNs;

    ChaosPlan(Chance chance, List<String> hosts, long fromNs) {
        random = chance.generator("chaos");
        this.hosts = hosts;
        this.fromNs = fromNs;
    }

    List<Trouble> draw(Chaos chaos) {
        var all = new ArrayList<Trouble>();
        for (int i = 0; i < chaos.cuts() && hosts.size() > 1; i++) {
            int one = random.nextInt(hosts.size());
            int other = (one + 1 + random.nextInt(hosts.size() - 1)) % hosts.size();
            all.add(trouble(chaos, List.of(hosts.get(one)), List.of(hosts.get(other))));
        }
        for (int i = 0; i < chaos.isolations() && !hosts.isEmpty(); i++) {
            all.add(trouble(chaos, List.of(hosts.get(random.nextInt(hosts.size()))), List.of()));
        }
        return all;
    }

    private Trouble trouble(Chaos chaos, List<String> one, List<String> other) {
        long at = fromNs + random.nextLong(chaos.within().toNanos());
        long spread = chaos.longest().toNanos() - chaos.shortest().toNanos();
        return new Trouble(at, chaos.shortest().toNanos() + random.nextLong(spread + 1), one, other);
    }
}
