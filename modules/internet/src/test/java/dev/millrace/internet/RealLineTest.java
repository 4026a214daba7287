package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.UdpSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A line with a rate in real time, whose events run late.
@Timeout(120)
class RealLineTest {
    private static final int PACKETS = 100;
    /// 10 ms for each packet of 1028 bytes.
    private static final long RATE = 1028 * 8 * 100;
    private static final long STALL_MS = 900;

    /// A second's worth waits for the line while nothing runs for most of that second: it has left after a second all the same.
    /// Where each packet counted from when the one before it was seen to be gone it would take the stall longer, always; how
    /// much longer it takes otherwise is this machine's affair, so that one good run of several is enough.
    @Test
    void whatWasLateIsMadeUpFor() throws Exception {
        var took = new ArrayList<Long>();
        for (int i = 0; i < 8 && took.stream().noneMatch(ms -> ms < 1000 + STALL_MS * 2 / 3); i++) {
            took.add(sendWhileNothingRuns());
        }
        assertTrue(took.getLast() >= 1000 - 20, "faster than the line: " + took);
        assertTrue(took.getLast() < 1000 + STALL_MS * 2 / 3, "ms of all runs: " + took);
    }

    private static long sendWhileNothingRuns() throws Exception {
        try (Internet net = Internet.realTime()) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            net.link("a", "b", LinkConditions.perfect().rate(RATE).queue(2 * PACKETS));
            try (UdpSocket from = a.stack().udp().bind(new InetSocketAddress(0)); UdpSocket to = b.stack().udp().bind(new InetSocketAddress(9))) {
                long begin = System.nanoTime();
                for (int i = 0; i < PACKETS; i++) {
                    from.send(ByteBuffer.wrap(new byte[1000]), new InetSocketAddress("10.0.0.2", 9));
                }
                net.clockwork().now(() -> {
                    try {
                        // The stall itself, in real time: what holds up the simulation's own thread is what is tried.
                        Thread.sleep(Duration.ofMillis(STALL_MS));
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                for (int i = 0; i < PACKETS; i++) {
                    to.receive(ByteBuffer.allocate(2000));
                }
                return (System.nanoTime() - begin) / 1_000_000;
            }
        }
    }
}
