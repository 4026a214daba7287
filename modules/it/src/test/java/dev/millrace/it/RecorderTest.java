package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Java Flight Recorder and whole programs: what it is told by one that knows nothing of it, and that nothing is missing without it.
@Timeout(120)
class RecorderTest {
    @TempDir
    Path folder;

    private static String run(String... options) throws IOException, InterruptedException {
        List<Path> path = new ArrayList<>(Artifacts.of("wire", "api", "stack", "proto-ip", "proto-udp", "proto-tcp", "link-loopback"));
        path.add(Path.of("target/test-classes"));
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("-cp", Artifacts.path(path), RecorderProgram.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the program did not end");
        assertEquals(0, process.exitValue(), output);
        assertTrue(output.contains("read 100000"), output);
        return output;
    }

    @Test
    void aProgramThatIsRecordedTellsAll() throws Exception {
        Path file = folder.resolve("r.jfr");
        run("-XX:StartFlightRecording:filename=" + file);
        List<RecordedEvent> all = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("dev.millrace.")).toList();
        var names = all.stream().map(e -> e.getEventType().getName().substring(13)).collect(Collectors.toCollection(TreeSet::new));
        assertTrue(names.containsAll(List.of("Drop", "TcpSample", "TcpState")), names::toString);
        RecordedEvent drop = all.stream().filter(e -> e.getEventType().getName().endsWith(".Drop")
                && "no-socket".equals(e.getString("reason"))).findFirst().orElseThrow(() -> new AssertionError(all.toString()));
        assertEquals("s 10.0.0.1 10.0.0.1", drop.getString("stack") + " " + drop.getString("source") + " "
                + drop.getString("destination"));
    }

    @Test
    void nothingIsMissingWithoutTheModule() throws Exception {
        String output = run("--limit-modules", "java.base");
        assertTrue(output.startsWith("recorder: false"), output);
    }
}
