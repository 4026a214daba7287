package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the codecs write, as Wireshark's dissectors read it.
class NetworkCodecTsharkTest {
    @TempDir
    Path folder;

    @Test
    void tsharkReadsEveryFieldAsItWasWrittenAndFindsNothingMalformed() throws Exception {
        List<NetworkSamples.Sample> samples = NetworkSamples.all();
        Path file = capture(samples);
        assertEquals(List.of(), tshark(file, "-Y", "_ws.malformed || _ws.short"));
        List<String> fields = samples.stream().flatMap(s -> s.fields().stream()).map(f -> f.substring(0, f.indexOf('=')))
                .distinct().toList();
        var arguments = new ArrayList<>(List.of("-T", "fields", "-E", "separator=|"));
        fields.forEach(f -> arguments.addAll(List.of("-e", f)));
        List<String> rows = tshark(file, arguments.toArray(String[]::new));
        assertEquals(samples.size(), rows.size());
        for (int i = 0; i < samples.size(); i++) {
            String[] values = rows.get(i).split("\\|", -1);
            for (String field : samples.get(i).fields()) {
                String name = field.substring(0, field.indexOf('='));
                assertEquals(field, name + "=" + values[fields.indexOf(name)], samples.get(i).name());
            }
        }
    }

    private Path capture(List<NetworkSamples.Sample> samples) throws IOException {
        Path file = folder.resolve("samples.pcapng");
        try (var writer = new PcapngWriter(Files.newOutputStream(file), "Millrace")) {
            int lan = writer.addInterface(new CaptureInterface("lan", "", LinkType.ETHERNET, 0));
            for (var s : samples) {
                writer.packet(lan, 1_700_000_000_000_000_000L, Direction.UNKNOWN, s.frame(), s.frame().length, null);
            }
        }
        return file;
    }

    /// This module cannot use `testkit`, which needs it.
    private static boolean isThere() {
        try {
            Process version = new ProcessBuilder("tshark", "--version").redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("TShark");
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> tshark(Path file, String... arguments) throws Exception {
        assumeTrue(isThere(), "needs the program tshark: apt-get install tshark");
        var command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "tshark does not end");
        assertEquals(0, process.exitValue(), out);
        return out.lines().map(String::stripTrailing).toList();
    }
}
