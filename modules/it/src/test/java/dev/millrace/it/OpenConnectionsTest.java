package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.it.RawPeer.Answer;
import dev.millrace.it.RawPeer.Offer;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How many connections there are now: what the group `tcp-open` says, step by step.
@Timeout(60)
class OpenConnectionsTest {
    private static final long SECOND = 1_000_000_000L;

    private final Vnic wire = new Vnic(1500);
    private final RawPeer peer = new RawPeer(wire, "10.9.0.1", 5555, "10.9.0.2", 80);

    private ManualStack stack(Map<String, String> options) throws IOException {
        RawPeer.listen(wire, peer);
        return HandshakeTest.stack(wire, options);
    }

    /// Those that are not 0.
    private static Map<String, Long> open(ManualStack stack) {
        return stack.counters().get("tcp-open").entrySet().stream().filter(e -> e.getValue() != 0)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Test
    void countsByState() throws Exception {
        try (ManualStack stack = stack(Map.of("time-wait", "10s"))) {
            assertEquals(Map.of(), open(stack));
            assertEquals(11, stack.counters().get("tcp-open").size(), "all are there, always");
            TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 50);
            assertEquals(Map.of("listen", 1L), open(stack));
            Answer answer = peer.syn(100, Offer.NO_TIMESTAMPS);
            assertEquals(Map.of("listen", 1L, "syn-received", 1L), open(stack));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            assertEquals(Map.of("listen", 1L, "established", 1L, "waiting-to-be-accepted", 1L), open(stack));
            TcpSocket s = listener.tryAccept();
            assertEquals(Map.of("listen", 1L, "established", 1L), open(stack));
            s.shutdownOutput();
            assertEquals(Map.of("listen", 1L, "fin-wait-1", 1L), open(stack));
            Answer fin = peer.last();
            peer.send(RawPeer.ACK, 101, fin.seq() + 1);
            assertEquals(Map.of("listen", 1L, "fin-wait-2", 1L), open(stack));
            peer.send(RawPeer.FIN | RawPeer.ACK, 101, fin.seq() + 1);
            assertEquals(Map.of("listen", 1L, "time-wait", 1L), open(stack));
            listener.close();
            stack.step(stack.nowNs() + 11 * SECOND);
            assertEquals(Map.of(), open(stack), "the socket is open still, its connection is not");
            s.close();
            TcpSocket client = stack.tcp().open();
            client.startConnect(new InetSocketAddress("10.9.0.1", 99));
            assertEquals(Map.of("syn-sent", 1L), open(stack));
            client.abort();
            assertEquals(Map.of(), open(stack));
        }
    }

    @Test
    void thoseThatWaitForDataAreHandshakesStill() throws Exception {
        try (ManualStack stack = stack(Map.of());
                TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 50)) {
            listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(30));
            Answer answer = peer.syn(100, Offer.NO_TIMESTAMPS);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            assertEquals(Map.of("listen", 1L, "syn-received", 1L), open(stack));
            assertTrue(stack.counters().containsKey("tcp"));
        }
    }
}
