package dev.millrace.cli;

import dev.millrace.internet.Script;
import dev.millrace.internet.SeedSearch;
import dev.millrace.junit.SeedExplorer;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ObjectNode;

/// `millrace explore`: runs tests with one seed after the other, and shrinks what makes one fail.
final class ExploreCommand {
    /// Where builds put test classes and classes.
    private static final List<String> USUAL = List.of("target/test-classes", "target/classes", "build/classes/java/test",
            "build/classes/java/main", "build/classes/kotlin/test", "build/classes/kotlin/main", "build/resources/test",
            "build/resources/main");

    private ExploreCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("Runs tests with @VirtualInternet with one seed after the other until one fails, and finds the "
                + "shortest script of events with which it still fails. Exits with 1 if a test fails.", spec -> {
                    PositionalParamSpec name = PositionalParamSpec.builder().index("0").arity("1").type(String.class)
                            .paramLabel("CLASS[#METHOD]").description("the test class, and one of its tests").build();
                    spec.addPositional(name);
                    var seeds = Commands.option(spec, "--seeds", String.class, "A..B", "1..1000", "the seeds to try");
                    var path = Commands.option(spec, "--class-path", String.class, "PATH", null, "where the classes are, as "
                            + "java takes it; by default what Maven and Gradle have built in the current folder. Millrace and "
                            + "JUnit are there already");
                    var runs = Commands.option(spec, "--shrinking-runs", Integer.class, "N",
                            "" + SeedSearch.DEFAULT_SHRINKING_RUNS, "give up shrinking after so many runs");
                    var scriptFile = Commands.option(spec, "--script", Path.class, "FILE", null,
                            "write the script of the (last) failure to a file");
                    var replay = Commands.option(spec, "--replay", Path.class, "FILE", null,
                            "run the tests once with the first seed and this script instead of searching");
                    var json = Commands.flag(spec, "--json", "print a JSON object for each test");
                    return () -> {
                        long[] range = range(spec, seeds.getValue());
                        String[] target = ((String) name.getValue()).split("#", 2);
                        try (URLClassLoader loader = loader(spec, path.getValue())) {
                            Thread.currentThread().setContextClassLoader(loader);
                            var explorer = new SeedExplorer();
                            List<SeedExplorer.Test> tests = explorer.tests(load(spec, loader, target[0]),
                                    target.length > 1 ? target[1] : "");
                            if (tests.isEmpty()) {
                                throw new ParameterException(spec.commandLine(), "there is no such test in " + target[0]);
                            }
                            var run = new Run(spec, explorer, range[0], range[1], runs.getValue(), Boolean.TRUE.equals(
                                    json.getValue()), scriptFile.getValue());
                            return replay.getValue() == null ? run.search(tests) : run.replay(tests, replay.getValue());
                        }
                    };
                });
    }

    private static long[] range(CommandSpec spec, String text) {
        String[] ends = text.split("\\.\\.", -1);
        try {
            long first = Long.parseLong(ends[0]);
            long last = ends.length == 1 ? first : Long.parseLong(ends[1]);
            if (ends.length <= 2 && first <= last) {
                return new long[] {first, last};
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new ParameterException(spec.commandLine(), "--seeds " + text + ": write a range such as 1..10000");
    }

    private static URLClassLoader loader(CommandSpec spec, String path) throws MalformedURLException {
        List<String> entries = path != null ? List.of(path.split(File.pathSeparator))
                : USUAL.stream().filter(p -> Files.isDirectory(Path.of(p))).toList();
        if (entries.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "there are no built classes here (" + String.join(", ", USUAL)
                    + "); build the tests first, or say where they are with --class-path");
        }
        var urls = new ArrayList<URL>();
        for (String e : entries) {
            urls.add(Path.of(e).toUri().toURL());
        }
        return new URLClassLoader("tests", urls.toArray(URL[]::new), ExploreCommand.class.getClassLoader());
    }

    private static Class<?> load(CommandSpec spec, ClassLoader loader, String name) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | NoClassDefFoundError e) {
            throw new ParameterException(spec.commandLine(), "there is no class " + name + " in the class path, or something it "
                    + "needs is missing: " + e.getMessage() + "; see --class-path", e);
        }
    }

    private record Run(CommandSpec spec, SeedExplorer explorer, long first, long last, int shrinkingRuns, boolean json,
            Path scriptFile) {
        int search(List<SeedExplorer.Test> tests) throws IOException {
            boolean failed = false;
            int searched = 0;
            for (SeedExplorer.Test test : tests) {
                try {
                    Optional<SeedSearch.Finding> found = explorer.search(test).seeds(first, last).shrinkingRuns(shrinkingRuns)
                            .progress(progress(test, "seed"), progress(test, "events left")).search();
                    searched++;
                    failed |= found.isPresent();
                    clearProgress();
                    if (found.isPresent() && scriptFile != null) {
                        Files.writeString(scriptFile, found.get().script().toString());
                    }
                    report(test, found.orElse(null));
                } catch (IllegalStateException e) {
                    problem(test, "not searched: " + e.getMessage());
                } catch (IllegalArgumentException e) {
                    searched++;
                    failed = true;
                    problem(test, e.getMessage());
                }
            }
            return failed || searched == 0 ? 1 : 0;
        }

        /// What keeps a test from being searched, or from being shrunk.
        private void problem(SeedExplorer.Test test, String why) {
            clearProgress();
            Commands.out(spec).println(json ? Commands.text(Commands.json().createObjectNode().put("test", test.name())
                    .put("problem", why)) : test.name() + ": " + why);
        }

        private void report(SeedExplorer.Test test, SeedSearch.Finding f) {
            PrintWriter out = Commands.out(spec);
            if (json) {
                ObjectNode node = Commands.json().createObjectNode().put("test", test.name())
                        .put("first_seed", first).put("last_seed", last).put("failed", f != null);
                if (f != null) {
                    node.put("seed", f.seed()).put("failure", f.failure().toString()).put("events_recorded", f.recorded())
                            .put("shrinking_runs", f.runs()).put("minimal", f.minimal());
                    var script = node.putArray("script");
                    f.script().toString().lines().forEach(script::add);
                }
                out.println(Commands.text(node));
                return;
            }
            if (f == null) {
                out.println(test.name() + ": seeds " + first + " to " + last + " pass");
                return;
            }
            out.println(test.name() + ": seed " + f.seed() + " fails: " + f.failure());
            out.println("  " + f.recorded() + " events by chance, of which these are enough (" + f.runs() + " runs"
                    + (f.minimal() ? "):" : "; not all tried):"));
            f.script().toString().lines().forEach(l -> out.println("    " + l));
            if (f.script().size() == 0) {
                out.println("    none: it fails with whatever chance does not decide, such as the order of its own steps");
            }
            out.println("  run again: " + test.arguments(f.seed(), scriptFile));
        }

        int replay(List<SeedExplorer.Test> tests, Path file) throws IOException {
            Script script;
            try {
                script = Script.parse(Files.readString(file));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), file + ": " + e.getMessage(), e);
            }
            boolean failed = false;
            for (SeedExplorer.Test test : tests) {
                Optional<Throwable> failure;
                try {
                    failure = explorer.run(test, first, script);
                } catch (IllegalStateException e) {
                    problem(test, "not run: " + e.getMessage());
                    continue;
                }
                failed |= failure.isPresent();
                if (json) {
                    Commands.out(spec).println(Commands.text(Commands.json().valueToTree(Map.of("test", test.name(), "seed",
                            first, "failed", failure.isPresent(), "failure", failure.map(Throwable::toString).orElse("")))));
                } else {
                    Commands.out(spec).println(test.name() + ": seed " + first + " with " + file + " "
                            + failure.map(t -> "fails: " + t).orElse("passes"));
                    failure.ifPresent(t -> t.printStackTrace(Commands.out(spec)));
                }
            }
            return failed ? 1 : 0;
        }

        private java.util.function.LongConsumer progress(SeedExplorer.Test test, String what) {
            if (!Terminal.isStandardError()) {
                return _ -> {
                };
            }
            var lastShown = new AtomicLong();
            return n -> {
                long now = System.nanoTime();
                if (now - lastShown.get() > 100_000_000) {
                    lastShown.set(now);
                    Commands.err(spec).print("\r\033[K" + test.name() + ": " + what + " " + n);
                    Commands.err(spec).flush();
                }
            };
        }

        private void clearProgress() {
            if (Terminal.isStandardError()) {
                Commands.err(spec).print("\r\033[K");
                Commands.err(spec).flush();
            }
        }
    }
}
