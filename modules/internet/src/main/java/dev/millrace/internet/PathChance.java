package dev.millrace.internet;

import dev.millrace.internet.ScriptEvent.Harm;
import dev.millrace.internet.ScriptEvent.PacketHarm;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// What happens by chance to the packets of one direction of a link, one after the other.
final class PathChance {
    private final Chance chance;
    private final String path;
    private final Map<Long, List<PacketHarm>> scripted;
    private RandomGenerator random;
    private long packets;
    private boolean bad;
    /// Of the jitter: its span, the value at a time, and that one span later.
    private long jitterSpanNs;
    private long jitterFromNs;
    private long jitterFrom;
    private long jitterTo;

    // What happens to the packet that was drawn last.
    boolean lost;
    boolean duplicated;
    /// The bit that is wrong, or -1.
    long corruptedBit;
    long extraNs;
    /// Whether others may overtake it.
    boolean held;

    PathChance(Chance chance, String path) {
        this.chance = chance;
        this.path = path;
        scripted = chance.harm(path);
    }

    /// Decides about the next packet.
    ///
    /// @param bits how many it has
    /// @param nowNs the time
    void draw(LinkConditions c, long bits, long nowNs) {
        long n = packets++;
        lost = false;
        duplicated = false;
        corruptedBit = -1;
        extraNs = 0;
        held = false;
        if (chance.isScripted()) {
            replay(n, bits);
        } else if (!c.isPlain()) {
            drawAnew(c, n, bits, nowNs);
        }
    }

    private void replay(long n, long bits) {
        for (PacketHarm h : scripted.getOrDefault(n, List.of())) {
            chance.used(h);
            chance.record(h);
            switch (h.harm()) {
                case LOSE -> lost = true;
                case DUPLICATE -> duplicated = true;
                case CORRUPT -> corruptedBit = h.value() % Math.max(1, bits);
                case DELAY -> extraNs += h.value();
                case HOLD -> {
                    extraNs += h.value();
                    held = true;
                }
            }
        }
    }

    private void drawAnew(LinkConditions c, long n, long bits, long nowNs) {
        if (random == null) {
            random = chance.generator("path " + path);
        }
        if (isLost(c)) {
            lost = true;
            chance.record(new PacketHarm(path, n, Harm.LOSE, 0));
            return;
        }
        if (happens(c.duplication())) {
            duplicated = true;
            chance.record(new PacketHarm(path, n, Harm.DUPLICATE, 0));
        }
        if (happens(c.corruption()) && bits > 0) {
            corruptedBit = random.nextLong(bits);
            chance.record(new PacketHarm(path, n, Harm.CORRUPT, corruptedBit));
        }
        if (c.jitterNs() > 0) {
            extraNs = jitter(c.jitterNs(), nowNs);
            if (extraNs > 0) {
                chance.record(new PacketHarm(path, n, Harm.DELAY, extraNs));
            }
        }
        if (happens(c.reordering())) {
            extraNs += c.reorderingByNs();
            held = true;
            chance.record(new PacketHarm(path, n, Harm.HOLD, c.reorderingByNs()));
        }
    }

    /// How much longer a packet takes now, 0 to `spanNs`: a way from one value to the next, each drawn uniformly for a time that
    /// lies at least `spanNs` behind the one before. So it never shrinks faster than time passes, packets keep their order,
    /// and nevertheless half of `spanNs` is what they take on average, which it would not be if each were drawn alone and
    /// those that come too early waited.
    private long jitter(long spanNs, long nowNs) {
        if (jitterSpanNs != spanNs) {
            jitterSpanNs = spanNs;
            jitterFromNs = nowNs - random.nextLong(spanNs + 1);
            jitterFrom = random.nextLong(spanNs + 1);
            jitterTo = random.nextLong(spanNs + 1);
        }
        long passed = (nowNs - jitterFromNs) / spanNs;
        if (passed > 0) {
            jitterFrom = passed == 1 ? jitterTo : random.nextLong(spanNs + 1);
            jitterTo = random.nextLong(spanNs + 1);
            jitterFromNs += passed * spanNs;
        }
        return jitterFrom + Math.round((double) (jitterTo - jitterFrom) * (nowNs - jitterFromNs) / spanNs);
    }

    private boolean isLost(LinkConditions c) {
        boolean random = happens(c.loss());
        if (c.isBursty()) {
            bad = bad ? !happens(c.toGood()) : happens(c.toBad());
            random |= happens(bad ? c.lossBad() : c.lossGood());
        }
        return random;
    }

    private boolean happens(double share) {
        return share > 0 && random.nextDouble() < share;
    }
}
