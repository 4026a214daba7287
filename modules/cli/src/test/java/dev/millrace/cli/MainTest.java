package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @ParameterizedTest
    @ValueSource(strings = {"--help", "demo --help", "links --help", "config --help", "config check --help", "bench --help",
            "bench stream --help", "services --help", "tun --help", "tun up --help", "tun down --help", "tun list --help",
            "doctor --help", "help", "help demo", "generate-completion --help"})
    void helpGoesToStandardOutputAndSucceeds(String args) {
        Run run = Run.of(args.split(" "));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("Usage: millrace"), run.out());
        assertEquals("", run.err());
    }

    @Test
    void helpNamesEveryCommandAndTheExitCodes() {
        String help = Run.of("--help").out();
        for (String word : new String[] {"demo", "links", "config", "bench", "services", "tun", "doctor", "generate-completion", "Exit codes: 0"}) {
            assertTrue(help.contains(word), word + " in " + help);
        }
    }

    @Test
    void versionIsTheBuilds() {
        Run run = Run.of("--version");
        assertEquals(0, run.code());
        assertTrue(run.lines().getFirst().matches("millrace [0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?"), run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"config", "demoo", "demo --tracee", "demo --pcap", "config check", "links extra",
            "bench stream --mtu many", "tun", "tun up", "tun up tun0", "tun down", "doctor --tun a/b", "demo --listen here", "demo --listen 127.0.0.1:70000"})
    void wrongUsageEndsWithTwoAndSaysWhatIsWrong(String args) {
        Run run = Run.of(args.split(" "));
        assertEquals(2, run.code(), run.out() + run.err());
        assertFalse(run.err().isBlank());
        assertFalse(run.err().contains("\tat "), run.err());
        assertEquals("", run.out());
    }

    @Test
    void noCommandAtAllIsWrongUsage() {
        Run run = Run.of();
        assertEquals(2, run.code());
        assertTrue(run.err().contains("a command is missing; try millrace --help"), run.err());
    }

    @Test
    void mistypedOptionIsAnsweredWithTheNearest() {
        assertTrue(Run.of("demo", "--trac").err().contains("--trace"));
    }

    @Test
    void failureIsOneLineWithoutAStackTrace(@TempDir Path folder) {
        Run run = Run.of("config", "check", folder.resolve("none.toml").toString());
        assertEquals(1, run.code());
        assertEquals("millrace: " + folder.resolve("none.toml") + ": no such file", run.err().strip());
        Run traced = Run.of("config", "check", "--stack-trace", folder.resolve("none.toml").toString());
        assertEquals(1, traced.code());
        assertTrue(traced.err().contains("\tat "), traced.err());
    }

    @Test
    void completionIsAShellScript() throws Exception {
        Run run = Run.of("generate-completion");
        assertEquals(0, run.code());
        assertTrue(run.out().contains("complete -F _complete_millrace"), run.out());
        Process bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var in = bash.outputWriter()) {
            in.write(run.out());
        }
        String said = new String(bash.getInputStream().readAllBytes());
        assertEquals(0, bash.waitFor(), said);
    }
}
