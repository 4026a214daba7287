package dev.millrace.it.schedule;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Where a schedule changes hands. There are three kinds: at any point with some probability; at a few points, chosen
/// beforehand, with the thread of the highest rank going on meanwhile (as in probabilistic concurrency testing); and at a few
/// sites of some classes only, which is how a fault shows that needs one change between two certain statements.
///
/// A site is a class and what is done there: a field that is accessed, or a lock, an atomic operation or a wait in its code.
final class Changes {
    /// A schedule of the second and third kind changes hands so many times, at the most.
    private static final int MAX_CHANGES = 5;
    private static final int FIRST_POINTS = 3000;

    /// One of so many points changes hands; 0 in the other kinds.
    private final int switchEvery;
    private final long[] at;
    private int next;
    /// Whether it is sites that are counted.
    private final boolean atSites;
    /// Of the sites, one of so many, another choice under each salt; by class or one by one.
    private final int oneOf;
    private final int salt;
    private final boolean byClass;
    /// The classes that were asked for, or `null`.
    private final int[] places;
    private long begun;
    private long sites;

    /// As the seed wants it.
    Changes(SplittableRandom random) {
        // Some schedules change hands all the time, others a few times, and of every second one it is chosen where.
        switchEvery = random.nextInt(2) == 0 ? 0 : 1 << random.nextInt(1, 10);
        atSites = random.nextInt(2) == 0;
        byClass = random.nextInt(2) == 0;
        oneOf = byClass ? 8 << random.nextInt(3) : 4 << random.nextInt(5);
        salt = random.nextInt();
        places = null;
        int first = atSites ? 8 << random.nextInt(5) : 1 << random.nextInt(5, 12);
        at = random.longs(random.nextInt(1, MAX_CHANGES + 1), 0, Math.min(first, FIRST_POINTS)).sorted().toArray();
    }

    /// At these sites of these classes, counted from 1, joined by a plus sign.
    Changes(String classes, long[] at) {
        this.at = at;
        places = Arrays.stream(classes.split("\\+")).mapToInt(Changes::place).toArray();
        switchEvery = 0;
        oneOf = 1;
        salt = 0;
        atSites = true;
        byClass = true;
    }

    /// The number of a site, with that of its class in the upper half.
    ///
    /// @param owner internal name of the class whose field it is or whose code
    static int site(String owner, String what) {
        return place(owner) << 16 | what.hashCode() & 0xffff;
    }

    private static int place(String owner) {
        int hash = owner.substring(owner.lastIndexOf('/') + 1).replaceFirst("\\$.*", "").hashCode();
        return (hash ^ hash >>> 16) & 0xffff;
    }

    /// Whether who goes on is the one of the highest rank.
    boolean isByRank() {
        return switchEvery == 0;
    }

    /// Whether threads rank as they were made, the first one highest.
    boolean isInOrder() {
        return places != null;
    }

    int switchEvery() {
        return switchEvery;
    }

    /// From here on it is counted.
    void begin(long points) {
        begun = points;
        sites = 0;
        next = 0;
    }

    /// How many sites were passed that count.
    long sites() {
        return sites;
    }

    boolean isAtPoint(long points) {
        return !atSites && isOver(points - begun);
    }

    /// Before what is done at a site.
    boolean isBefore(int site) {
        return atSites && isChosen(site) && isOver(++sites);
    }

    /// After it. Where classes were asked for all their sites count, and after one is before the next.
    boolean isAfter(int site) {
        return places == null && isBefore(site);
    }

    private boolean isChosen(int site) {
        int place = site >>> 16;
        if (places != null) {
            for (int p : places) {
                if (p == place) {
                    return true;
                }
            }
            return false;
        }
        int x = ((byClass ? place : site) ^ salt) * 0x9e3779b9;
        return ((x ^ x >>> 15) * 0x85ebca6b >>> 8) % oneOf == 0;
    }

    private boolean isOver(long count) {
        if (next >= at.length || count < at[next]) {
            return false;
        }
        next++;
        return true;
    }
}
