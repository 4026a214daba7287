package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.plot.Plot;
import dev.millrace.testkit.Programs;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pictures of transfers over simulated networks.
class PlotsTest {
    @TempDir
    Path dir;

    private Path transfer(int bytes, UnaryOperator<LinkConditions> conditions) throws Exception {
        Path file = dir.resolve("transfer.pcapng");
        try (Internet net = Internet.virtualTime(3)) {
            net.capture(file);
            Host server = net.host("server", "10.0.0.1");
            Host client = net.host("client", "10.0.0.2");
            net.link("client", "server", conditions.apply(LinkConditions.perfect().delay(Duration.ofMillis(25))));
            server.run(() -> {
                try (TcpListener l = server.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                    s.write(ByteBuffer.allocate(bytes));
                }
            });
            assertEquals(bytes, client.call(() -> {
                try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(9))) {
                    return s.inputStream().readAllBytes().length;
                }
            }).get());
            net.runFor(Duration.ofSeconds(1));
        }
        return file;
    }

    @Test
    void aCleanTransferHasItsBytesAndItsRoundTripTime() throws Exception {
        Plot plot = Plot.read(transfer(1_000_000, c -> c));
        Plot.Summary s = plot.connections().getFirst();
        assertEquals(1, plot.connections().size());
        assertEquals(1_000_000, s.received().bytes());
        assertEquals(0, s.sent().bytes());
        assertEquals(0, s.received().retransmissions());
        assertEquals(0, s.received().lost());
        assertEquals(50, s.received().minRttNs() / 1_000_000);
        assertEquals(80, s.server().getPort());
        assertEquals("client/10.0.0.2", s.client().getAddress().toString());
    }

    @Test
    void whatTheCaptureKnowsToBeLostIsMarkedAndWhatIsSentAgainIsCounted() throws Exception {
        Plot plot = Plot.read(transfer(1_000_000, c -> c.loss(0.02)));
        Plot.Traffic t = plot.connections().getFirst().received();
        assertTrue(t.lost() > 3, t.toString());
        assertTrue(t.retransmissions() >= t.lost() / 2, t.toString());
        assertTrue(t.sackBlocks() > 0 && t.duplicateAcks() > 0, t.toString());
        String svg = plot.svg(1);
        assertTrue(svg.contains("retransmissions (" + t.retransmissions() + ")"), svg.substring(0, 500));
        assertTrue(svg.contains("known to be lost (" + t.lost() + ")"));
    }

    @Test
    void whatAFullQueueLosesIsALossAndNoSecondSending() throws Exception {
        Plot plot = Plot.read(transfer(2_000_000, c -> c.rate("10Mbit/s").queue(20)));
        Plot.Traffic t = plot.connections().getFirst().received();
        assertTrue(t.lost() > 0, t.toString());
        assertEquals(2_000_000, t.bytes() - again(t), 0.2 * 2_000_000);
        assertTrue(t.maxRttNs() > 60_000_000, t.toString());
    }

    private static long again(Plot.Traffic t) {
        return t.retransmissions() * 1448L;
    }

    @Test
    void retransmissionsAreThoseThatTsharkFinds() throws Exception {
        String missing = Programs.missing("tshark").orElse(null);
        assumeTrue(missing == null, missing);
        Path file = transfer(1_000_000, c -> c.loss(0.03));
        int ours = Plot.read(file).connections().getFirst().received().retransmissions();
        // Both count a segment that begins below what was sent before, seen where it was sent.
        Process p = new ProcessBuilder("tshark", "-r", file.toString(), "-Y", "frame.interface_name == \"server\" && "
                + "tcp.srcport == 80 && tcp.len > 0 && (tcp.analysis.retransmission || tcp.analysis.fast_retransmission || "
                + "tcp.analysis.spurious_retransmission || tcp.analysis.out_of_order)").redirectError(
                        ProcessBuilder.Redirect.DISCARD).start();
        long theirs = new String(p.getInputStream().readAllBytes()).lines().count();
        assertTrue(p.waitFor(60, TimeUnit.SECONDS));
        assertTrue(ours > 5);
        assertEquals(theirs, ours, Math.max(1, ours * 0.1), "tshark finds " + theirs);
    }

    @Test
    void picturesAreWellFormed() throws Exception {
        Plot plot = Plot.read(transfer(300_000, c -> c.loss(0.05)));
        var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        builder.parse(new java.io.ByteArrayInputStream(plot.svg(1).getBytes()));
        Path page = dir.resolve("page.html");
        plot.writeHtml(page);
        String html = Files.readString(page);
        for (int at = html.indexOf("<svg "); at >= 0; at = html.indexOf("<svg ", at + 1)) {
            builder.parse(new java.io.ByteArrayInputStream(html.substring(at, html.indexOf("</svg>", at) + 6).getBytes()));
        }
        for (String name : List.of("Time sequence", "Throughput", "Round-trip time", "bytes in flight", "time (s)", "(kB)")) {
            assertTrue(html.contains(name), name);
        }
        assertFalse(html.contains("NaN") || html.contains("Infinity"));
        assertFalse(html.contains("http://") && !html.contains("http://www.w3.org/2000/svg"));
        assertThrows(IllegalArgumentException.class, () -> plot.svg(2));
    }
}
