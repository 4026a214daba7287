package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.it.RawPeer.Answer;
import dev.millrace.it.RawPeer.Offer;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a stepped stack makes of handshakes whose other side does as the test says.
@Timeout(60)
class HandshakeTest {
    private static final String SERVER = "10.9.0.2";

    static ManualStack stack(Vnic wire, Map<String, String> options) throws IOException {
        var builder = Stack.builder().name("server").nic("n", wire, n -> n.address(SERVER + "/24").address("fd09::2/64"))
                .route("default", "n");
        options.forEach((k, v) -> builder.option("tcp", k, v));
        return builder.manual(1);
    }

    private final Vnic wire = new Vnic(1500);
    private final RawPeer peer = new RawPeer(wire, "10.9.0.1", 5555, SERVER, 80);

    @Test
    void listenersAndBoundPortsAreNoConnections() throws Exception {
        try (ManualStack stack = stack(wire, Map.of("max-connections", "1")); TcpListener listener = stack.tcp().listen(80);
                TcpSocket bound = stack.tcp().open()) {
            bound.bind(new InetSocketAddress(81));
            assertEquals(0, stack.tcp().connectionCount());
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, Offer.ALL);
            assertNotNull(answer, () -> "the only connection that there may be is refused: " + stack.counters().get("drops"));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            assertEquals(1, stack.tcp().connectionCount());
            try (TcpSocket accepted = listener.tryAccept()) {
                assertTrue(accepted.isConnected());
            }
        }
    }
}
