package dev.millrace.cli.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.cli.Commands;
import dev.millrace.cli.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// `explore`, with JVMs of its own and in this one.
class ExploreCommandTest {
    private static final String TYPE = Samples.class.getName();

    @TempDir
    Path folder;

    private static String classes() {
        try {
            return Path.of(Samples.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Run explore(String test, String... options) {
        var all = new ArrayList<>(List.of("explore", "--class-path", classes()));
        all.addAll(List.of(options));
        all.add(TYPE + "#" + test);
        return Run.of(all.toArray(String[]::new));
    }

    private static JsonNode json(Run run) {
        return Commands.json().readTree(run.lines().getFirst());
    }

    /// Whoever fails here has left a JVM behind.
    @AfterEach
    void nobodyIsLeft() throws InterruptedException {
        for (int i = 0; i < 100 && ProcessHandle.current().children().findAny().isPresent(); i++) {
            Thread.sleep(50);
        }
        assertEquals(0, ProcessHandle.current().children().count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "3"})
    void theLowestSeedThatFailsIsFoundAndShrunkWhateverTheJobs(String jobs) throws IOException {
        Path script = folder.resolve("script.txt");
        Run run = explore("lossy", "--seeds", "1..300", "--jobs", jobs, "--script", script.toString());
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("Samples#lossy: seed 28 fails: org.opentest4j.AssertionFailedError: some were lost"), run.out());
        assertTrue(run.out().contains("of which these are enough"), run.out());
        assertTrue(run.out().contains("-Dtest=Samples#lossy -Dmillrace.seed=28 -Dmillrace.script="), run.out());
        assertTrue(Files.readString(script).matches("lose a>b [0-9]+\n"), Files.readString(script));
        Run again = explore("lossy", "--seeds", "28", "--replay", script.toString());
        assertEquals(1, again.code());
        assertTrue(again.out().contains("fails"), again.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2"})
    void seedsThatPassPassAndFailuresOfAllTestsAreTold(String jobs) {
        Run run = explore("passes", "--seeds", "-3..40", "--jobs", jobs);
        assertEquals(0, run.code(), run.err());
        assertEquals("Samples#passes: seeds -3 to 40 pass", run.out().strip());
        assertEquals("", run.err());
    }

    @Test
    void allFailuresAreListedByCause() {
        Run run = explore("twoCauses", "--keep-going", "--seeds", "1..300", "--jobs", "2");
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("10 of seeds 1 to 300 fail, for 2 causes"), run.out());
        assertTrue(run.out().contains("1. 6 seeds (17, 67, 117, 167, 217, 267): org.opentest4j.AssertionFailedError: seed # ends in #"),
                run.out());
        assertTrue(run.out().contains("2. 4 seeds (70, 140, 210, 280): "), run.out());
        assertTrue(run.out().contains("run again: -Dtest=Samples#twoCauses -Dmillrace.seed=70"), run.out());
        JsonNode json = json(explore("twoCauses", "-k", "--json", "--seeds", "1..300", "--jobs", "3"));
        assertEquals(10, json.get("failures").asInt());
        assertEquals(17, json.get("seed").asLong());
        assertTrue(json.get("complete").asBoolean());
        JsonNode second = json.get("causes").get(1);
        assertEquals(List.of(70L, 140L, 210L, 280L), StreamSupport.stream(second.get("seeds").spliterator(), false)
                .map(JsonNode::asLong).toList());
        assertTrue(second.get("frames").get(0).asString().startsWith(TYPE + ".twoCauses(Samples.java:"), second.toString());
    }

    @Test
    void ofASearchThatEndsWithTheFirstFailureNothingElseIsTold() {
        for (String jobs : List.of("0", "1", "4")) {
            JsonNode json = json(explore("twoCauses", "--json", "--seeds", "1..300", "--jobs", jobs));
            assertEquals(1, json.get("failures").asInt(), json.toString());
            assertEquals(17, json.get("seed").asLong());
            assertTrue(json.get("complete").asBoolean());
        }
    }

    @Test
    void whatTestsAssertWithTheKeywordCounts() {
        assertTrue(explore("usesTheKeyword", "--seeds", "1..9", "-j", "1").out().contains("seed 3 fails: java.lang.AssertionError: three"));
        assertTrue(explore("usesTheKeyword", "--seeds", "1..9", "-j", "0").out().contains("seed 3 fails: java.lang.AssertionError: three"));
    }

    // ---- runs that differ

    @ParameterizedTest
    @ValueSource(strings = {"0", "2"})
    void aSeedThatIsNotTheSameRunTwiceIsTold(String jobs) {
        Run run = explore("unlike", "--check", "--seeds", "1..60", "--jobs", jobs);
        assertEquals(3, run.code(), run.out());
        assertTrue(run.out().contains("Samples#unlike: seed 30 is not the same run twice"), run.out());
        assertTrue(run.out().matches("(?s).*first run: +0\\.005000000 a sends .*second run: 0\\.005000000 a sends .*"), run.out());
        assertTrue(run.out().contains("run again: millrace explore --check --seeds 30 '" + TYPE + "#unlike'"), run.out());
        Run same = explore("lossy", "--check", "--seeds", "1..4", "--jobs", jobs);
        assertEquals(0, same.code(), same.out());
        assertTrue(same.out().contains("pass, and are the same twice"), same.out());
        assertEquals(1, explore("lossy", "--check", "--seeds", "27..29", "--jobs", jobs, "--shrinking-runs", "0").code());
    }

    // ---- hostile tests

    @Test
    void aTestThatEndsTheJvmIsAFailureOfItsSeed() {
        Run run = explore("exits", "--seeds", "1..100", "--jobs", "2");
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("Samples#exits: seed 37: ends the JVM: System.exit was called"), run.out());
        assertTrue(run.out().contains("Samples.exits(Samples.java:"), run.out());
        assertFalse(run.out().contains("org.junit.platform"), run.out());
        Run program = explore("exitsInAProgram", "--seeds", "1..100", "--jobs", "2");
        assertEquals(1, program.code());
        assertTrue(program.out().contains("seed 6: the JVM ended, with exit code 0"), program.out());
    }

    @Test
    void othersAreTriedBehindAJvmThatDied() {
        JsonNode json = json(explore("halts", "-k", "--json", "--seeds", "1..90", "--jobs", "2"));
        JsonNode cause = json.get("causes").get(0);
        assertEquals("dies", cause.get("kind").asString());
        assertEquals("[19,39,59,79]", cause.get("seeds").toString());
        assertTrue(json.get("complete").asBoolean());
        assertTrue(cause.get("details").asString().endsWith("this is seed 19"), cause.toString());
    }

    @Test
    void aTestThatHangsIsAFailureOfItsSeed() {
        Run run = explore("hangs", "-k", "--seeds", "1..30", "--jobs", "2", "--seed-limit", "2s");
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("1 of seeds 1 to 30 fails, for one cause"), run.out());
        assertTrue(run.out().contains("seed 12: hangs: not done after 2 s"), run.out());
        assertTrue(run.out().contains("Samples.hangs(Samples.java:"), run.out());
        assertEquals(2, explore("hangs", "--seed-limit", "0s").code());
        assertEquals(2, explore("hangs", "--seed-limit", "soon").code());
    }

    // ---- going on

    private static final String[] ALL = {"--keep-going", "--json", "--jobs", "0", "--shrinking-runs", "0"};

    private static Run resume(String test, String seeds, Path file, String... more) {
        var options = new ArrayList<>(List.of(ALL));
        options.addAll(List.of("--seeds", seeds, "--resume", file.toString()));
        options.addAll(List.of(more));
        return explore(test, options.toArray(String[]::new));
    }

    @Test
    void aLaterSearchGoesOnWhereTheFormerEnded() throws IOException {
        Path file = folder.resolve("state.json");
        assertEquals(3, json(resume("twoCauses", "1..100", file)).get("failures").asInt());
        JsonNode all = json(resume("twoCauses", "1..300", file));
        assertEquals(10, all.get("failures").asInt());
        JsonNode state = Commands.json().readTree(Files.readString(file));
        assertEquals("[[1,300]]", state.get("tests").get("Samples#twoCauses").get("done").toString());
        // Nothing is left to do, and what was found is still told.
        assertEquals(all, json(resume("twoCauses", "1..300", file)));
        assertEquals(1, resume("twoCauses", "1..300", file).code());
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList(), "nothing is left beside it");
        }
    }

    @Test
    void whatIsDoneIsNotDoneAgain() throws IOException {
        Path file = folder.resolve("state.json");
        resume("passes", "1..10", file);
        String state = Files.readString(file);
        Files.writeString(file, state.replace("[[1,10]]", "[[1,10],[12,1000000000]]"));
        assertEquals(0, resume("passes", "1..1000000000", file).code());
        assertTrue(Files.readString(file).contains("[[1,1000000000]]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{\"format\":\"millrace explore 1\"}", "{\"format\":7}", "\0\0\0"})
    void aFileThatIsNoneIsRefused(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("state.json"), content);
        Run run = resume("passes", "1..3", file);
        assertEquals(2, run.code());
        assertTrue(run.err().contains("state.json: ") && run.err().contains("remove it to begin anew"), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
        assertEquals(content, Files.readString(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[[1,10]]>[[10,1]]", "[[1,10]]>[[1]]", "[[1,10]]>[1,10]", "[[1,10]]>7", "[[1,10]]>[[1,1e3]]",
        "[[1,10]]>[[1,99999999999999999999]]", "\"classes\":\">\"classes\":\"0", "\"check\":\"false\">\"check\":\"true\"",
        "Samples\">Other\"", "\"FAILS\">\"SINGS\"", "\"count\":1>\"count\":0", "\"seeds\":[3]>\"seeds\":[]", "\"message\">\"massage\"",
        "\"done\">\"undone\""})
    void aFileThatWasDamagedOrIsOfAnotherSearchIsRefused(String change) throws IOException {
        Path file = folder.resolve("state.json");
        resume("usesTheKeyword", "1..10", file);
        String good = Files.readString(file);
        String bad = good.replace(change.substring(0, change.indexOf('>')), change.substring(change.indexOf('>') + 1));
        assertFalse(bad.equals(good), good);
        Files.writeString(file, bad);
        Run run = resume("usesTheKeyword", "1..10", file);
        assertEquals(2, run.code(), run.out());
        assertTrue(run.err().contains("state.json: "), run.err());
    }

    @Test
    void aFileInNoFolderIsTold() {
        Run run = resume("passes", "1..3", folder.resolve("none").resolve("state.json"));
        assertEquals(1, run.code());
        assertTrue(run.err().contains("none"), run.err());
        assertEquals(2, resume("passes", "1..3", folder).code());
    }

    // ---- wrong usage

    @Test
    void whatCannotBeFoundIsTold() {
        assertEquals(2, explore("passes", "--seeds", "5..1").code());
        assertEquals(2, explore("passes", "--jobs", "-1").code());
        assertEquals(2, explore("passes", "--jobs", "5000").code());
        Run method = explore("isNone");
        assertEquals(2, method.code());
        assertTrue(method.err().contains("there is no such test"), method.err());
        Run none = Run.of("explore", "--class-path", folder.toString(), "x.Y");
        assertEquals(2, none.code());
        assertTrue(none.err().contains("there is no class x.Y"), none.err());
        assertFalse(none.err().contains("\tat "), none.err());
    }
}
