package dev.millrace.internet;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/// Looks for a seed with which something fails, and then for the shortest script of events with which it still fails in the
/// same way.
///
/// ```java
/// Optional<SeedSearch.Finding> found = SeedSearch.of(Trial.of(_ -> {}, net -> { ... })).seeds(1, 1000).search();
/// ```
///
/// One thread at a time.
public final class SeedSearch {
    /// How many runs the shrinking may take if nothing else is said.
    public static final int DEFAULT_SHRINKING_RUNS = 3000;

    private static final int ALIGNING_STEPS = 100;

    private final Trial trial;
    private long first = 1;
    private long last = 1000;
    private int shrinkingRuns = DEFAULT_SHRINKING_RUNS;
    private LongConsumer beforeSeed = _ -> {
    };
    private LongConsumer whileShrinking = _ -> {
    };
    private int runs;

    /// What was found.
    ///
    /// @param seed the first seed that failed
    /// @param failure how it fails with the script
    /// @param script the events that are enough for it
    /// @param recorded how many events there were before shrinking
    /// @param runs how many runs the shrinking took
    /// @param minimal whether without any one of the events it would not fail, or not so; else the runs were used up
    public record Finding(long seed, Throwable failure, Script script, int recorded, int runs, boolean minimal) {
    }

    private SeedSearch(Trial trial) {
        this.trial = trial;
    }

    /// Searches runs of this.
    public static SeedSearch of(Trial trial) {
        return new SeedSearch(trial);
    }

    /// Tries the seeds from `from` to `to`, both included.
    public SeedSearch seeds(long from, long to) {
        if (to < from) {
            throw new IllegalArgumentException("seeds " + from + " to " + to + " are none");
        }
        first = from;
        last = to;
        return this;
    }

    /// Gives up shrinking after so many runs.
    public SeedSearch shrinkingRuns(int n) {
        shrinkingRuns = n;
        return this;
    }

    /// Tells each seed before it is tried, and then, of the shrinking, how many events there still are.
    public SeedSearch progress(LongConsumer seed, LongConsumer events) {
        beforeSeed = seed;
        whileShrinking = events;
        return this;
    }

    /// Searches.
    ///
    /// @return the first failure, or empty if no seed fails
    public Optional<Finding> search() {
        return trial.forMany(this::searchAll);
    }

    private Optional<Finding> searchAll() {
        var failed = new Long[1];
        forEachSeed(seed -> {
            failed[0] = trial.run(seed, null, false).failure() == null ? null : seed;
            return failed[0] == null;
        });
        return Optional.ofNullable(failed[0]).map(this::shrink);
    }

    /// @param goesOn tries a seed, and says whether others are to be tried
    private void forEachSeed(LongPredicate goesOn) {
        for (long seed = first; seed <= last; seed++) {
            beforeSeed.accept(seed);
            if (!goesOn.test(seed) || seed == Long.MAX_VALUE || Thread.currentThread().isInterrupted()) {
                break;
            }
        }
    }

    /// Tries all seeds, also after one has failed.
    ///
    /// @return what failed, by cause, that of the lowest seed first
    public List<FailureGroup> failures() {
        return trial.forMany(this::allFailures);
    }

    private List<FailureGroup> allFailures() {
        Map<FailureCause, FailureGroup> groups = new LinkedHashMap<>();
        forEachSeed(seed -> {
            Throwable t = trial.run(seed, null, false).failure();
            if (t != null) {
                groups.merge(FailureCause.of(t), new FailureGroup(FailureCause.of(t), 1, List.of(seed), t), SeedSearch::both);
            }
            return true;
        });
        return List.copyOf(groups.values());
    }

    private static FailureGroup both(FailureGroup earlier, FailureGroup one) {
        List<Long> seeds = new ArrayList<>(earlier.seeds());
        if (seeds.size() < FailureGroup.SEEDS) {
            seeds.add(one.seed());
        }
        return new FailureGroup(earlier.cause(), earlier.count() + 1, seeds, earlier.lowest());
    }

    /// Runs each seed twice, until the two runs of one differ: that finds what does not follow from the seed.
    ///
    /// @return the first difference
    public Optional<SeedDifference> check() {
        return trial.forMany(this::firstDifference);
    }

    private Optional<SeedDifference> firstDifference() {
        var found = new SeedDifference[1];
        forEachSeed(seed -> {
            found[0] = check(seed).orElse(null);
            return found[0] == null;
        });
        return Optional.ofNullable(found[0]);
    }

    /// Runs a seed twice.
    ///
    /// @return where the two runs differ
    public Optional<SeedDifference> check(long seed) {
        return trial.forMany(() -> SeedDifference.between(seed, log(seed), log(seed)));
    }

    private List<String> log(long seed) {
        var log = new RunLog();
        Trial.Outcome outcome = trial.run(seed, log::add);
        log.end(outcome.script(), outcome.failure());
        return log.lines();
    }

    /// Shrinks a seed that fails.
    ///
    /// @throws IllegalArgumentException if it does not fail
    public Finding shrink(long seed) {
        return trial.forMany(() -> shrinkNow(seed));
    }

    private Finding shrinkNow(long seed) {
        Trial.Outcome full = trial.run(seed, null, true);
        if (full.failure() == null) {
            throw new IllegalArgumentException("seed " + seed + " does not fail when it is run again: something in the run does "
                    + "not follow from the seed, such as threads of its own or the wall clock");
        }
        runs = 0;
        List<ScriptEvent> events = new ArrayList<>(full.script().events());
        var failure = new Throwable[] {full.failure()};
        String kind = kind(full.failure());
        Predicate<List<ScriptEvent>> fails = candidate -> {
            runs++;
            Throwable t = trial.run(seed, new Script(candidate), false).failure();
            boolean same = t != null && kind(t).equals(kind);
            if (same) {
                failure[0] = t;
                whileShrinking.accept(candidate.size());
            }
            return same;
        };
        int recorded = events.size();
        if (!fails.test(events)) {
            return new Finding(seed, full.failure(), full.script(), recorded, runs, false);
        }
        events = withoutKinds(events, fails);
        events = minimize(events, fails);
        List<ScriptEvent> aligned = withoutDelays(events, fails);
        if (aligned.size() < events.size()) {
            events = minimize(aligned, fails);
        }
        return new Finding(seed, failure[0], new Script(events), recorded, runs, runs < shrinkingRuns);
    }

    /// What makes two failures the same: the class of the first cause, and the line that threw it. If that is within
    /// Millrace, such as a time-out of a socket, the line of the program that was there, too.
    static String kind(Throwable t) {
        Throwable root = FailureCause.root(t);
        String first = null;
        String ofProgram = null;
        for (StackTraceElement e : root.getStackTrace()) {
            if (!FailureCause.isOfLibrary(e)) {
                String line = e.getClassName() + ":" + e.getLineNumber();
                first = first == null ? line : first;
                if (!FailureCause.isOfMillrace(e)) {
                    ofProgram = line;
                    break;
                }
            }
        }
        return root.getClass().getName() + " at " + first + (ofProgram == null ? "" : " for " + ofProgram);
    }

    /// Most of what happens by chance has nothing to do with a failure: first all events of one kind are left out at once.
    private List<ScriptEvent> withoutKinds(List<ScriptEvent> events, Predicate<List<ScriptEvent>> fails) {
        List<ScriptEvent> left = events;
        for (Object kind : events.stream().map(SeedSearch::kindOfEvent).distinct().toList()) {
            List<ScriptEvent> fewer = left.stream().filter(e -> !kindOfEvent(e).equals(kind)).toList();
            if (fewer.size() < left.size() && runs < shrinkingRuns && fails.test(fewer)) {
                left = fewer;
            }
        }
        return left;
    }

    private static Object kindOfEvent(ScriptEvent e) {
        return switch (e) {
            case ScriptEvent.PacketHarm h -> h.harm();
            case ScriptEvent.Trouble t -> t.kind();
            case ScriptEvent.Pick _ -> e.getClass();
        };
    }

    /// Many small delays often do nothing but let a cut hit the right moment: without them it must come earlier.
    private List<ScriptEvent> withoutDelays(List<ScriptEvent> events, Predicate<List<ScriptEvent>> fails) {
        long delays = events.stream().mapToLong(SeedSearch::delayNs).sum();
        List<ScriptEvent> rest = events.stream().filter(e -> delayNs(e) == 0).toList();
        boolean troubled = rest.stream().anyMatch(ScriptEvent.Trouble.class::isInstance);
        for (int i = 0; troubled && delays > 0 && i <= ALIGNING_STEPS && runs < shrinkingRuns; i++) {
            long earlier = delays / ALIGNING_STEPS * i;
            List<ScriptEvent> shifted = rest.stream().map(e -> e instanceof ScriptEvent.Trouble t
                    ? t.at(Math.max(0, t.atNs() - earlier)) : e).toList();
            if (fails.test(shifted)) {
                return shifted;
            }
        }
        return events;
    }

    private static long delayNs(ScriptEvent e) {
        return e instanceof ScriptEvent.PacketHarm(_, _, ScriptEvent.Harm harm, long value)
                && (harm == ScriptEvent.Harm.DELAY || harm == ScriptEvent.Harm.HOLD) ? value : 0;
    }

    /// Zeller's and Hildebrandt's delta debugging: leaves out ever smaller parts as long as the rest still fails.
    private List<ScriptEvent> minimize(List<ScriptEvent> events, Predicate<List<ScriptEvent>> fails) {
        List<ScriptEvent> left = events;
        int parts = 2;
        while (!left.isEmpty() && runs < shrinkingRuns) {
            int size = Math.max(1, (left.size() + parts - 1) / parts);
            boolean smaller = false;
            for (int from = 0; from < left.size() && runs < shrinkingRuns; from += size) {
                var rest = new ArrayList<>(left);
                rest.subList(from, Math.min(left.size(), from + size)).clear();
                if (fails.test(rest)) {
                    left = rest;
                    parts = Math.max(2, parts - 1);
                    smaller = true;
                    break;
                }
            }
            if (!smaller) {
                if (size == 1) {
                    break;
                }
                parts = Math.min(left.size(), parts * 2);
            }
        }
        return left;
    }
}
