package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The command: what it prints, and its exit codes.
@Timeout(120)
class MainTest {
    @TempDir
    Path temp;

    private record Result(int code, String out, String err) {
    }

    private static Result run(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Result(code, out.toString(), err.toString());
    }

    @Test
    void theDemoSucceedsAndTraces() throws IOException {
        Path pcap = temp.resolve("demo.pcapng");
        Result r = run("demo", "--trace", "--pcap", pcap.toString());
        assertEquals(0, r.code, r.out + r.err);
        assertTrue(r.out.contains("13 of 13 replies were right"), r.out);
        assertTrue(r.out.contains("Received message on Server: Hello, TCP Server!"), r.out);
        assertTrue(r.out.contains("Received response: Hey TCP Client"), r.out);
        assertTrue(r.out.lines().anyMatch(l -> l.contains("flags: S     ") && l.contains("options: {MSS:65495 WS:")
                && l.contains("TS:true") && l.contains("SACKPermitted:true")), r.out);
        assertTrue(r.out.lines().anyMatch(l -> l.contains("flags:F   A")), r.out);
        assertTrue(Files.size(pcap) > 1000);
    }

    @Test
    void theDemoRunsOnAUsersConfiguration() throws IOException {
        Path file = temp.resolve("own.toml");
        Files.writeString(file, "[[nic]]\nname = \"x\"\nlink = \"loopback:\"\naddresses = [\"10.5.0.1/32\"]\n");
        Result r = run("demo", "--config", file.toString());
        assertEquals(0, r.code, r.out + r.err);
        assertTrue(r.out.contains("10.5.0.1:8080") && r.out.contains("6 of 6"), r.out);
    }

    @Test
    void wrongUsageIs2AndFailureIs1() throws IOException {
        assertEquals(2, run("demo", "--nope").code);
        assertEquals(2, run("nope").code);
        assertEquals(2, run().code);
        assertEquals(2, run("bench", "stream", "--seconds", "soon").code);
        assertEquals(2, run("demo", "--listen", "nowhere").code);
        Path file = temp.resolve("bad.toml");
        Files.writeString(file, "[[nic]]\nname = \"x\"\nlink = \"tun:mr0\"\n");
        Result r = run("demo", "--config", file.toString());
        assertEquals(1, r.code);
        assertTrue(r.err.contains(file + ":3: nic[0].link: ") && r.err.contains("millrace-link-tun"), r.err);
        assertFalse(r.err.contains("\tat "), "no stack trace unless asked for");
        assertTrue(run("--stack-trace", "demo", "--config", file.toString()).err.contains("\tat "));
        assertEquals(1, run("config", "check", temp.resolve("none.toml").toString()).code);
        assertEquals(1, run("bench", "stream", "--link", "pigeon").code);
    }

    @Test
    void linksListsWhatIsPresent() {
        Result r = run("links");
        assertEquals(0, r.code);
        for (String word : new String[] {"loopback:", "vnic:", "ipv4", "ipv6", "tcp", "udp", "newreno", "receive-buffer"}) {
            assertTrue(r.out.contains(word), word);
        }
        JsonNode json = JsonMapper.shared().readTree(run("links", "--json").out);
        assertTrue(json.isArray() && json.size() >= 7, json.toString());
        assertTrue(json.get(0).has("module") && json.get(0).has("options"));
    }

    @Test
    void configChecksShowsAndLists() throws IOException {
        Path file = temp.resolve("good.toml");
        Files.writeString(file, "[[nic]]\nname = \"x\"\nlink = \"loopback:\"\naddresses = [\"10.5.0.1/32\"]\n[tcp]\nno-delay = true\n");
        assertTrue(run("config", "check", file.toString()).out.contains("good, 1 NIC(s)"));
        assertTrue(run("config", "show", file.toString()).out.contains("tcp.no-delay = true"));
        assertTrue(run("config", "keys").out.contains("| `time-wait` | duration | `60s` |"));
    }

    @Test
    void helpVersionAndCompletion() {
        assertEquals(0, run("--help").code);
        assertTrue(run("--version").out.startsWith("millrace 0."), run("--version").out);
        assertTrue(run("generate-completion").out.contains("complete -F"));
        assertTrue(run("demo", "--help").out.contains("--trace"));
    }

    @Test
    void aBenchPrintsOneObjectOnItsLastLine() {
        Result r = run("bench", "stream", "--seconds", "0.2", "--warm-up", "0.1", "--runs", "3", "--json");
        assertEquals(0, r.code, r.err);
        JsonNode json = JsonMapper.shared().readTree(r.out.lines().reduce((_, last) -> last).orElseThrow());
        assertEquals("stream", json.get("work").asString());
        assertTrue(json.get("gbit_per_s").asDouble() > 0);
        assertTrue(json.has("alloc_bytes_per_packet") && json.has("cpu_cores") && json.get("runs").asInt() == 3, json.toString());
    }

    /// `docs/configuration.md` holds what the command prints.
    @Test
    void theDocumentedKeysAreTheKeys() throws IOException {
        String documented = Files.readString(Path.of("../../docs/configuration.md"));
        assertTrue(documented.contains(run("config", "keys").out.strip()), "run: ./millrace config keys, and put it into docs/configuration.md");
    }
}
