package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.Programs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a stack sends is what an independent decoder calls well formed.
@Timeout(60)
class CaptureTest {
    @TempDir
    Path temp;

    private static String tshark(Path file, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-o", "ip.check_checksum:TRUE", "-o",
                "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"));
        command.addAll(List.of(args));
        Process p = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(p.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, p.exitValue());
        return out.strip();
    }

    @Test
    void tsharkFindsNothingWrongInALossFreeConversation() throws Exception {
        String missing = Programs.missing("tshark").orElse(null);
        assumeTrue(missing == null, missing);
        Path file = temp.resolve("pair.pcapng");
        try (Lab.Pair pair = Lab.Pair.patient(1500)) {
            Capture capture = pair.a().capture(new CaptureRequest(new CaptureRequest.File(file), List.of(), 0, 100_000));
            for (String address : List.of("10.9.0.2", "fd09::2")) {
                try (TcpListener listener = pair.b().tcp().listen(80)) {
                    CompletableFuture<Long> echo = Lab.echo(listener);
                    try (TcpSocket client = pair.a().tcp().connect(new InetSocketAddress(address, 80), Duration.ofSeconds(5))) {
                        CompletableFuture<byte[]> back = Lab.async(() -> client.inputStream().readAllBytes());
                        client.write(ByteBuffer.allocate(1_000_000));
                        client.shutdownOutput();
                        assertEquals(1_000_000, Lab.within(back).length);
                    }
                    Lab.within(echo);
                }
                try (UdpSocket u = pair.b().udp().bind(5300); UdpSocket c = pair.a().udp().connect(new InetSocketAddress(address, 5300))) {
                    c.send(ByteBuffer.wrap("odd".getBytes()), null);
                    u.receive(ByteBuffer.allocate(10));
                }
            }
            capture.close();
            assertEquals(0, capture.missed());
            assertTrue(capture.recorded() > 2000, "recorded " + capture.recorded());
        }
        assertEquals("", tshark(file, "-Y", "_ws.malformed || tcp.checksum.status==0 || udp.checksum.status==0 || ip.checksum.status==0"));
        assertEquals("", tshark(file, "-Y", "tcp.analysis.retransmission || tcp.analysis.ack_lost_segment || "
                + "tcp.analysis.lost_segment || ip.ttl==0"));
        assertEquals("", tshark(file, "-Y", "(tcp.flags.syn==1 && !tcp.options.mss) || (tcp.options.mss && tcp.flags.syn==0)"));
        assertEquals(4, tshark(file, "-Y", "tcp.flags.syn==1 && tcp.options.wscale.shift && tcp.options.sack_perm && "
                + "tcp.options.timestamp.tsval").lines().count());
    }
}
