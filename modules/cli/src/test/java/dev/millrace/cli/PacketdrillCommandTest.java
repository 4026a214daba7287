package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `millrace packetdrill`.
class PacketdrillCommandTest {
    private static final String HANDSHAKE = """
            0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0  bind(3, ..., ...) = 0
            +0  listen(3, 1) = 0
            +0  < S 0:0(0) win 32792 <mss 1000>
            +0  > S. 0:0(0) ack ACK <...>
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void scripts() throws IOException {
        Files.createDirectories(folder.resolve("more"));
        write("good.pkt", HANDSHAKE.replace("ACK", "1"));
        write("more/bad.pkt", HANDSHAKE.replace("ACK", "2"));
        write("more/lacking.pkt", "0 `ip link set up`\n+0 close(3) = -1 EBADF (Bad file descriptor)\n");
        write("more/nonsense.pkt", "0 what?\n");
        write("more/notes.txt", "no script\n");
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void passesWithZero() {
        Run run = Run.of("packetdrill", "--ipv4", "--ipv6", "--mapped", folder.resolve("good.pkt").toString());
        assertEquals(0, run.code(), run.err() + run.out());
        assertEquals(List.of("pass  " + folder.resolve("good.pkt") + " (ipv4)", "pass  " + folder.resolve("good.pkt") + " (ipv6)",
                "pass  " + folder.resolve("good.pkt") + " (ipv4-mapped-ipv6)", "3 passed, 0 failed, 0 skipped, 0 not understood"), run.lines());
    }

    @Test
    void tellsWhatWasExpectedAndWhatCame() {
        Run run = Run.of("packetdrill", "-q", folder.toString());
        assertEquals(1, run.code());
        assertEquals(List.of("FAIL  " + folder.resolve("more/bad.pkt") + ":5:1 (ipv4): another packet came: its ack is 1",
                "  expected: > S. 0:0(0) ack 2 <...>", "  actual:   > S. 0:0(0) ack 1 win 65535 <mss 1460>   // at 0.000000",
                "skip  " + folder.resolve("more/lacking.pkt") + ":1:3 (ipv4): the command `ip link set up` is not understood",
                "ERROR " + folder.resolve("more/nonsense.pkt") + ":1:7 (ipv4): the character \"?\" means nothing here",
                "1 passed, 1 failed, 1 skipped, 1 not understood"), run.lines());
    }

    @Test
    void skippedScriptsDoNotFail() {
        assertEquals(0, Run.of("packetdrill", folder.resolve("more/lacking.pkt").toString()).code());
        assertEquals(1, Run.of("packetdrill", folder.resolve("more/nonsense.pkt").toString()).code());
    }

    @Test
    void jsonIsAnObjectALine() {
        Run run = Run.of("packetdrill", "--json", folder.toString());
        assertEquals(4, run.lines().size());
        JsonNode bad = Commands.json().readTree(run.lines().get(1));
        assertEquals("fail", bad.get("result").asString());
        assertEquals(5, bad.get("line").asInt());
        assertEquals("> S. 0:0(0) ack 2 <...>", bad.get("expected").asString());
        assertTrue(bad.get("actual").asString().startsWith("> S. 0:0(0) ack 1 win"));
        assertEquals("pass", Commands.json().readTree(run.lines().getFirst()).get("result").asString());
    }

    @Test
    void definesWords() throws IOException {
        Path script = write("words.pkt", HANDSHAKE);
        assertEquals(0, Run.of("packetdrill", "-D", "ACK=1", script.toString()).code());
        assertEquals(1, Run.of("packetdrill", "-D", "ACK=2", script.toString()).code());
    }

    @Test
    void writesCaptures() {
        Path captures = folder.resolve("captures");
        assertEquals(0, Run.of("packetdrill", "--pcap", captures.toString(), folder.resolve("good.pkt").toString()).code());
        String[] files = captures.toFile().list();
        assertEquals(1, files == null ? 0 : files.length);
        Run plot = Run.of("plot", "--list", captures.resolve(files[0]).toString());
        assertEquals(0, plot.code(), plot.err());
        assertTrue(plot.out().contains("192.0.2.1:"), plot.out());
    }

    @Test
    void complainsOfWhatIsNotThere() {
        Run run = Run.of("packetdrill", folder.resolve("nowhere").toString());
        assertEquals(2, run.code());
        assertTrue(run.err().contains("no such file"), run.err());
        assertEquals(2, Run.of("packetdrill", folder.resolve("more/notes").toString()).code());
    }

    @Test
    void anUnknownProfileIsSaidSo() {
        Run run = Run.of("packetdrill", "--profile", "plan9", folder.resolve("good.pkt").toString());
        assertEquals(1, run.code());
        assertTrue(run.err().contains("profile"), run.err());
        assertTrue(run.err().contains("plan9"), run.err());
    }
}
