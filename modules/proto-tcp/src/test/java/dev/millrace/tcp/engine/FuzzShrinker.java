package dev.millrace.tcp.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// Looks for a shorter script that fails in the same way: first without some of the steps, in halves and then one by one,
/// then in better weather and with more ordinary hosts.
final class FuzzShrinker {
    private final Predicate<FuzzCase> fails;
    private int runsLeft;

    /// @param fails whether a case fails, and in the same way
    /// @param mostRuns how many are tried
    FuzzShrinker(Predicate<FuzzCase> fails, int mostRuns) {
        this.fails = fails;
        runsLeft = mostRuns;
    }

    FuzzCase shrink(FuzzCase failing) {
        FuzzCase best = failing;
        if (best.steps() == null) {
            best = best.withSteps(IntStream.range(0, FuzzPlan.of(best.seed()).steps().size()).boxed().toList());
        }
        best = withFewerSteps(best);
        best = inBetterWeather(best);
        return withFewerSteps(best);
    }

    private boolean stillFails(FuzzCase c) {
        return runsLeft-- > 0 && fails.test(c);
    }

    private FuzzCase withFewerSteps(FuzzCase failing) {
        FuzzCase best = failing;
        int chunk = Math.max(1, best.steps().size() / 2);
        while (true) {
            boolean shorter = false;
            for (int from = 0; from < best.steps().size(); ) {
                List<Integer> rest = new ArrayList<>(best.steps());
                rest.subList(from, Math.min(from + chunk, rest.size())).clear();
                FuzzCase candidate = best.withSteps(rest);
                if (stillFails(candidate)) {
                    best = candidate;
                    shorter = true;
                } else {
                    from += chunk;
                }
            }
            if (chunk == 1 && !shorter) {
                return best;
            }
            chunk = Math.max(1, chunk / 2);
        }
    }

    private FuzzCase inBetterWeather(FuzzCase failing) {
        FuzzCase best = failing;
        for (String trouble : FuzzCase.TROUBLES) {
            best = tryWithout(best, trouble);
        }
        FuzzPlan plan = failing.plan();
        for (FuzzStep.Who who : FuzzStep.Who.values()) {
            FuzzCase plain = tryWithout(best, who.toString());
            if (plain == best) {
                for (String setting : plan.host(who).settings().keySet()) {
                    plain = tryWithout(plain, who + "." + setting);
                }
            }
            best = plain;
        }
        return best;
    }

    private FuzzCase tryWithout(FuzzCase best, String name) {
        FuzzCase candidate = best.without(name);
        return stillFails(candidate) ? candidate : best;
    }
}
