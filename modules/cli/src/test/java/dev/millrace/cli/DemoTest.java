package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    @TempDir
    Path folder;

    private static void expect(Run run, String regex, int times) {
        var p = Pattern.compile("\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d " + regex);
        long found = run.lines().stream().filter(l -> p.matcher(l).matches()).count();
        assertEquals(times, found, regex + " in\n" + run.out() + run.err());
    }

    @Test
    void threeClientsOfEachKindGetTheRightReplies() {
        Run run = Run.of("demo");
        assertEquals(0, run.code(), run.out() + run.err());
        expect(run, "Starting TCP server on 192\\.168\\.1\\.1:8080", 1);
        expect(run, "Starting TCP server on \\[fd00::1]:8080", 1);
        expect(run, "Starting UDP server on 192\\.168\\.1\\.1:8080", 1);
        expect(run, "Remote Addr 192\\.168\\.1\\.1:\\d+, Local Address 192\\.168\\.1\\.1:8080", 3);
        expect(run, "Remote Addr \\[fd00::1]:\\d+, Local Address \\[fd00::1]:8080", 3);
        expect(run, "Client 192\\.168\\.1\\.1:\\d+ connected to 192\\.168\\.1\\.1:8080", 3);
        expect(run, "Received message on Server: Hello, TCP Server!", 7);
        expect(run, "Received response: Hey TCP Client", 7);
        expect(run, "Received datagram at .*: Hey UDP Client", 6);
        expect(run, "The NIC owns 192\\.168\\.1\\.0/24: a server may listen on 192\\.168\\.1\\.2", 1);
        expect(run, "Remote Addr 192\\.168\\.1\\.1:\\d+, Local Address 192\\.168\\.1\\.2:8080", 1);
        assertEquals("13 of 13 replies were right", run.lines().getLast());
        assertEquals("", run.err());
    }

    @Test
    void traceReadsLikeAConnection() {
        Run run = Run.of("demo", "--trace");
        assertEquals(0, run.code(), run.out() + run.err());
        List<String> tcp = run.lines().stream().filter(l -> l.contains(" tcp ") && l.contains("id:")).toList();
        var port = Pattern.compile("192\\.168\\.1\\.1:(\\d+) ->").matcher(tcp.getFirst());
        assertTrue(port.find(), tcp.getFirst());
        List<String> first = tcp.stream().filter(l -> l.contains("192.168.1.1:" + port.group(1) + " ")
                && !l.contains("192.168.1.2")).toList();
        assertTrue(first.get(0).contains("flags: S     ") && first.get(0).contains("options: {MSS:")
                && first.get(0).contains(" WS:") && first.get(0).contains(" TS:true ")
                && first.get(0).contains("SACKPermitted:true"), first.get(0));
        assertTrue(first.get(1).contains("flags: S  A ") && first.get(1).contains("SACKPermitted:true"), first.get(1));
        assertTrue(first.get(2).contains("flags:    A ") && first.get(2).contains("len:0"), first.get(2));
        assertTrue(first.get(3).contains("flags:   PA ") && first.get(3).contains("len:18"), first.get(3));
        assertTrue(first.stream().anyMatch(l -> l.contains("flags:   PA ") && l.contains("len:14")), first.toString());
        assertEquals(2, first.stream().filter(l -> l.contains("flags:F   A ")).count(), first.toString());
        assertTrue(first.getLast().contains("flags:    A "), first.getLast());
        assertTrue(first.stream().noneMatch(l -> l.contains("flags:  R")), first.toString());
    }

    @Test
    void pcapIsWrittenAndCounted() throws IOException {
        Path pcap = folder.resolve("a b.pcapng");
        Run run = Run.of("demo", "--pcap", pcap.toString());
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().matches("(?s).*capture: [1-9]\\d+ packets in \\Q" + pcap + "\\E.*"), run.out());
        assertArrayEquals(new byte[] {0x0a, 0x0d, 0x0d, 0x0a}, Arrays.copyOf(Files.readAllBytes(pcap), 4));
    }

    @Test
    void tsharkFindsNothingWrongInThePcap() throws Exception {
        String missing = Programs.missing("tshark").orElse(null);
        assumeTrue(missing == null, missing);
        Path pcap = folder.resolve("demo.pcapng");
        assertEquals(0, Run.of("demo", "--pcap", pcap.toString()).code());
        String wrong = tshark(pcap, "_ws.malformed || _ws.expert.severity >= 0x600000 || ip.checksum.status == 0"
                + " || tcp.checksum.status == 0 || udp.checksum.status == 0");
        assertEquals("", wrong);
        // Not vacuous: there are the packets of 7 connections and 6 exchanges, and all checksums were found good.
        long good = tshark(pcap, "tcp.checksum.status == 1 || udp.checksum.status == 1").lines().count();
        assertEquals(tshark(pcap, "tcp || udp").lines().count(), good);
        assertTrue(good >= 7 * 8 + 6 * 2, good + " packets");
    }

    private String tshark(Path pcap, String filter) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("tshark", "-r", pcap.toString(), "-o", "tcp.check_checksum:TRUE", "-o",
                "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", filter)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return said;
    }

    @Test
    void usersOwnConfigurationIsUsed() throws IOException {
        Path file = Files.writeString(folder.resolve("mine.toml"), """
                [[nic]]
                name = "lo"
                link = "loopback:"
                addresses = ["10.77.0.9/32"]
                [capture]
                file = '%s'
                """.formatted(folder.resolve("mine.pcapng")));
        Run run = Run.of("demo", "--config", file.toString());
        assertEquals(0, run.code(), run.out() + run.err());
        expect(run, "Starting TCP server on 10\\.77\\.0\\.9:8080", 1);
        assertEquals("6 of 6 replies were right", run.lines().getLast());
        assertTrue(Files.size(folder.resolve("mine.pcapng")) > 1000);
    }

    @Test
    void stackWithoutAnAddressFailsAndSaysSo() throws IOException {
        Path file = Files.writeString(folder.resolve("none.toml"), "[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\n");
        Run run = Run.of("demo", "--config", file.toString());
        assertEquals(1, run.code(), run.out());
        assertTrue(run.err().contains("gives no NIC an address"), run.err());
    }

    @Test
    void configurationErrorIsOneLine() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.toml"), "[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\nmut = 1\n");
        Run run = Run.of("demo", "--config", file.toString());
        assertEquals(1, run.code());
        assertTrue(run.err().startsWith("millrace: " + file + ":4: nic[0].mut: unknown key; did you mean mtu?"), run.err());
        assertEquals("", run.out());
    }

    @Test
    void captureIntoNowhereFailsAndSaysSo() {
        Run run = Run.of("demo", "--pcap", folder.resolve("no/where.pcapng").toString());
        assertEquals(1, run.code());
        assertTrue(run.err().contains("where.pcapng: no such file or folder"), run.err());
    }
}
