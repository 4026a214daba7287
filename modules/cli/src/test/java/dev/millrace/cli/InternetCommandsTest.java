package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `bench internet`, `bench hosts`, `plot` and `explore`.
class InternetCommandsTest {
    @TempDir
    Path folder;

    @Test
    void theBenchmarkPrintsItsRateAndRecordsItsPacketsU29() throws Exception {
        Path pcap = folder.resolve("bench.pcapng");
        Run run = Run.of("bench", "internet", "--client-addr", "10.9.0.2", "--server-addr", "10.9.0.1", "--server-port", "4443",
                "--duration", "600ms", "--mtu", "9000", "--pcap-file", pcap.toString(), "--pcap-snaplen", "96", "--json");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().matches("(?s)(\r\t *[0-9]+\\.[0-9]{3} Mbit/s)+\\R.*"), run.out());
        assertTrue(Commands.json().readTree(run.lines().getLast()).get("gbit_per_s").asDouble() > 0);
        Run list = Run.of("plot", pcap.toString(), "--json");
        JsonNode connection = Commands.json().readTree(list.lines().getFirst());
        assertEquals("10.9.0.1:4443", connection.get("server").asString());
        assertTrue(connection.get("sent").get("bytes").asLong() > 100_000, list.out());
    }

    @Test
    void theBenchmarkHasTheDefaultsOfUisU29() {
        Run help = Run.of("bench", "internet", "--help");
        for (String text : List.of("--client-addr", "10.0.0.2", "--server-addr", "10.0.0.1", "--server-port", "443", "--duration",
                "10s", "--pcap-file", "--pcap-snaplen", "1500", "65535")) {
            assertTrue(help.out().contains(text), text + " in " + help.out());
        }
        for (String[] wrong : new String[][] {{"--duration", "0s"}, {"--mtu", "100"}, {"--server-port", "70000"},
            {"--client-addr", "somewhere"}, {"--duration", "long"}}) {
            assertEquals(2, Run.of("bench", "internet", wrong[0], wrong[1]).code(), wrong[0]);
        }
    }

    @Test
    void manyHostsAreMeasured() {
        Run run = Run.of("bench", "hosts", "--hosts", "10", "--connections", "20", "--rounds", "2", "--json");
        assertEquals(0, run.code(), run.err());
        JsonNode json = Commands.json().readTree(run.out());
        assertTrue(json.get("packets").asLong() >= 80, run.out());
        assertTrue(json.get("simulated_s").asDouble() > 2, run.out());
        assertEquals(2, Run.of("bench", "hosts", "--hosts", "1").code());
    }

    private Path capture() throws Exception {
        Path file = folder.resolve("x.pcapng");
        try (Internet net = Internet.virtualTime(1)) {
            net.capture(file);
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            b.run(() -> {
                try (var l = b.stack().tcp().listen(80); var s = l.accept()) {
                    s.outputStream().write(new byte[10_000]);
                }
            });
            try (var s = a.stack().tcp().connect(new java.net.InetSocketAddress("10.0.0.2", 80), Duration.ofSeconds(1))) {
                s.inputStream().readAllBytes();
            }
        }
        return file;
    }

    @Test
    void plotWritesAPageBesideTheCaptureOrAPicture() throws Exception {
        Path file = capture();
        Run page = Run.of("plot", file.toString());
        assertEquals(0, page.code(), page.err());
        assertTrue(Files.readString(folder.resolve("x.html")).contains("10.0.0.2:80"));
        Path svg = folder.resolve("c.svg");
        assertEquals(0, Run.of("plot", file.toString(), "-o", svg.toString(), "--connection", "10.0.0.2:80").code());
        assertTrue(Files.readString(svg).startsWith("<svg "));
        assertTrue(Run.of("plot", file.toString(), "-o", "-").out().startsWith("<!DOCTYPE html>"));
        assertTrue(Run.of("plot", "--list", file.toString()).out().contains("received 10000 B"));
    }

    @Test
    void plotSaysWhatIsWrongWithWhatItIsGiven() throws Exception {
        Path file = capture();
        assertEquals(2, Run.of("plot", file.toString(), "--connection", "7").code());
        Run none = Run.of("plot", folder.resolve("none.pcapng").toString());
        assertEquals(2, none.code());
        assertTrue(none.err().contains("no such file"), none.err());
        Path junk = Files.write(folder.resolve("junk"), new byte[50]);
        assertNotEquals(0, Run.of("plot", junk.toString()).code());
    }

    /// What `explore` runs here.
    static class Sample {
        @Test
        @VirtualInternet
        void failsWhenTheNumberIsLarge(@SimHost(name = "a") Host a) {
            assertTrue(a.random().nextInt(100) < 90);
        }

        @Test
        @VirtualInternet
        void passes(Internet net) throws Exception {
            net.runFor(Duration.ofSeconds(1));
        }
    }

    @Test
    void exploreFindsTheSeedAndSaysHowToRunItAgain() throws Exception {
        String classes = Path.of(Sample.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        Path script = folder.resolve("script.txt");
        Run run = Run.of("explore", "--seeds", "1..100", "--class-path", classes, "--script", script.toString(),
                Sample.class.getName());
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("Sample#passes: seeds 1 to 100 pass"), run.out());
        assertTrue(run.out().matches("(?s).*Sample#failsWhenTheNumberIsLarge: seed [0-9]+ fails: .*"), run.out());
        assertTrue(run.out().contains("-Dmillrace.seed="), run.out());
        assertEquals("", Files.readString(script));
        Run json = Run.of("explore", "--seeds", "1..100", "--class-path", classes, "--json",
                Sample.class.getName() + "#failsWhenTheNumberIsLarge");
        JsonNode found = Commands.json().readTree(json.out());
        assertTrue(found.get("failed").asBoolean());
        assertEquals(0, found.get("script").size());
        Run again = Run.of("explore", "--seeds", found.get("seed").asString(), "--class-path", classes, "--replay",
                script.toString(), Sample.class.getName() + "#failsWhenTheNumberIsLarge");
        assertEquals(1, again.code());
        assertTrue(again.out().contains("fails"), again.out());
        assertEquals(0, Run.of("explore", "--seeds", "1..5", "--class-path", classes, Sample.class.getName() + "#passes").code());
    }

    @Test
    void exploreSaysWhatItCannotFind() {
        assertEquals(2, Run.of("explore", "--seeds", "5..1", "--class-path", ".", "x.Y").code());
        Run none = Run.of("explore", "--class-path", folder.toString(), "x.Y");
        assertEquals(2, none.code());
        assertTrue(none.err().contains("there is no class x.Y"), none.err());
        assertFalse(none.err().contains("\tat "), none.err());
    }
}
