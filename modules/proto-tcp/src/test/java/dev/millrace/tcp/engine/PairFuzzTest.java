package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Programs;
import dev.millrace.wire.buffer.Leaks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two engines, random programs on them, and a network that does everything to their packets: the invariants of docs/tcp.md
/// hold after every step.
///
/// `-Dmillrace.tcp.cases=N` runs N cases, `-Dmillrace.tcp.base=SEED` others; `-Dmillrace.tcp.case=CASE` runs one again, as a
/// failure has printed it, and writes its packets to `target/tcp-case.pcapng`, or where `-Dmillrace.tcp.pcap` says.
class PairFuzzTest {
    private static final int CASES = Integer.getInteger("millrace.tcp.cases", 10_000);
    private static final long BASE = Long.getLong("millrace.tcp.base", 20_261_128);
    private static final String CASE = System.getProperty("millrace.tcp.case");
    private static final int MOST_FAILURES = 5;
    /// One case in so many runs twice more: the same again, and with other initial sequence numbers.
    private static final int COMPARED = 10;
    @TempDir
    Path folder;

    @Test
    void allInvariantsHoldInEveryCase() throws Exception {
        if (CASE != null) {
            replay();
            return;
        }
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var failures = new ArrayList<String>();
        long sent = 0;
        int cases = 0;
        for (; cases < CASES && failures.size() < MOST_FAILURES; cases++) {
            FuzzCase c = FuzzCase.of(BASE + cases);
            FuzzTrace trace = new FuzzTrace();
            Throwable t = FuzzRuns.failure(c.plan(), trace);
            sent += trace.packets();
            if (t != null) {
                failures.add(FuzzRuns.report(c, t));
            } else if (Leaks.packets() != packets || Leaks.buffers() != buffers) {
                failures.add("invariant 13 (resources): case " + c + " leaves " + (Leaks.packets() - packets) + " packets and "
                        + (Leaks.buffers() - buffers) + " buffers\n" + FuzzRuns.replay(c));
                packets = Leaks.packets();
                buffers = Leaks.buffers();
            }
        }
        String sum = cases + " cases from seed " + BASE + ", " + sent + " packets";
        System.out.println(sum);
        if (!failures.isEmpty()) {
            fail(sum + "\n" + String.join("\n\n", failures));
        }
        assertTrue(sent > 50L * cases, "the fuzzer hardly ever gets anywhere: " + sum);
    }

    private static void replay() throws Exception {
        FuzzCase c = FuzzCase.parse(CASE);
        Path file = Path.of(System.getProperty("millrace.tcp.pcap", "target/tcp-case.pcapng"));
        Throwable t = FuzzRuns.capture(c, file);
        System.out.println(c.plan().words() + "packets: " + file.toAbsolutePath());
        if (t != null) {
            throw new AssertionError("case " + c + ", packets in " + file.toAbsolutePath(), t);
        }
    }

    /// Invariant 14, and what conformance.md has of sequence numbers: whole traces do not depend on where those begin.
    @Test
    void aCaseIsTheSameTwiceAndWithOtherInitialSequenceNumbers() {
        for (int i = 0; i < Math.max(200, CASES / COMPARED) && CASE == null; i++) {
            String difference = FuzzRuns.difference(FuzzCase.of(BASE + i));
            assertNull(difference, difference);
        }
    }

    // ---- what is told of a failure

    @Test
    void aCaseIsReadAsItIsWritten() {
        for (String text : List.of("17", "-3", "17/0,3-5,9", "17/-", "17//loss", "17/2-3/loss,a.sack,b")) {
            assertEquals(text, FuzzCase.parse(text).toString());
        }
        FuzzPlan all = FuzzPlan.of(17);
        FuzzCase some = FuzzCase.parse("17/1,3/loss,b");
        assertEquals(List.of(all.steps().get(1), all.steps().get(3)), some.without("duplicates").withSteps(List.of(1, 3)).plan().without("x").steps());
        assertEquals(0, some.plan().fromA().drop());
        assertEquals("newreno", some.plan().b().congestion());
        assertEquals(all.a(), some.plan().a());
    }

    /// As if a case failed that has a step of two certain kinds: nothing else is left of it.
    @Test
    void whatShrinksKeepsNothingThatIsNotNeeded() {
        int shrunk = 0;
        for (long seed = BASE; shrunk < 20; seed++) {
            FuzzCase found = FuzzCase.of(seed);
            if (isFound(found.plan())) {
                FuzzCase shortest = new FuzzShrinker(c -> isFound(c.plan()), 10_000).shrink(found);
                assertEquals(2, shortest.steps().size(), shortest::toString);
                assertTrue(shortest.without().containsAll(Set.of("loss", "corruption", "a", "b")), shortest::toString);
                assertTrue(isFound(FuzzCase.parse(shortest.toString()).plan()));
                shrunk++;
            }
        }
    }

    private static boolean isFound(FuzzPlan plan) {
        return plan.steps().stream().anyMatch(s -> s instanceof FuzzStep.Cut)
                && plan.steps().stream().anyMatch(s -> s instanceof FuzzStep.Write w && w.bytes() > 1000);
    }

    @Test
    void aReplayIsACaptureThatTsharkReads() throws Exception {
        Optional<String> missing = Programs.missing("tshark");
        assumeTrue(missing.isEmpty(), missing.orElse(""));
        for (String text : List.of(BASE + "//corruption", BASE + 1 + "//corruption", BASE + 5 + "//corruption")) {
            Path file = folder.resolve("case.pcapng");
            FuzzCase c = FuzzCase.parse(text);
            assertNull(FuzzRuns.capture(c, file));
            FuzzTrace trace = new FuzzTrace();
            assertNull(FuzzRuns.failure(c.plan(), trace));
            List<String> all = tshark(file, "-T", "fields", "-e", "frame.interface_name", "-e", "tcp.seq_raw");
            assertTrue(all.size() >= trace.packets() && trace.packets() > 0, all.size() + " of " + trace.packets());
            assertEquals(List.of(), tshark(file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
                    "_ws.malformed || tcp.checksum.status == Bad || ip.checksum.status == Bad || !tcp"));
            String first = c.plan().steps().getFirst().words();
            assertTrue(tshark(file, "-T", "fields", "-e", "frame.comment").stream().anyMatch(s -> s.contains(first)), first);
        }
    }

    private static List<String> tshark(Path file, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "tshark does not end");
        assertEquals(0, process.exitValue(), out);
        return out.lines().map(String::stripTrailing).toList();
    }
}
