package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// A namespace with the TUN device `t0`, 10.0.0.1 and fd00:1::1 on the kernel's side, and a stack on it as 10.0.0.2 and
/// fd00:1::2. Its end fails if the stack leaves a connection, a thread or a packet behind, or if tshark finds fault with
/// what was captured.
final class TunLab implements AutoCloseable {
    /// By the stack: the kernel probes for lost tails after two round trips, which on a busy machine are over before a
    /// thread has had its turn.
    private static final String RETRANSMITTED = "(ip.src == 10.0.0.2 || ipv6.src == fd00:1::2) "
            + "&& (tcp.analysis.spurious_retransmission || tcp.analysis.retransmission || tcp.analysis.lost_segment)";

    static final String KERNEL = "10.0.0.1";
    static final String V4 = "10.0.0.2";
    static final String V6 = "fd00:1::2";

    final NetworkNamespace ns;
    final Stack stack;
    private final LeakCheck leaks = new LeakCheck();
    private final Path folder;
    private final Path pcap;
    private final Capture capture;
    private final boolean lossFree;

    /// @param options of the link
    /// @param lossFree whether the capture must not show retransmissions; `false` also if the capture would be too large
    TunLab(Map<String, String> options, boolean captured, boolean lossFree, String... programs) throws Exception {
        this(options, Map.of(), captured, lossFree, programs);
    }

    /// @param tcp options of TCP
    TunLab(Map<String, String> options, Map<String, String> tcp, boolean captured, boolean lossFree, String... programs) throws Exception {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
        this.lossFree = lossFree;
        ns = new NetworkNamespace();
        Stack opened = null;
        Path made = null;
        try {
            made = Files.createTempDirectory("millrace-tun");
            folder = made;
            ns.addDevice("t0", "tun", KERNEL + "/24", "fd00:1::1/64");
            // The default of this kernel may be BBR, which paces: how fast a test is would be chance.
            ns.run("ip", "route", "change", "10.0.0.0/24", "dev", "t0", "src", KERNEL, "congctl", "cubic");
            Stack.Builder settings = Stack.builder().name("tunlab").nic("nic", "tun:t0", nic -> {
                nic.address(V4 + "/24").address(V6 + "/64");
                options.forEach(nic::option);
                // Short, so that what is left at the end is a leak.
            }).route("default", "nic").option("tcp", "time-wait", "20ms");
            tcp.forEach((name, value) -> settings.option("tcp", name, value));
            if (lossFree) {
                Lab.waitLong(settings);
            }
            opened = ns.call(settings::open);
            stack = opened;
            pcap = folder.resolve("capture.pcapng");
            capture = captured ? stack.capture(new CaptureRequest(new CaptureRequest.File(pcap), java.util.List.of(), 0, 65536))
                    : null;
        } catch (Throwable t) {
            // A test that fails gives back what it opened, or those after it fail as well.
            try (ns) {
                if (opened != null) {
                    opened.close();
                }
            } finally {
                delete(made);
            }
            throw t;
        }
    }

    /// A folder for files, removed at the end.
    Path folder() {
        return folder;
    }

    /// Runs a shell command in the namespace and returns what it printed.
    String sh(String command) throws IOException {
        return ns.run(java.time.Duration.ofSeconds(60), "bash", "-c", "set -o pipefail; " + command).orFail();
    }

    /// Echoes whatever comes on a port, on connections one after another.
    TcpListener echo(int port) throws IOException {
        return serve(port, s -> s.inputStream().transferTo(s.outputStream()));
    }

    interface Service {
        void serve(TcpSocket socket) throws IOException;
    }

    /// Serves on a port, a virtual thread for each connection.
    TcpListener serve(int port, Service service) throws IOException {
        TcpListener listener = stack.tcp().listen(port);
        Thread.startVirtualThread(() -> {
            try {
                while (true) {
                    TcpSocket socket = listener.accept();
                    Thread.startVirtualThread(() -> {
                        try (socket) {
                            service.serve(socket);
                        } catch (IOException e) {
                            // The peer went away; the test looks at what it got.
                            socket.abort();
                        }
                    });
                }
            } catch (IOException e) {
                // Closed.
                return;
            }
        });
        return listener;
    }

    @Override
    public void close() throws Exception {
        try {
            try (stack) {
                Await.until(() -> stack.tcp().connectionCount() == 0, () -> "connections left: " + stack.tcp().connectionCount());
            }
            if (capture != null) {
                capture.close();
                assertEquals(0, capture.missed(), "packets missing in the capture");
                judge();
            }
            assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("millrace-t0")),
                    "a thread of the link is left");
        } finally {
            try {
                ns.close();
            } finally {
                delete(folder);
            }
        }
        leaks.close();
    }

    private static void delete(Path made) throws IOException {
        if (made != null) {
            try (var files = Files.walk(made)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
    }

    private void judge() throws IOException {
        String filter = "_ws.malformed || tcp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\" "
                + "|| udp.checksum.status == \"Bad\" || icmp.resp_not_found || icmpv6.resp_not_found" + (lossFree ? " || " + RETRANSMITTED : "");
        String faults = ns.run(java.time.Duration.ofSeconds(60), "tshark", "-r", pcap.toString(), "-o",
                "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y", filter)
                .orFail().lines().filter(l -> !l.startsWith("Running as user")).limit(10)
                .collect(java.util.stream.Collectors.joining("\n"));
        assertEquals("", faults, "what tshark finds fault with");
    }
}
