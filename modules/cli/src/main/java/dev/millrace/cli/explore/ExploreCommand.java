package dev.millrace.cli.explore;

import dev.millrace.Units;
import dev.millrace.cli.Commands;
import dev.millrace.cli.Terminal;
import dev.millrace.internet.Script;
import dev.millrace.internet.SeedSearch;
import dev.millrace.junit.SeedExplorer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// `millrace explore`: runs tests with one seed after the other, and shrinks what makes one fail.
public final class ExploreCommand implements Callable<Integer> {
    private static final int MOST_JOBS = 1024;
    private static final long LONGEST_LIMIT_S = 86_400;

    private final CommandSpec spec;
    private final PositionalParamSpec target;
    private final OptionSpec seeds;
    private final OptionSpec path;
    private final OptionSpec jobs;
    private final OptionSpec keepGoing;
    private final OptionSpec check;
    private final OptionSpec resume;
    private final OptionSpec seedLimit;
    private final OptionSpec shrinkingRuns;
    private final OptionSpec scriptFile;
    private final OptionSpec replay;
    private final OptionSpec json;

    private ExploreCommand(CommandSpec spec) {
        this.spec = spec;
        target = PositionalParamSpec.builder().index("0").arity("1").type(String.class).paramLabel("CLASS[#METHOD]")
                .description("the test class, and one of its tests").build();
        spec.addPositional(target);
        seeds = Commands.option(spec, "--seeds", String.class, "A..B", "1..1000", "the seeds to try");
        path = Commands.option(spec, "--class-path", String.class, "PATH", null, "where the classes are, as java takes it; by "
                + "default what Maven and Gradle have built in the current folder. Millrace and JUnit are there already");
        jobs = Commands.option(spec, "--jobs, -j", Integer.class, "N", null, "how many JVMs run tests; by default as many as "
                + "there are cores. 0 runs them in this JVM, for a debugger. MILLRACE_JAVA_OPTS has options for all of them");
        keepGoing = Commands.flag(spec, "--keep-going, -k", "go on after a failure, and list all of them by cause");
        check = Commands.flag(spec, "--check", "run each seed twice, and tell the first event in which the two runs differ");
        resume = Commands.option(spec, "--resume", Path.class, "FILE", null, "keep in this file what is done, and go on with "
                + "what is there");
        seedLimit = Commands.option(spec, "--seed-limit", String.class, "TIME", "60s", "how long one seed may take, by the wall "
                + "clock, until it counts as hanging");
        shrinkingRuns = Commands.option(spec, "--shrinking-runs", Integer.class, "N", "" + SeedSearch.DEFAULT_SHRINKING_RUNS,
                "give up shrinking after so many runs; 0 does not shrink");
        scriptFile = Commands.option(spec, "--script", Path.class, "FILE", null, "write the script of the (last) failure to a file");
        replay = Commands.option(spec, "--replay", Path.class, "FILE", null,
                "run the tests once with the first seed and this script instead of searching");
        json = Commands.flag(spec, "--json", "print a JSON object for each test");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Runs tests with @VirtualInternet with one seed after the other until one fails, and "
                + "finds the shortest script of events with which it still fails.", ExploreCommand::new);
        spec.usageMessage().footer("", "Exit codes: 0 all seeds pass, 1 some fail, 2 wrong usage, 3 some seed is not the same run "
                + "twice (--check), 130 interrupted before all seeds were done.");
        return spec;
    }

    @Override
    public Integer call() throws Exception {
        Settings settings = settings();
        String[] wanted = ((String) target.getValue()).split("#", 2);
        String classPath = path.getValue() != null ? path.getValue() : TestClasses.usual();
        if (classPath.isEmpty()) {
            throw wrong("there are no built classes here (" + String.join(", ", TestClasses.USUAL)
                    + "); build the tests first, or say where they are with --class-path", null);
        }
        try (TestClasses classes = TestClasses.of(classPath)) {
            Thread.currentThread().setContextClassLoader(classes.loader());
            var explorer = new SeedExplorer();
            List<SeedExplorer.Test> tests = explorer.tests(load(classes, wanted[0]), wanted.length > 1 ? wanted[1] : "");
            if (tests.isEmpty()) {
                throw wrong("there is no such test in " + wanted[0], null);
            }
            return replay.getValue() == null ? search(settings, classes, wanted[0], tests)
                    : replay(explorer, tests, settings.seeds().first(), replay.getValue());
        }
    }

    private Settings settings() {
        try {
            int n = jobs.getValue() == null ? Math.min(MOST_JOBS, Runtime.getRuntime().availableProcessors())
                    : Commands.number(spec, jobs, 0, MOST_JOBS);
            long limit = Units.duration(seedLimit.getValue()).toSeconds();
            if (limit < 1 || limit > LONGEST_LIMIT_S) {
                throw new IllegalArgumentException("--seed-limit must be 1s to a day, not " + seedLimit.getValue());
            }
            return new Settings(SeedRange.parse(seeds.getValue()), n, Commands.is(check), Commands.is(keepGoing),
                    Commands.number(spec, shrinkingRuns, 0, Integer.MAX_VALUE), limit);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage(), e);
        }
    }

    private ParameterException wrong(String message, Throwable cause) {
        return new ParameterException(spec.commandLine(), message, cause);
    }

    private Class<?> load(TestClasses classes, String name) {
        try {
            return Class.forName(name, false, classes.loader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw wrong("there is no class " + name + " in the class path, or something it needs is missing: " + e.getMessage()
                    + "; see --class-path", e);
        }
    }

    private int search(Settings settings, TestClasses classes, String type, List<SeedExplorer.Test> tests) throws IOException {
        StateFile state;
        try {
            state = resume.getValue() == null ? StateFile.none()
                    : StateFile.open(resume.getValue(), type, settings.check(), classes.digest());
        } catch (StateException e) {
            throw wrong(e.getMessage(), e);
        }
        PrintWriter out = Commands.out(spec);
        var progress = new Progress(Commands.err(spec), Terminal.isStandardError(), System::nanoTime);
        var report = new ExploreReport(out, Commands.is(json), settings, type, scriptFile.getValue());
        try (var pool = new WorkerPool(classes.path(), settings.jobs(), settings.limitSeconds())) {
            return new Exploration(settings, state, pool, progress, report, out, scriptFile.getValue()).run(tests);
        }
    }

    private int replay(SeedExplorer explorer, List<SeedExplorer.Test> tests, long seed, Path file) throws IOException {
        Script script;
        try {
            script = Script.parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw wrong(file + ": " + e.getMessage(), e);
        }
        PrintWriter out = Commands.out(spec);
        boolean failed = false;
        for (SeedExplorer.Test test : tests) {
            Optional<Throwable> failure;
            try {
                failure = explorer.run(test, seed, script);
            } catch (IllegalStateException e) {
                out.println(Commands.is(json) ? Commands.text(Commands.json().createObjectNode().put("test", test.name())
                        .put("problem", e.getMessage())) : test.name() + ": not run: " + e.getMessage());
                continue;
            }
            failed |= failure.isPresent();
            if (Commands.is(json)) {
                out.println(Commands.text(Commands.json().valueToTree(Map.of("test", test.name(), "seed", seed, "failed",
                        failure.isPresent(), "failure", failure.map(Throwable::toString).orElse("")))));
            } else {
                out.println(test.name() + ": seed " + seed + " with " + file + " " + failure.map(t -> "fails: " + t).orElse("passes"));
                failure.ifPresent(t -> t.printStackTrace(out));
            }
        }
        return failed ? Exploration.FAILED : Exploration.PASSED;
    }
}
