package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.TcpListener;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The profile `linux` beside the kernel on the same wire.
@Timeout(120)
class TunProfileTest {
    private static final String OURS = "ip.src == 10.0.0.2 || ipv6.src == fd00:1::2";
    private static final String KERNELS = "ip.src == 10.0.0.1 || ipv6.src == fd00:1::1";

    private static TunLab lab() throws Exception {
        TunLab lab = new TunLab(Map.of("offload", "false"), Map.of("profile", "linux"), true, false, "tshark", "socat", "sysctl");
        // What a kernel begins with, whatever this machine's has been told.
        lab.sh("sysctl -qw net.ipv4.tcp_rmem='4096 131072 6291456' net.ipv4.tcp_wmem='4096 16384 4194304' net.ipv4.tcp_ecn=2");
        return lab;
    }

    /// What tshark says of the packets that fit a filter, a line for each.
    private static List<String> fields(TunLab lab, Path pcap, String filter, String... names) throws Exception {
        return lab.sh("tshark -r " + pcap + " -Y '" + filter + "' -T fields -e " + String.join(" -e ", names) + " 2>/dev/null")
                .lines().toList();
    }

    /// Timestamps differ from one connection to the next.
    private static String handshake(TunLab lab, Path pcap, String from, String flags) throws Exception {
        List<String> all = fields(lab, pcap, "(" + from + ") && tcp.flags == " + flags, "tcp.flags", "tcp.window_size_value", "tcp.options");
        assertEquals(1, all.size(), () -> flags + " of " + from + ": " + all);
        return all.getFirst().replaceFirst("080a[0-9a-f]{16}", "080a(timestamps)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "6"})
    void aHandshakeLooksLikeTheKernels(String version) throws Exception {
        boolean v4 = version.equals("4");
        try (TunLab lab = lab()) {
            Path theirs = lab.folder().resolve("theirs.pcapng");
            try (var capture = lab.stack.capture(new CaptureRequest(new CaptureRequest.File(theirs), List.of(), 0, 65536));
                 TcpListener echo = lab.echo(5000)) {
                assertTrue(echo.isOpen());
                assertEquals("hello", lab.sh("printf hello | socat -t 20 - TCP" + version + ":" + (v4 ? "10.0.0.2" : "[fd00:1::2]") + ":5000"));
            }
            Path ours = lab.folder().resolve("ours.pcapng");
            Process server = lab.ns.start(lab.folder().resolve("server.out"), "socat", "TCP" + version + "-LISTEN:6000", "EXEC:cat");
            try (var capture = lab.stack.capture(new CaptureRequest(new CaptureRequest.File(ours), List.of(), 0, 65536))) {
                lab.sh("for i in $(seq 200); do ss -ltnH | grep -q :6000 && exit 0; sleep 0.05; done; exit 1");
                try (var socket = lab.stack.tcp().connect(new InetSocketAddress(v4 ? "10.0.0.1" : "fd00:1::1", 6000), Duration.ofSeconds(30))) {
                    socket.outputStream().write("hello".getBytes());
                    socket.shutdownOutput();
                    assertEquals("hello", new String(socket.inputStream().readAllBytes()));
                }
            } finally {
                server.destroy();
            }
            assertEquals(handshake(lab, theirs, KERNELS, "0x002"), handshake(lab, ours, OURS, "0x002"), "SYN");
            assertEquals(handshake(lab, ours, KERNELS, "0x012"), handshake(lab, theirs, OURS, "0x012"), "SYN,ACK");
        }
    }

    @Test
    void theFirstBurstsEndWhereTheKernelsDo() throws Exception {
        try (TunLab lab = lab()) {
            Path pcap = lab.folder().resolve("bulk.pcapng");
            byte[] data = new byte[100_000];
            Path file = lab.folder().resolve("data");
            Files.write(file, data);
            try (var capture = lab.stack.capture(new CaptureRequest(new CaptureRequest.File(pcap), List.of(), 0, 65536));
                 TcpListener source = lab.serve(5001, s -> {
                     try (OutputStream out = s.outputStream()) {
                         out.write(data);
                     }
                 }); TcpListener sink = lab.serve(5002, s -> s.inputStream().readAllBytes())) {
                assertTrue(source.isOpen() && sink.isOpen());
                lab.sh("socat -u TCP4:10.0.0.2:5001 CREATE:" + file);
                // In one write: Linux pushes the end of each.
                lab.sh("socat -b 100000 -u OPEN:" + file + " TCP4:10.0.0.2:5002");
            }
            List<String> ours = fields(lab, pcap, "ip.src == 10.0.0.2 && tcp.len > 0", "tcp.flags.push");
            List<String> kernels = fields(lab, pcap, "ip.src == 10.0.0.1 && tcp.len > 0", "tcp.flags.push");
            assertEquals(kernels.subList(0, 10), ours.subList(0, 10));
        }
    }
}
