package example.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Internet;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One seed is one run, to the last byte of its log and its capture, in whatever JVM it is lived.
class OneSeedInEveryJvmTest {
    private static final long SEED = 77;
    /// What JVMs differ in: how they compile, how they collect, how much memory they have, where and when they think they are,
    /// and what was run before. The last word is how many other seeds are.
    private static final List<String> JVMS = List.of(
            "-XX:+UseSerialGC 0",
            "-XX:+UseSerialGC -Xmx64m 0",
            "-XX:+UseParallelGC -XX:ParallelGCThreads=4 0",
            "-XX:+UseG1GC -Xms512m 0",
            "-XX:+UseZGC -Xmx512m 0",
            "-XX:+UseSerialGC -Xint 0",
            "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 0",
            "-XX:+UseSerialGC -XX:-TieredCompilation -XX:hashCode=2 0",
            "-XX:+UseSerialGC -Duser.language=tr -Duser.country=TR -Duser.timezone=Asia/Kathmandu -Dfile.encoding=ISO-8859-1 0",
            "-XX:+UseSerialGC -XX:ActiveProcessorCount=1 -Djdk.virtualThreadScheduler.parallelism=1 3");

    @TempDir
    private Path folder;

    @Test
    void tenJvmsHaveOneLogAndOneCapture() throws Exception {
        List<String> lived = new ArrayList<>();
        for (String jvm : JVMS) {
            lived.add(live(jvm));
        }
        System.out.println("seed " + SEED + ": " + lived.getFirst());
        for (int i = 1; i < lived.size(); i++) {
            assertEquals(lived.getFirst(), lived.get(i), JVMS.get(i));
        }
        assertTrue(lived.getFirst().matches("log [0-9a-f]{64} of [0-9]{4,} lines, capture [0-9a-f]{64} of [0-9]{5,} bytes"));
    }

    private String live(String jvm) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-ea", "-XX:+UnlockExperimentalVMOptions"));
        command.addAll(List.of(jvm.split(" ")));
        String others = command.removeLast();
        command.addAll(List.of("-cp", classPath(), OneSeedInEveryJvmTest.class.getName(),
                folder.resolve("capture.pcapng").toString(), others));
        Path said = folder.resolve("said.txt");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        String text = Files.readString(said, StandardCharsets.ISO_8859_1);
        assertEquals(0, process.exitValue(), jvm + ": " + text);
        return text.lines().filter(l -> l.startsWith("log ")).findFirst().orElseThrow(() -> new AssertionError(jvm + ": " + text));
    }

    /// All that this JVM was given, as a class path.
    private static String classPath() {
        return Stream.of(Path.of("target/test-classes").toAbsolutePath().toString(), System.getProperty("jdk.module.path"),
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")))
                .filter(Objects::nonNull).collect(Collectors.joining(File.pathSeparator));
    }

    /// In the other JVMs: lives other seeds, and then the one that counts.
    public static void main(String[] args) throws Exception {
        Path capture = Path.of(args[0]);
        for (long other = 1; other <= Long.parseLong(args[1]); other++) {
            live(other, capture);
        }
        System.out.println(live(SEED, capture));
    }

    private static String live(long seed, Path capture) throws Exception {
        var lines = new ArrayList<String>();
        try (Internet net = Internet.virtualTime(seed)) {
            net.log(lines::add);
            net.capture(capture);
            new Cluster(net, Raft.Bug.NONE).live();
        }
        byte[] packets = Files.readAllBytes(capture);
        return "log " + hash(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)) + " of " + lines.size() + " lines, capture "
                + hash(packets) + " of " + packets.length + " bytes";
    }

    private static String hash(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
