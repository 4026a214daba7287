package dev.millrace.tcp.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Runs fuzz cases, and says of one that fails how to see it again.
final class FuzzRuns {
    private static final String REPLAY = "mvn -o test -pl modules/proto-tcp -am -Dtest=PairFuzzTest#allInvariantsHoldInEveryCase -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dmillrace.tcp.case=";
    private static final int SHRINKING_RUNS = 400;

    private FuzzRuns() {
    }

    /// Runs a case; returns what does not hold, or `null`.
    static Throwable failure(FuzzPlan plan, FuzzTrace trace) {
        try {
            new FuzzedPair(plan, trace).run();
            return null;
        } catch (Throwable t) {
            return t;
        }
    }

    /// The same for two runs that ought to be one: with the same bytes, and, counted from the initial sequence numbers, with others.
    /// Returns how they differ, or `null`.
    static String difference(FuzzCase c) {
        FuzzPlan plan = c.plan();
        FuzzTrace first = new FuzzTrace();
        Throwable outcome = failure(plan, first);
        FuzzTrace second = new FuzzTrace();
        Throwable again = failure(plan, second);
        if (first.exact() != second.exact() || kind(outcome) != null && !kind(outcome).equals(kind(again))) {
            return "invariant 14 (determinism) does not hold: case " + c + " is not the same twice\n" + parting(plan, plan);
        }
        SplittableRandom r = new SplittableRandom(c.seed());
        FuzzPlan shifted = r.nextInt(4) == 0 ? plan.withIss(0, 0) : plan.withIss(-r.nextInt(60_000), Integer.MAX_VALUE - r.nextInt(60_000));
        FuzzTrace third = new FuzzTrace();
        failure(shifted, third);
        return first.shifted() == third.shifted() ? null
                : "the numbers wrap: case " + c + " is another conversation with the initial sequence numbers " + shifted.a().iss() + " and "
                        + shifted.b().iss() + "\n" + parting(plan, shifted);
    }

    /// Where two runs part, as the last lines that they have in common and the first that they have not.
    private static String parting(FuzzPlan plan, FuzzPlan other) {
        List<List<String>> lines = new ArrayList<>();
        for (FuzzPlan p : List.of(plan, other)) {
            FuzzTrace t = new FuzzTrace();
            t.keepsLines = true;
            Throwable outcome = failure(p, t);
            t.lines.add(outcome == null ? "the end" : outcome.toString());
            lines.add(t.lines);
        }
        int i = 0;
        while (i < lines.get(0).size() - 1 && i < lines.get(1).size() - 1 && lines.get(0).get(i).equals(lines.get(1).get(i))) {
            i++;
        }
        return String.join("\n", lines.get(0).subList(Math.max(0, i - 3), i)) + "\n  either " + lines.get(0).get(i) + "\n  or     "
                + lines.get(1).get(i);
    }

    /// What kind of failure it is: two of one kind are taken for the same.
    static String kind(Throwable t) {
        if (t == null) {
            return null;
        }
        if (t instanceof Invariant.Broken b) {
            return "invariant " + b.number;
        }
        return t.getClass().getSimpleName() + (t.getStackTrace().length == 0 ? "" : " in " + t.getStackTrace()[0].getMethodName());
    }

    /// A failure with its seed, the shortest script that was found for it, and the command that shows it again.
    static String report(FuzzCase failing, Throwable t) {
        String kind = kind(t);
        FuzzCase shortest = new FuzzShrinker(c -> kind.equals(kind(failure(c.plan(), new FuzzTrace()))), SHRINKING_RUNS).shrink(failing);
        Throwable last = failure(shortest.plan(), new FuzzTrace());
        return "case " + failing + ": " + t + "\nthe shortest of its kind: " + (last == null ? t : last) + "\n" + shortest.plan().words()
                + "again, with a capture: " + REPLAY + shortest;
    }

    static String replay(FuzzCase c) {
        return REPLAY + c;
    }

    /// Runs a case and writes what is on the wire to a file. Returns what does not hold, or `null`.
    static Throwable capture(FuzzCase c, Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        FuzzPlan plan = c.plan();
        try (var capture = new FuzzCapture(file, plan)) {
            Throwable t = failure(plan, capture);
            if (t != null) {
                capture.remark(t.getMessage());
            }
            return t;
        }
    }
}
