package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.it.RawPeer.Answer;
import dev.millrace.it.RawPeer.Offer;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// TIME-WAIT of a stepped stack that has closed first: how long, how many, and who may come after.
@Timeout(60)
class TimeWaitTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String SERVER = "10.9.0.2";
    private static final Map<String, String> TEN_SECONDS = Map.of("time-wait", "10s", "time-wait-limit", "5");

    private final Vnic wire = new Vnic(1500);

    /// A connection that the server closes first; returns its FIN.
    private Answer wait(RawPeer peer, TcpListener listener, Offer offer) throws IOException {
        Answer answer = peer.syn(100, offer);
        peer.send(RawPeer.ACK, 101, answer.seq() + 1);
        try (TcpSocket s = listener.tryAccept()) {
            assertEquals("ESTABLISHED", s.info().state());
        }
        Answer fin = peer.last();
        assertTrue(fin.is(RawPeer.FIN | RawPeer.ACK), fin::toString);
        peer.send(RawPeer.FIN | RawPeer.ACK, 101, fin.seq() + 1);
        return fin;
    }

    /// Against a map of when each of them ends.
    @Test
    void recordsWaitTheirTimeAndTheOldestGivesWay() throws Exception {
        for (int seed = 1; seed <= 30; seed++) {
            var random = new Random(seed);
            var w = new Vnic(1500);
            try (ManualStack stack = HandshakeTest.stack(w, TEN_SECONDS);
                    TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 50)) {
                var peers = new HashMap<Integer, RawPeer>();
                var fins = new HashMap<Integer, Answer>();
                var ends = new HashMap<Integer, Long>();
                for (int i = 0; i < 60; i++) {
                    long now = stack.nowNs() + random.nextInt(3) * SECOND;
                    stack.step(now);
                    ends.values().removeIf(e -> e <= now);
                    int port = 2000 + i;
                    if (random.nextBoolean() || ends.isEmpty()) {
                        var peer = new RawPeer(w, "10.9.0.1", port, SERVER, 80);
                        RawPeer.listen(w, peer);
                        fins.put(port, wait(peer, listener, Offer.ALL));
                        peers.put(port, peer);
                        ends.put(port, now + 10 * SECOND);
                        if (ends.size() > 5) {
                            long oldest = ends.values().stream().min(Long::compare).orElseThrow();
                            ends.remove(ends.entrySet().stream().filter(e -> e.getValue() == oldest)
                                    .map(Map.Entry::getKey).min(Integer::compare).orElseThrow());
                        }
                    } else {
                        Integer some = ends.keySet().stream().sorted().skip(random.nextInt(ends.size())).findFirst().orElseThrow();
                        RawPeer.listen(w, peers.get(some));
                        Answer again = peers.get(some).send(RawPeer.FIN | RawPeer.ACK, 101, fins.get(some).seq() + 1);
                        assertTrue(again.is(RawPeer.ACK), again::toString);
                        // Who begins anew stands behind all who end at the same time.
                        ends.put(some, now + 10 * SECOND + 1);
                        stack.step(now + 1);
                    }
                    assertEquals(ends.size(), stack.tcp().connectionCount(), "seed " + seed + ", step " + i);
                }
                stack.step(stack.nowNs() + 11 * SECOND);
                assertEquals(0, stack.tcp().connectionCount());
                assertEquals(Long.MAX_VALUE, stack.nextDeadlineNs());
            }
        }
    }

    /// RFC 9293 §3.6.1, RFC 6191 §2; also while cookies would be sent: the number must follow the old one's.
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void newSynFollowsTheOldConnection(boolean timestamps, boolean pressed) throws Exception {
        try (ManualStack stack = HandshakeTest.stack(wire, Map.of());
                TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            var peer = new RawPeer(wire, "10.9.0.1", 5555, SERVER, 80);
            RawPeer.listen(wire, peer);
            Offer offer = timestamps ? Offer.ALL : Offer.NO_TIMESTAMPS;
            Answer fin = wait(peer, listener, offer);
            for (int i = 0; pressed && i < 300; i++) {
                new RawPeer(wire, "172.16.0." + i % 250, 1024 + i, SERVER, 80).syn(i, Offer.ALL);
            }
            stack.step(5_000_000);
            // An old duplicate of the SYN is answered as TIME-WAIT does.
            assertTrue(peer.syn(100, offer).is(RawPeer.ACK));
            peer.tsVal++;
            Answer answer = peer.syn(90_000, offer);
            assertTrue(answer.is(RawPeer.SYN | RawPeer.ACK), answer::toString);
            assertTrue(answer.seq() - fin.seq() > 0 && answer.seq() - fin.seq() < 1 << 20, "from " + fin.seq() + " to " + answer.seq());
            assertTrue(!timestamps || answer.tsVal() - fin.tsVal() >= 0);
            peer.send(RawPeer.ACK, 90_001, answer.seq() + 1);
            listener.tryAccept().abort();
            assertNull(listener.tryAccept());
        }
    }
}
