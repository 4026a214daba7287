package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Wire;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.LeakCheck;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A wire between links that are no devices: two stacks, each on a NIC whose other side the wire has.
@Timeout(60)
class WireTest {
    private final Vnic nicA = new Vnic(1500);
    private final Vnic endA = new Vnic(1500);
    private final Vnic nicB = new Vnic(1500);
    private final Vnic endB = new Vnic(1500);

    private Wire wire() {
        Vnic.connect(nicA, endA);
        Vnic.connect(nicB, endB);
        return Wire.between("a", endA, "b", endB, 1);
    }

    @Test
    void whatIsLostIsSentAgainAndNothingIsLeft() throws Exception {
        try (var leaks = new LeakCheck()) {
            try (Wire wire = wire(); Lab.Pair pair = Lab.Pair.open(nicA, nicB); TcpListener server = pair.b().tcp().listen(80)) {
                wire.link().setConditions(LinkConditions.perfect().delay(Duration.ofMillis(1)).loss(0.01).duplication(0.01));
                var echo = Lab.echo(server);
                try (TcpSocket s = pair.a().tcp().connect(new InetSocketAddress("10.9.0.2", 80), Duration.ofSeconds(50))) {
                    var back = Lab.async(() -> s.inputStream().readAllBytes());
                    s.write(ByteBuffer.allocate(300_000));
                    s.shutdownOutput();
                    assertEquals(300_000, Lab.within(back).length);
                }
                Lab.within(echo);
                var counted = wire.link().counters("a");
                assertTrue(counted.get("packets") > 200 && counted.get("delivered") > 0, counted.toString());
                assertNull(wire.awaitEnd(Duration.ofMillis(1)));
            }
        }
    }

    @Test
    void packetsOnTheirWayAtTheEndAreNotLeft() throws Exception {
        try (var leaks = new LeakCheck()) {
            Wire wire = wire();
            try (wire; Stack a = Stack.builder().name("a").nic("n", nicA, n -> n.address("10.9.0.1/24")).open()) {
                wire.link().setConditions(LinkConditions.perfect().delay(Duration.ofHours(1)));
                try (var udp = a.udp().connect(new InetSocketAddress("10.9.0.2", 9))) {
                    for (int i = 0; i < 100; i++) {
                        udp.send(ByteBuffer.allocate(100), null);
                    }
                }
            }
            assertEquals("closed", wire.awaitEnd(Duration.ZERO));
            wire.close();
        }
    }

    @Test
    void endsThatDoNotFitAreTheCallersStill() {
        assertThrows(IllegalArgumentException.class, () -> Wire.between("a", endA, "a", endB, 1));
        endA.close();
        endB.close();
    }
}
