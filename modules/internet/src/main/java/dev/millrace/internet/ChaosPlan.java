package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.Trouble;
import dev.millrace.internet.ScriptEvent.TroubleKind;
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
        // Cuts and isolations first, so that a plan of these only is what it has always been.
        for (int i = 0; i < chaos.count(TroubleKind.CUT); i++) {
            all.add(betweenTwo(chaos, TroubleKind.CUT));
        }
        for (int i = 0; i < chaos.isolations(); i++) {
            all.add(trouble(chaos, TroubleKind.CUT, List.of(any()), List.of()));
        }
        for (TroubleKind kind : TroubleKind.values()) {
            for (int i = 0; kind != TroubleKind.CUT && i < chaos.count(kind); i++) {
                all.add(kind.hasOthers ? betweenTwo(chaos, kind) : trouble(chaos, kind, List.of(any()), List.of()));
            }
        }
        return all;
    }

    private String any() {
        return hosts.get(random.nextInt(hosts.size()));
    }

    private Trouble betweenTwo(Chaos chaos, TroubleKind kind) {
        int one = random.nextInt(hosts.size());
        int other = (one + 1 + random.nextInt(hosts.size() - 1)) % hosts.size();
        return trouble(chaos, kind, List.of(hosts.get(one)), List.of(hosts.get(other)));
    }

    private Trouble trouble(Chaos chaos, TroubleKind kind, List<String> one, List<String> other) {
        long at = fromNs + random.nextLong(chaos.within().toNanos());
        long spread = chaos.longest().toNanos() - chaos.shortest().toNanos();
        long lasting = chaos.shortest().toNanos() + random.nextLong(spread + 1);
        long most = chaos.value(kind);
        boolean signed = kind == TroubleKind.CLOCK || kind == TroubleKind.DRIFT;
        long value = most == 0 ? 0 : random.nextLong(signed ? -most : 0, most + 1);
        return new Trouble(kind, at, lasting, one, other, value);
    }
}
