package dev.millrace.cli.explore;

import dev.millrace.cli.Commands;
import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.junit.SeedExplorer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/// Says what was found with each test: as text, or as one JSON object a line.
final class ExploreReport {
    private final PrintWriter out;
    private final boolean json;
    private final Settings settings;
    private final Path scriptFile;
    /// Of the class's package, with its dot, or empty.
    private final String prefix;

    /// @param type the class of the tests
    /// @param scriptFile where scripts are written, or `null`
    ExploreReport(PrintWriter out, boolean json, Settings settings, String type, Path scriptFile) {
        this.out = out;
        this.json = json;
        this.settings = settings;
        this.scriptFile = scriptFile;
        prefix = type.substring(0, type.lastIndexOf('.') + 1);
    }

    /// What keeps a test from being searched.
    void problem(SeedExplorer.Test test, String why) {
        print(json ? Commands.text(Commands.json().createObjectNode().put("test", test.name()).put("problem", why))
                : test.name() + ": not searched: " + why);
    }

    private void print(String line) {
        out.println(line);
        out.flush();
    }

    /// What became of a search.
    ///
    /// @param interrupted whether seeds are left
    /// @param shrunk what is enough for the failure of the lowest seed, or `null`
    /// @param notShrunk why that is not known, or `null`
    void result(SeedExplorer.Test test, List<Findings.Group> groups, boolean interrupted, Shrunk shrunk, String notShrunk) {
        print(json ? json(test, groups, interrupted, shrunk, notShrunk) : text(test, groups, interrupted, shrunk, notShrunk));
    }

    // ---- text

    private String text(SeedExplorer.Test test, List<Findings.Group> groups, boolean interrupted, Shrunk shrunk, String notShrunk) {
        var text = new StringBuilder();
        String seeds = "seeds " + settings.seeds().first() + " to " + settings.seeds().last();
        if (groups.isEmpty()) {
            return test.name() + ": " + seeds + (interrupted ? " are not all done; none has failed so far"
                    : settings.check() ? " pass, and are the same twice" : " pass");
        }
        if (settings.goOn()) {
            long count = groups.stream().mapToLong(Findings.Group::count).sum();
            text.append(test.name()).append(": ").append(count).append(" of ").append(seeds).append(count == 1 ? " fails" : " fail")
                    .append(interrupted ? " so far" : "").append(", for ").append(groups.size() == 1 ? "one cause" : groups.size() + " causes");
            for (int i = 0; i < groups.size(); i++) {
                text.append('\n').append(i + 1).append(". ").append(group(test, groups.get(i)));
            }
        } else {
            SeedFailure f = groups.getFirst().lowest();
            text.append(test.name()).append(": ").append(says(f)).append(details(f));
            if (interrupted) {
                text.append("\n  not all seeds below it are done");
            }
            text.append("\n  run again: ").append(again(test, f));
        }
        text.append(shrunk(shrunk, notShrunk));
        return text.toString();
    }

    private static String says(SeedFailure f) {
        return f.kind() == Kind.DIFFERS ? f.message() : "seed " + f.seed() + (f.kind() == Kind.FAILS ? " fails: " : ": ") + f.message();
    }

    /// Of what is no failure of the test itself, the test's output and the place are all there is.
    private static String details(SeedFailure f) {
        return f.kind() == Kind.FAILS || f.details().isBlank() ? ""
                : "\n" + f.details().strip().lines().map(l -> "    " + l).collect(Collectors.joining("\n"));
    }

    private String group(SeedExplorer.Test test, Findings.Group g) {
        String more = g.count() > g.seeds().size() ? ", ..." : "";
        return g.count() + (g.count() == 1 ? " seed" : " seeds") + " (" + g.seeds().stream().map(String::valueOf)
                .collect(Collectors.joining(", ")) + more + "): " + g.lowest().cause()
                + g.lowest().cause().frames().stream().skip(1).map(f -> "\n     from " + f).collect(Collectors.joining())
                + "\n   lowest: " + says(g.lowest()) + details(g.lowest())
                + "\n   run again: " + again(test, g.lowest());
    }

    private String again(SeedExplorer.Test test, SeedFailure f) {
        return f.kind() == Kind.DIFFERS ? "millrace explore --check --seeds " + f.seed() + " '" + prefix + test.name() + "'"
                : test.arguments(f.seed(), f.kind() == Kind.FAILS ? scriptFile : null);
    }

    private static String shrunk(Shrunk s, String why) {
        if (s == null) {
            return why == null ? "" : "\n  not shrunk: " + why;
        }
        return "\n  " + s.recorded() + " events by chance, of which these are enough (" + s.runs() + " runs"
                + (s.minimal() ? "):" : "; not all tried):") + s.script().lines().map(l -> "\n    " + l).collect(Collectors.joining())
                + (s.script().isEmpty() ? "\n    none: it fails with whatever chance does not decide, such as the order of its own steps" : "");
    }

    // ---- JSON

    private String json(SeedExplorer.Test test, List<Findings.Group> groups, boolean interrupted, Shrunk shrunk, String notShrunk) {
        ObjectNode node = Commands.json().createObjectNode().put("test", test.name()).put("first_seed", settings.seeds().first())
                .put("last_seed", settings.seeds().last()).put("checked", settings.check()).put("complete", !interrupted)
                .put("failed", !groups.isEmpty()).put("failures", groups.stream().mapToLong(Findings.Group::count).sum());
        if (!groups.isEmpty()) {
            SeedFailure f = groups.getFirst().lowest();
            node.put("seed", f.seed()).put("kind", kind(f)).put("failure", f.message());
        }
        var causes = node.putArray("causes");
        for (Findings.Group g : groups) {
            ObjectNode c = causes.addObject().put("kind", kind(g.lowest())).put("type", g.lowest().cause().type())
                    .put("message", g.lowest().cause().message());
            var frames = c.putArray("frames");
            g.lowest().cause().frames().forEach(frames::add);
            c.put("count", g.count());
            var seeds = c.putArray("seeds");
            g.seeds().forEach(seeds::add);
            c.put("failure", g.lowest().message()).put("details", g.lowest().details()).put("run_again", again(test, g.lowest()));
        }
        if (shrunk != null) {
            node.put("events_recorded", shrunk.recorded()).put("shrinking_runs", shrunk.runs()).put("minimal", shrunk.minimal());
            var script = node.putArray("script");
            shrunk.script().lines().forEach(script::add);
        } else if (notShrunk != null) {
            node.put("not_shrunk", notShrunk);
        }
        return Commands.text(node);
    }

    private static String kind(SeedFailure f) {
        return f.kind().name().toLowerCase(java.util.Locale.ROOT);
    }
}
