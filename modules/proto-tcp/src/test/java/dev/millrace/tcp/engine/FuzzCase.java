package dev.millrace.tcp.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// A fuzz case as it is written on a command line: `SEED`, or `SEED/STEPS/WITHOUT` for what a shorter script needs of it:
/// the numbers of its steps as in `0,3-5`, or `-` for none, and what it does without.
///
/// @param steps which steps of the seed's script are taken, or `null` for all
/// @param without names of troubles ([Weather#without]), `a` or `b` for an ordinary host, `a.NAME` without a setting
record FuzzCase(long seed, List<Integer> steps, Set<String> without) {
    static final List<String> TROUBLES = List.of("loss", "duplicates", "lateness", "corruption", "marks", "jitter", "delay");

    static FuzzCase of(long seed) {
        return new FuzzCase(seed, null, Set.of());
    }

    static FuzzCase parse(String text) {
        String[] parts = text.trim().split("/", -1);
        List<Integer> steps = parts.length < 2 || parts[1].isEmpty() ? null : parseSteps(parts[1]);
        Set<String> without = parts.length < 3 || parts[2].isEmpty() ? Set.of() : new LinkedHashSet<>(List.of(parts[2].split(",")));
        return new FuzzCase(Long.parseLong(parts[0]), steps, without);
    }

    private static List<Integer> parseSteps(String text) {
        var steps = new ArrayList<Integer>();
        if (!text.equals("-")) {
            for (String range : text.split(",")) {
                String[] ends = range.split("-");
                IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])).forEach(steps::add);
            }
        }
        return steps;
    }

    FuzzCase withSteps(List<Integer> others) {
        return new FuzzCase(seed, List.copyOf(others), without);
    }

    FuzzCase without(String more) {
        var all = new LinkedHashSet<>(without);
        all.add(more);
        return new FuzzCase(seed, steps, all);
    }

    FuzzPlan plan() {
        FuzzPlan plan = FuzzPlan.of(seed);
        if (steps != null) {
            List<FuzzStep> all = plan.steps();
            plan = plan.withSteps(steps.stream().map(all::get).toList());
        }
        for (String name : without) {
            plan = without(plan, name);
        }
        return plan;
    }

    private static FuzzPlan without(FuzzPlan plan, String name) {
        if (TROUBLES.contains(name)) {
            return plan.without(name);
        }
        String setting = name.substring(Math.min(name.length(), 2));
        boolean ofA = name.startsWith("a");
        FuzzPlan.Host host = ofA ? plan.a() : plan.b();
        FuzzPlan.Host other = setting.isEmpty() ? host.plain() : host.without(setting);
        return ofA ? plan.with(other, plan.b()) : plan.with(plan.a(), other);
    }

    @Override
    public String toString() {
        if (steps == null && without.isEmpty()) {
            return String.valueOf(seed);
        }
        return seed + "/" + (steps == null ? "" : ranges()) + (without.isEmpty() ? "" : "/" + String.join(",", without));
    }

    private String ranges() {
        if (steps.isEmpty()) {
            return "-";
        }
        var s = new StringBuilder();
        for (int i = 0; i < steps.size(); ) {
            int j = i;
            while (j + 1 < steps.size() && steps.get(j + 1) == steps.get(j) + 1) {
                j++;
            }
            s.append(s.isEmpty() ? "" : ",").append(steps.get(i)).append(j > i ? "-" + steps.get(j) : "");
            i = j + 1;
        }
        return s.toString();
    }
}
