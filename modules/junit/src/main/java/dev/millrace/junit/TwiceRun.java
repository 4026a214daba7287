package dev.millrace.junit;

import dev.millrace.internet.RunLog;
import dev.millrace.internet.Script;
import dev.millrace.internet.SeedDifference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/// One of the two runs that each seed of [Seeds] gets when builds check whether tests are functions of their seeds. Whichever
/// ends second is compared with the other.
final class TwiceRun {
    static final String CHECK = "millrace.check";
    private static final Namespace NAMESPACE = Namespace.create(TwiceRun.class);

    private final long seed;
    /// Of the runs that have ended, by seed.
    private final Map<Long, List<String>> ended;
    private final RunLog log = new RunLog();

    private TwiceRun(long seed, Map<Long, List<String>> ended) {
        this.seed = seed;
        this.ended = ended;
    }

    static boolean isWanted(ExtensionContext context) {
        return context.getConfigurationParameter(CHECK).map(v -> v.isEmpty() || Boolean.parseBoolean(v)).orElse(false);
    }

    /// The run that a test is, or `null` if it is the only one.
    static TwiceRun of(ExtensionContext context) {
        Long seed = SeedsExtension.of(context);
        if (seed == null || !isWanted(context) || ExploreSession.of(context) != null) {
            return null;
        }
        // What both runs see is the method's.
        ExtensionContext method = context.getParent().orElseThrow();
        @SuppressWarnings("unchecked") // only this puts it there
        Map<Long, List<String>> ended = method.getStore(NAMESPACE).getOrComputeIfAbsent("ended", _ -> new ConcurrentHashMap<>(), Map.class);
        return new TwiceRun(seed, ended);
    }

    void add(String line) {
        log.add(line);
    }

    /// The run is over.
    ///
    /// @return what it has not in common with the other run, or `null`
    AssertionError end(Script happened, Throwable failure) {
        log.end(happened, failure);
        List<String> mine = log.lines();
        List<String> other = ended.putIfAbsent(seed, mine);
        if (other == null) {
            return null;
        }
        ended.remove(seed);
        return SeedDifference.between(seed, other, mine).map(d -> new AssertionError(d.toString())).orElse(null);
    }
}
