package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.testkit.NetworkNamespace.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands ping, trace, dump, flows, tcpserver, tcpclient, neighbors and firewall, as programs of their own against the
/// kernel and its programs. Two namespaces on a veth, `e1` for a packet: link of ours (10.0.0.2, fd00:1::2), `e0` the kernel's
/// (10.0.0.1, fd00:1::1); or a TAP device `e0` in one.
@Timeout(300)
class NetworkCommandsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;
    private final List<NetworkNamespace> spaces = new ArrayList<>();
    /// Where the kernel's end is.
    private NetworkNamespace kernel;
    /// Where the commands run.
    private NetworkNamespace ours;
    private List<String> link;

    private void open(String kind, String... programs) throws IOException {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
        kernel = space();
        if (kind.equals("tap")) {
            ours = kernel;
            kernel.addDevice("e0", "tap", "10.0.0.1/24", "fd00:1::1/64");
            link = link("tap:e0", 2);
        } else {
            ours = space();
            veth(kernel, "e0", ours, "e1");
            kernel.run("ip", "addr", "add", "10.0.0.1/24", "dev", "e0").orFail();
            kernel.run("ip", "addr", "add", "fd00:1::1/64", "dev", "e0", "nodad").orFail();
            link = link("packet:e1", 2);
        }
    }

    private NetworkNamespace space() throws IOException {
        var ns = new NetworkNamespace();
        spaces.add(ns);
        return ns;
    }

    private static void veth(NetworkNamespace a, String nameA, NetworkNamespace b, String nameB) throws IOException {
        a.run("ip", "link", "add", nameA, "type", "veth", "peer", "name", nameB, "netns", b.name()).orFail();
        a.run("ip", "link", "set", nameA, "up").orFail();
        b.run("ip", "link", "set", nameB, "up").orFail();
    }

    private static List<String> link(String uri, int host) {
        return List.of("--link", uri, "--address", "10.0.0." + host + "/24", "--address", "fd00:1::" + host + "/64");
    }

    @AfterEach
    void removeSpaces() throws IOException {
        for (NetworkNamespace ns : spaces) {
            ns.close();
        }
    }

    // ---- commands

    private static String[] command(List<String> link, String name, Object... arguments) {
        var all = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "dev.millrace.cli.Main",
                        name));
        all.addAll(link);
        for (Object a : arguments) {
            all.add(a.toString());
        }
        return all.toArray(String[]::new);
    }

    private Result run(String name, Object... arguments) throws IOException {
        return ours.run(PATIENCE, command(link, name, arguments));
    }

    private Process start(NetworkNamespace ns, List<String> at, Path out, String awaited, String name, Object... arguments)
            throws Exception {
        Process process = ns.start(out, command(at, name, arguments));
        Await.said(process, out, awaited);
        return process;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private String sh(NetworkNamespace ns, String command) throws IOException {
        return ns.run(PATIENCE, "bash", "-c", "set -o pipefail; " + command).orFail();
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    // ---- ping

    @ParameterizedTest
    @CsvSource({"tap,10.0.0.1,65507", "tap,fd00:1::1,0", "packet,10.0.0.1,0", "packet,fd00:1::1,65527", "packet,10.0.0.1,1472"})
    void theKernelAnswersOurPing(String kind, String to, int size) throws Exception {
        open(kind);
        Result r = run("ping", "-c", 3, "-i", "0.2", "-s", size, to);
        assertTrue(r.orFail().contains(size + 8 + " bytes from " + to + ": icmp_seq=3 ttl=64 time="), r.out());
        assertTrue(r.out().contains("3 packets transmitted, 3 received, 0% packet loss"), r.out());
    }

    @Test
    void whatDoesNotFitAndNobodyAreSaid() throws Exception {
        open("packet");
        Result tooLong = run("ping", "-c", 1, "-D", "-s", 1473, "10.0.0.1");
        assertEquals(1, tooLong.code(), tooLong.out());
        assertTrue(tooLong.out().contains("message too long, the path's MTU is 1500"), tooLong.out());
        Result nobody = run("ping", "-c", 1, "-W", "60", "10.0.0.77");
        assertEquals(1, nobody.code(), nobody.out());
        assertTrue(nobody.out().contains("From 10.0.0.2 icmp_seq=1 Destination Host Unreachable"), nobody.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet"})
    void weAnswerTheKernelsPingAndShowIt(String kind) throws Exception {
        open(kind, "ping");
        Path seen = folder.resolve("seen");
        Process dump = start(ours, link, seen, "listening", "dump", "--for", "120s", "icmp or icmp6");
        for (String to : new String[] {"10.0.0.2", "fd00:1::2"}) {
            sh(kernel, "ping -c 2 -i 0.2 -s 20000 -W 30 " + to);
        }
        dump.destroy();
        assertTrue(dump.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, dump.exitValue(), "a signal ends it cleanly");
        String text = Files.readString(seen);
        assertTrue(text.contains("in  icmp 10.0.0.1 -> 10.0.0.2 echo-request"), text);
        assertTrue(text.contains("out icmp6 fd00:1::2 -> fd00:1::1 "), text);
        assertTrue(text.matches("(?s).*\\d+ packets shown of \\d+\\s*"), text);
    }

    @Test
    void aSignalEndsAPingWithItsTotals() throws Exception {
        open("packet");
        Path out = folder.resolve("out");
        Process ping = start(ours, link, out, "icmp_seq=2 ", "ping", "-i", "0.1", "10.0.0.1");
        // SIGTERM; Ctrl-C's goes the same way.
        ping.destroy();
        assertTrue(ping.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, ping.exitValue());
        assertTrue(Files.readString(out).contains("rtt min/avg/max/mdev = "), Files.readString(out));
    }

    // ---- trace

    @Test
    void traceShowsTheRouterAndTheHost() throws Exception {
        open("packet");
        NetworkNamespace far = space();
        veth(kernel, "r0", far, "r1");
        kernel.run("ip", "addr", "add", "10.2.0.1/24", "dev", "r0").orFail();
        kernel.run("ip", "addr", "add", "fd00:2::1/64", "dev", "r0", "nodad").orFail();
        kernel.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0",
                "net.ipv6.icmp.ratelimit=0").orFail();
        far.run("ip", "addr", "add", "10.2.0.2/24", "dev", "r1").orFail();
        far.run("ip", "addr", "add", "fd00:2::2/64", "dev", "r1", "nodad").orFail();
        far.run("ip", "route", "add", "default", "via", "10.2.0.1").orFail();
        far.run("ip", "route", "add", "default", "via", "fd00:2::1").orFail();
        var routed = new ArrayList<>(link);
        routed.addAll(List.of("--gateway", "10.0.0.1", "--gateway", "fd00:1::1"));
        link = routed;
        for (String[] kind : new String[][] {{"10.2.0.2", "-w", "30"}, {"10.2.0.2", "-w", "30", "--icmp"}, {"10.2.0.2", "-w",
                "30", "--tcp"},
            {"fd00:2::2", "-w", "30"}, {"fd00:2::2", "-w", "30", "--tcp"}}) {
            Result r = run("trace", (Object[]) kind);
            List<String> lines = r.orFail().lines().toList();
            String router = kind[0].contains(":") ? "fd00:1::1" : "10.0.0.1";
            assertEquals(3, lines.size(), r.out());
            assertTrue(lines.get(1).matches(" 1  " + router + "(  [0-9.]+ ms){3}"), r.out());
            assertTrue(lines.get(2).matches(" 2  " + kind[0] + "(  [0-9.]+ ms){3}"), r.out());
        }
        Result exceeded = run("ping", "-c", 1, "-t", 1, "-W", 60, "10.2.0.2");
        assertTrue(exceeded.out().contains("From 10.0.0.1 icmp_seq=1 Time to live exceeded"), exceeded.out());
        // The kernel says it to each host so often only: a first question may go without an answer.
        Result unreachable = run("ping", "-c", 6, "-W", 3, "10.99.0.1");
        assertTrue(unreachable.out().matches("(?s).*From 10\\.0\\.0\\.1 icmp_seq=\\d Destination Net Unreachable.*"),
                unreachable.out());
    }

    // ---- dump and flows

    @Test
    void dumpWritesWhatTsharkReadsAndReadsWhatTcpdumpWrites() throws Exception {
        open("packet", "ping", "tcpdump", "tshark");
        ours.run("ip", "addr", "add", "10.0.0.2/24", "dev", "e1").orFail();
        // Between two kernels: the stack has no address, and looks on.
        Path mine = folder.resolve("mine.pcapng");
        Path theirs = folder.resolve("theirs.pcap");
        Path seen = folder.resolve("seen");
        Path tcpdumpSays = folder.resolve("tcpdump");
        Process dump = start(ours, List.of("--link", "packet:e1"), seen, "listening", "dump", "-w", mine, "-c", 8, "icmp");
        Process tcpdump = kernel.start(tcpdumpSays, "tcpdump", "-i", "e0", "-U", "-c", "8", "-w", theirs.toString(), "icmp");
        Await.said(tcpdump, tcpdumpSays, "listening");
        sh(kernel, "ping -c 4 -i 0.2 -W 30 10.0.0.2");
        assertTrue(dump.waitFor(60, TimeUnit.SECONDS) && tcpdump.waitFor(60, TimeUnit.SECONDS), read(seen) + read(tcpdumpSays));
        String shark = sh(kernel, "tshark -r " + mine + " -T fields -e ip.src -e icmp.type -e icmp.checksum.status 2>/dev/null");
        assertEquals("10.0.0.1\t8\t1\n10.0.0.2\t0\t1\n".repeat(4), shark);
        link = List.of();
        Result read = run("dump", "-r", theirs, "icmp and src host 10.0.0.2");
        assertEquals(4, read.orFail().lines().filter(l -> l.contains("icmp 10.0.0.2 -> 10.0.0.1 echo-reply")).count(),
                read.out());
        Result flows = run("flows", "-r", theirs, "--json");
        assertTrue(flows.orFail().contains("\"packets\":8,") && flows.out().contains("\"rtt_ms\":"), flows.out());
    }

    // ---- transfers

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet"})
    void ourClientSendsToTheKernelsServerAndGetsItBack(String kind) throws Exception {
        open(kind, "socat");
        Path file = random("big", 4 << 20);
        Path back = folder.resolve("back");
        Path log = folder.resolve("log");
        Process socat = kernel.start(log, "socat", "TCP6-LISTEN:6003,ipv6only=0,reuseaddr,fork", "EXEC:cat");
        awaitListening(6003);
        Result random = run("tcpclient", "10.0.0.1", 6003, "--random", 20480, "--verify");
        assertTrue(random.orFail().contains("sent 20480 bytes, received 20480 bytes"), random.out());
        Result big = run("tcpclient", "fd00:1::1", 6003, "--send", file, "--receive", back, "--json");
        assertTrue(big.orFail().contains("\"sent_sha256\":\"" + sha256(file)), big.out());
        assertEquals(-1, Files.mismatch(file, back));
        Result refused = run("tcpclient", "10.0.0.1", 6004, "--random", 1);
        assertEquals(1, refused.code(), refused.out());
        assertTrue(refused.out().contains("10.0.0.1:6004: Connection refused"), refused.out());
        socat.destroy();
    }

    private void awaitListening(int port) throws Exception {
        Await.until(() -> kernel.run("grep", "-qi", String.format(":%04x", port), "/proc/net/tcp6").code() == 0, () -> "nobody listens");
    }

    private Path random(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Files.write(folder.resolve(name), bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet"})
    void theKernelsClientSendsToOurServerAndGetsItBack(String kind) throws Exception {
        open(kind, "socat");
        Path out = folder.resolve("out");
        Process server = start(ours, link, out, "listening on port 8888", "tcpserver");
        Path small = random("small", 20480);
        Path big = random("big", 4 << 20);
        assertEquals(sha256(small), sh(kernel, "socat -t 60 TCP4:10.0.0.2:8888 - < " + small + " | sha256sum").substring(0, 64));
        assertEquals(sha256(big), sh(kernel, "socat -t 60 TCP6:[fd00:1::2]:8888 - < " + big + " | sha256sum").substring(0, 64));
        Await.said(server, out, "received sha256 " + sha256(big));
        server.destroy();
        assertTrue(server.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, server.exitValue());
        String text = Files.readString(out);
        assertTrue(text.contains("sent 20480 bytes, received 20480 bytes"), text);
        assertTrue(text.contains("received sha256 " + sha256(small)), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap", "packet"})
    void oursSendToOurs(String kind) throws Exception {
        open(kind);
        List<String> other;
        if (kind.equals("tap")) {
            kernel.addDevice("e2", "tap");
            sh(kernel, "ip link add b0 type bridge && ip link set b0 up && ip link set e0 master b0 && ip link set e2 master b0");
            other = link("tap:e2", 3);
        } else {
            other = link("packet:e0", 3);
        }
        Path file = random("big", 4 << 20);
        Path received = folder.resolve("received");
        Path out = folder.resolve("out");
        Process server = start(kernel, other, out, "listening", "tcpserver", "--once", "--receive", received);
        String client = run("tcpclient", "10.0.0.3", 8888, "--send", file).orFail();
        assertTrue(server.waitFor(60, TimeUnit.SECONDS), read(out));
        assertEquals(0, server.exitValue(), read(out));
        assertEquals(-1, Files.mismatch(file, received));
        assertTrue(read(out).contains(sha256(file)) && client.contains(sha256(file)), read(out) + client);
    }

    // ---- neighbours and the firewall

    @Test
    void neighborsShowsTheKernelsStation() throws Exception {
        open("packet");
        String mac = sh(kernel, "cat /sys/class/net/e0/address").strip();
        Result r = run("neighbors", "10.0.0.1", "fd00:1::1", "10.0.0.77", "--for", "8s");
        for (String address : new String[] {"10.0.0.1", "fd00:1::1"}) {
            assertTrue(r.orFail().matches("(?s).*nic0 +" + address + " +" + mac + " .*"), r.out());
        }
        assertTrue(r.out().contains("10.0.0.77"), r.out());
    }

    @Test
    void theFirewallKeepsTheKernelFromAnsweringForASharedAddress() throws Exception {
        open("packet", "socat", "nft");
        ours.run("ip", "addr", "add", "10.0.0.2/24", "dev", "e1").orFail();
        link = List.of("--link", "packet:e1", "--address", "10.0.0.2/24");
        Path out = folder.resolve("out");
        Process server = start(ours, link, out, "listening", "tcpserver", "--once", "--firewall", "--port", 8889);
        assertTrue(sh(ours, "nft list tables").contains("millrace_10_0_0_2_8889"));
        assertTrue(sh(kernel, "head -c 20480 /dev/urandom | socat -t 60 TCP4:10.0.0.2:8889 - | wc -c").strip().equals("20480"));
        assertTrue(server.waitFor(60, TimeUnit.SECONDS), read(out));
        assertEquals(0, server.exitValue(), read(out));
        assertFalse(sh(ours, "nft list tables").contains("millrace"), "the rule is gone with the command");
        link = List.of();
        assertEquals(0, run("firewall", "--address", "10.0.0.2", "--apply").code());
        assertTrue(sh(ours, "nft list ruleset").contains("comment \"millrace firewall 10.0.0.2\""));
        assertEquals(0, run("firewall", "--address", "10.0.0.2", "--remove").code());
        assertEquals(1, run("firewall", "--address", "10.0.0.2", "--remove").code());
    }
}
