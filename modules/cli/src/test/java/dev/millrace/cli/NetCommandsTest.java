package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// ping, trace, dump, flows, tcpserver, tcpclient, neighbors, interfaces, firewall: without rights, over loopback links, files,
/// and a VXLAN between two runs.
@Timeout(120)
class NetCommandsTest {
    @TempDir
    Path folder;

    private static Run run(String line) {
        return Run.of(line.split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ping", "ping 10.0.0.1", "ping --link loopback: 10.0.0.1",
            "ping --link loopback: --address 10.0.0.1/24",
            "ping --link loopback: --address 10.0.0.1/24 -s 65508 10.0.0.1",
                    "ping --link loopback: --address 10.0.0.1/24 -i 0 10.0.0.1",
            "ping --link loopback: --address 10.0.0.1/24 -t 256 10.0.0.1",
                    "ping --link loopback: --address 10.0.0.1/24 -p xyz 10.0.0.1",
            "ping --link loopback: --address 10.0.0.1/24 -I fd00::1 10.0.0.1",
                    "ping -4 -6 --link loopback: --address 10.0.0.1/24 10.0.0.1",
            "ping --link loopback: --config none.toml 10.0.0.1", "trace --link loopback: --address 10.0.0.1/24 -q 11 10.0.0.1",
            "dump", "dump tcp", "dump --link loopback: tcp prt 80", "dump --link loopback: -r none.pcap",
                    "flows --link loopback: --max-flows 0",
            "tcpserver --link loopback: --address 10.0.0.1/24 --random 1 --send none",
                    "tcpserver --link loopback: --address 10.0.0.1/24 --random x",
            "tcpclient --link loopback: --address 10.0.0.1/24 10.0.0.1 0",
                    "tcpclient --link loopback: --address 10.0.0.1/24 10.0.0.1",
            "neighbors --link loopback:", "firewall", "firewall --address here", "firewall --address 10.0.0.1 --apply --remove",
            "firewall --address 10.0.0.1 prnt"})
    void wrongUsageEndsWithTwoAndSaysWhereThereIsHelp(String line) {
        Run run = run(line);
        assertEquals(2, run.code(), run.out() + run.err());
        assertTrue(run.err().contains("--help"), run.err());
        assertTrue(run.err().lines().count() <= 3, run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"dump -r none.pcap", "ping --link packet:none0 --address 10.0.0.1/24 10.0.0.1",
            "ping --link loopback: --address 10.0.0.1/24 no.such.name.invalid",
                    "ping --link loopback: --address 10.0.0.1/24 -6 10.0.0.1",
            "neighbors --link loopback: --address 10.0.0.1/24 10.0.0.1", "ping --config none.toml 10.0.0.1"})
    void troubleEndsWithTwoAndOneLine(String line) {
        Run run = run(line);
        assertEquals(2, run.code(), run.out() + run.err());
        assertTrue(run.err().startsWith("millrace: "), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "fd00::1"})
    void pingCountsAndEndsWithTotals(String to) {
        String options = "ping --link loopback: --address 10.0.0.1/24 --address fd00::1/64 -c 2 -i 10ms ";
        Run run = run(options + to);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.lines().getFirst().startsWith("PING " + to + " (" + to + ") 56"), run.out());
        assertTrue(run.lines().get(1).startsWith("64 bytes from " + to + ": icmp_seq=1 ttl=64 time="), run.out());
        assertTrue(run.out().contains("2 packets transmitted, 2 received, 0% packet loss"), run.out());
        Run json = run(options + "--json " + to);
        assertEquals(3, json.lines().size());
        JsonNode last = Commands.json().readTree(json.lines().getLast());
        assertEquals(2, last.get("received").asInt());
        assertEquals("reply", Commands.json().readTree(json.lines().getFirst()).get("event").asString());
        Run quiet = run(options + "-q " + to);
        assertFalse(quiet.out().contains("icmp_seq"), quiet.out());
    }

    @Test
    void nobodyAtHomeEndsWithOne() {
        Run run = run("ping --link vnic: --address 10.0.0.1/24 -c 1 -W 20ms -O 10.0.0.9");
        assertEquals(1, run.code(), run.err());
        assertTrue(run.out().contains("no answer for icmp_seq=1"), run.out());
        assertTrue(run.out().contains("100% packet loss"), run.out());
        assertEquals(1, run("trace --link vnic: --address 10.0.0.1/24 -m 1 -w 20ms 10.0.0.9").code());
    }

    @Test
    void aConfigurationCanSayTheStack() throws IOException {
        Path file = Files.writeString(folder.resolve("s.toml"),
                "[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\naddresses = [\"10.1.0.1/24\"]\n");
        assertEquals(0, Run.of("ping", "--config", file.toString(), "-c", "1", "10.1.0.1").code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-I ", "-T "})
    void traceEndsAtTheDestination(String kind) {
        Run run = run("trace --link loopback: --address 10.0.0.1/24 --address fd00::1/64 " + kind + "10.0.0.1");
        assertEquals(0, run.code(), run.out() + run.err());
        assertEquals(2, run.lines().size(), run.out());
        assertTrue(run.lines().getLast().matches(" 1  10\\.0\\.0\\.1(  [0-9.]+ ms){3}"), run.out());
    }

    /// Two ends of a VXLAN on the host's own loopback.
    private static String[] vxlan() throws IOException {
        int a;
        int b;
        try (var one = new DatagramSocket(); var two = new DatagramSocket()) {
            a = one.getLocalPort();
            b = two.getLocalPort();
        }
        String link = " --link vxlan:7 --set local=127.0.0.1:%d --set remotes=127.0.0.1:%d --address 10.0.0.%d/24 "
                + "--address fd00::%d/64";
        return new String[] {String.format(link, a, b, 1, 1), String.format(link, b, a, 2, 2)};
    }

    private static String[] line(String command, String link, Object... more) {
        return Stream.concat(Stream.of((command + link).split(" ")),
                Stream.of(more).map(Object::toString)).toArray(String[]::new);
    }

    @Test
    void clientAndServerAgreeOnWhatWasSent() throws Exception {
        String[] ends = vxlan();
        Path received = folder.resolve("received");
        var server = CompletableFuture.supplyAsync(() -> Run.of(line("tcpserver", ends[0], "--once", "--json", "--receive",
                received)));
        Path file = Files.write(folder.resolve("sent"), new byte[300_000]);
        Run client;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            client = Run.of(line("tcpclient", ends[1], "--send", file, "--json", "10.0.0.1", "8888"));
        } while (client.code() != 0 && System.nanoTime() < until);
        assertEquals(0, client.code(), client.err());
        Run s = server.get(60, TimeUnit.SECONDS);
        assertEquals(0, s.code(), s.err());
        assertEquals(-1, Files.mismatch(file, received));
        JsonNode sent = Commands.json().readTree(client.out());
        JsonNode got = Commands.json().readTree(s.out());
        assertEquals(sent.get("sent_sha256"), got.get("received_sha256"));
        assertEquals(300_000, got.get("received_bytes").asInt());
    }

    @Test
    void anEchoIsVerified() throws Exception {
        String[] ends = vxlan();
        var server = CompletableFuture.supplyAsync(() -> Run.of(line("tcpserver", ends[0], "--once")));
        Run client;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            client = Run.of(line("tcpclient", ends[1], "--random", 20480, "--verify", "fd00::1", "8888"));
        } while (client.code() != 0 && System.nanoTime() < until);
        assertEquals(0, client.code(), client.err());
        assertTrue(client.out().contains("sent 20480 bytes, received 20480 bytes"), client.out());
        assertTrue(client.err().contains("what came back is what was sent"), client.err());
        Run s = server.get(60, TimeUnit.SECONDS);
        assertEquals(0, s.code(), s.err());
        List<String> hashes = Stream.concat(s.lines().stream(), client.lines().stream()).filter(l -> l.contains("sha256"))
                .map(l -> l.replaceAll(".*sha256 ", "")).distinct().toList();
        assertEquals(1, hashes.size(), s.out() + client.out());
    }

    @Test
    void dumpAndFlowsReadWhatDumpHasWritten() throws Exception {
        String[] ends = vxlan();
        Path file = folder.resolve("w.pcapng");
        var dump = CompletableFuture.supplyAsync(() -> Run.of(line("dump", ends[0], "-w", file, "-c", "4", "icmp")));
        Run ping;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            ping = Run.of(line("ping", ends[1], "-c", "2", "-i", "10ms", "-W", "500ms", "10.0.0.1"));
        } while ((ping.code() != 0 || !dump.isDone()) && System.nanoTime() < until);
        assertEquals(0, dump.get(60, TimeUnit.SECONDS).code());
        // The first may be an answer: the stack was there before its capture.
        Run read = Run.of("dump", "-r", file.toString(), "icmp");
        assertTrue(read.out().contains(" icmp 10.0.0.2 -> 10.0.0.1 echo-request"), read.out());
        assertEquals("1 packet shown", Run.of("dump", "-r", file.toString(), "-c", "1", "icmp").err().strip());
        Path again = folder.resolve("again.pcapng");
        assertEquals("4 packets written to " + again, Run.of("dump", "-r", file.toString(), "-w",
                again.toString()).err().strip());
        Run flows = Run.of("flows", "-r", again.toString(), "--json");
        // Each ping is a flow of its own, and of the first there may be an answer only.
        List<JsonNode> all = flows.lines().stream().map(Commands.json()::readTree).toList();
        assertTrue(all.stream().allMatch(f -> f.get("protocol").asString().equals("icmp")), flows.out());
        assertTrue(all.stream().anyMatch(f -> f.has("rtt_ms") && f.get("rtt_ms").asDouble() > 0), flows.out());
        assertTrue(Run.of("flows", "-r", file.toString()).lines().getFirst().startsWith("PROTO"));
    }

    @Test
    void neighborsShowsWhoAnswersAndWhoDoesNot() throws Exception {
        String[] ends = vxlan();
        var other = CompletableFuture.supplyAsync(() -> Run.of(line("services", ends[0], "--for", "10s")));
        Run run;
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            run = Run.of(line("neighbors", ends[1], "10.0.0.1", "fd00::1", "--json"));
        } while (run.code() != 0 && System.nanoTime() < until);
        assertEquals(0, run.code(), run.out() + run.err());
        assertTrue(run.lines().stream().map(Commands.json()::readTree).anyMatch(n -> n.get("address").asString().equals("fd00::1")
                && !n.get("station").asString().isEmpty()), run.out());
        Run nobody = Run.of(line("neighbors", ends[1], "10.0.0.77", "--for", "50ms"));
        assertEquals(1, nobody.code(), nobody.out());
        assertTrue(nobody.lines().getLast().contains("10.0.0.77"), nobody.out());
        other.get(60, TimeUnit.SECONDS);
    }

    @Test
    void interfacesListsLoopbackAndAStacksNic() {
        Run machine = run("interfaces");
        assertEquals(0, machine.code(), machine.err());
        assertTrue(machine.out().contains("127.0.0.1/8"), machine.out());
        Run stack = run("interfaces --link loopback: --address 10.0.0.1/24 --json");
        JsonNode nic = Commands.json().readTree(stack.lines().getLast());
        assertEquals("10.0.0.1/24", nic.get("addresses").get(0).asString());
    }

    @Test
    void everyCommandHasHelpAndJson() {
        for (String command : List.of("ping", "trace", "dump", "flows", "tcpserver", "tcpclient", "neighbors", "interfaces",
                "firewall")) {
            Run run = run(command + " --help");
            assertEquals(0, run.code());
            assertTrue(run.out().contains("--json"), command);
            if (!command.equals("firewall")) {
                assertTrue(run.out().contains("--link=URI") && run.out().contains("--config=FILE"), command);
            }
        }
    }
}
