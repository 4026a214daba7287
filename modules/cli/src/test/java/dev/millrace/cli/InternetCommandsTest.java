package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `bench internet`, `bench hosts`, `bench paths` and `plot`.
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
    void pathsAreChosenByTheirNames() throws Exception {
        Run run = Run.of("bench", "paths", "--only", "30 % loss", "--json");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("cubic", "bbr"), run.lines().stream().map(l -> Commands.json().readTree(l).get("flows").asString()).toList());
        Run table = Run.of("bench", "paths", "--only", "30 % loss");
        double lost = Commands.json().readTree(run.lines().getFirst()).get("lost").asDouble();
        assertTrue(table.lines().get(2).matches("30 % loss +cubic +0\\.[0-9]+ +[0-9.]+ +" + (long) lost + " .*"), table.out());
        Run wrong = Run.of("bench", "paths", "--only", "31 % loss");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("no path is called \"31 % loss\"; there are: "), wrong.err());
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
        assertTrue(Files.readString(folder.resolve("x.html")).contains("b (10.0.0.2):80"));
        Path svg = folder.resolve("c.svg");
        assertEquals(0, Run.of("plot", file.toString(), "-o", svg.toString(), "--connection", "10.0.0.2:80").code());
        assertTrue(Files.readString(svg).startsWith("<svg "));
        assertEquals(0, Run.of("plot", file.toString(), "-o", svg.toString(), "--connection", "b:80").code());
        assertTrue(Run.of("plot", file.toString(), "--json").out().contains("\"server_name\":\"b\""));
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
}
