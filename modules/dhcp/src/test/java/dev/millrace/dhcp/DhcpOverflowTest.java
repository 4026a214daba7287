package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ManualStack;
import dev.millrace.dhcp.Dhcp.State;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A program that is at the end of its stack when it speaks to the client. What it was about to send may be lost with its memory.
@Timeout(120)
class DhcpOverflowTest {
    private final Network network = new Network();

    @AfterEach
    void close() {
        network.close();
    }

    private int depth;

    private void atEveryDepth(Runnable call) {
        depth++;
        try {
            atEveryDepth(call);
        } catch (StackOverflowError e) {
            depth = 0;
        }
        if (depth++ < 60) {
            try {
                call.run();
            } catch (StackOverflowError e) {
                // The program's to know.
                return;
            }
        }
    }

    @Test
    void aThreadAtItsEndDoesNotStopTheClient() throws Exception {
        network.server = m -> m.type() == MessageType.DISCOVER ? Reply.usual(m.bytes(), MessageType.OFFER, "10.0.0.7", 120).bytes()
                : m.type() == MessageType.REQUEST ? Reply.usual(m.bytes(), MessageType.ACK, "10.0.0.7", 120).bytes() : null;
        network.station("server", Map.of("mac", "02:00:00:00:00:01"), Map.of(), "10.0.0.1/24");
        ManualStack stack = network.client(Map.of());
        Dhcp dhcp = stack.service(Dhcp.class).orElseThrow();
        network.pass(700);
        for (int i = 0; i < 60; i++) {
            dhcp.release("e");
            Thread t = new Thread(null, () -> atEveryDepth(() -> dhcp.renew("e")), "deep", 256 * 1024 + 1024 * i);
            t.start();
            t.join();
            dhcp.renew("e");
            network.pass(120_000);
            assertEquals(State.BOUND, dhcp.state("e"), "round " + i);
        }
    }
}
