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
import dev.millrace.testkit.Requirement;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    private static final long SECOND = 1_000_000_000L;
    /// What a listener with a small backlog remembers; half of it is for calm times.
    private static final int RECORDS = 128;

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

    private static ManualStack stack(Vnic wire) throws IOException {
        return stack(wire, Map.of());
    }

    /// SYNs from so many hosts that never say more.
    private void flood(int from, int to) {
        for (int i = from; i < to; i++) {
            String address = "172.16." + (i >> 8) + "." + (i & 0xff);
            new RawPeer(wire, address, 1024, SERVER, 80).syn(i, Offer.ALL);
        }
    }

    /// So many that the next SYN is answered with a cookie.
    private void press() {
        flood(0, RECORDS / 2);
    }

    /// So many that no record is left of what was answered with a cookie before.
    private void evict() {
        flood(1000, 1000 + RECORDS);
    }

    private static long tcp(ManualStack stack, String counter) {
        return stack.counters().get("tcp").get(counter);
    }

    private static byte[] bytes(int n) {
        byte[] b = new byte[n];
        new java.util.Random(n).nextBytes(b);
        return b;
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true"})
    void cookieAgreesOnWhatItCanKeepAndKeepsIt(boolean ours, boolean theirs) throws Exception {
        try (ManualStack stack = stack(wire, Map.of("timestamps", ours + ""));
                TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            Answer answer = peer.syn(100, new Offer(1400, 7, true, theirs));
            boolean stamped = ours && theirs;
            assertEquals(stamped, answer.timestamps());
            assertEquals(stamped, answer.sack(), "SACK");
            assertEquals(stamped, answer.scale() >= 0, "window scale");
            evict();
            peer.stamped(stamped);
            peer.window = 1000;
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            assertEquals(1, tcp(stack, "syn-cookies-received"));
            try (TcpSocket s = listener.tryAccept()) {
                var info = s.info();
                assertEquals(stamped, info.agreed().timestamps());
                assertEquals(stamped, info.agreed().sack());
                assertEquals(stamped ? 1000 << 7 : 1000, info.sending().window());
                assertEquals(stamped ? 1380 - 12 : 1380, info.sending().mss());
            }
        }
    }

    /// The peer's SYN came twice, and the answers have different numbers: the first was a cookie of a step that has passed
    /// since, and its record had to go.
    @ParameterizedTest
    @CsvSource({"60, 65", "0, 64"})
    void ackOfTheFirstOfTwoAnswersCompletes(int first, int second) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            stack.step(first * SECOND);
            press();
            Answer one = peer.syn(100, Offer.ALL);
            evict();
            stack.step(second * SECOND);
            Answer two = peer.syn(100, Offer.ALL);
            assertTrue(one.seq() != two.seq(), "the test needs two numbers");
            peer.tsEcr = one.tsVal();
            Answer reply = peer.send(RawPeer.ACK, 101, one.seq() + 1, bytes(10));
            assertEquals(1, stack.tcp().connectionCount(), () -> "answered with " + reply);
            try (TcpSocket s = listener.tryAccept()) {
                var in = java.nio.ByteBuffer.allocate(100);
                assertEquals(10, s.tryRead(in));
            }
            stack.step((second + 1) * SECOND);
            // The record of the other answer is gone, too.
            assertTrue(peer.heard.stream().noneMatch(a -> a.is(RawPeer.SYN | RawPeer.ACK)), () -> peer.heard + "");
        }
    }

    @Test
    void ackOfNoAnswerIsResetAndTheRecordStays() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            Answer answer = peer.syn(100, Offer.ALL);
            assertTrue(peer.send(RawPeer.ACK, 101, answer.seq() + 17).is(RawPeer.RST));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            listener.tryAccept().close();
        }
    }

    @Test
    void challengeOfACookiesPeerKeepsTheOptionsAndScalesItsWindow() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            for (int ms = 1; ms < 40; ms++) {
                var other = new RawPeer(wire, "10.9.0.1", 6000 + ms, SERVER, 80);
                RawPeer.listen(wire, other);
                Answer answer = other.syn(100, Offer.ALL);
                stack.step(stack.nowNs() + 1_000_000);
                Answer challenge = other.send(RawPeer.ACK, 101 + 200_000, answer.seq() + 1);
                assertTrue(challenge.is(RawPeer.ACK));
                assertTrue((long) challenge.window() << answer.scale() <= 1 << 20, "a window of "
                        + challenge.window() + " << " + answer.scale());
                assertEquals(answer.tsVal() & 31, challenge.tsVal() & 31, "what the timestamp carries");
                assertTrue(challenge.tsVal() - answer.tsVal() >= 0);
            }
            assertEquals(0, stack.tcp().connectionCount());
            assertEquals(null, listener.tryAccept());
        }
    }

    /// A server that speaks first: the peer believes that the connection stands and waits.
    @Test
    void cookieThatMeetsAFullQueueIsAskedForAgain() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 1)) {
            press();
            RawPeer[] peers = new RawPeer[3];
            Answer[] answers = new Answer[3];
            for (int i = 0; i < 3; i++) {
                peers[i] = new RawPeer(wire, "10.9.0.1", 7000 + i, SERVER, 80);
            }
            RawPeer.listen(wire, peers);
            for (int i = 0; i < 3; i++) {
                answers[i] = peers[i].syn(100, Offer.ALL);
            }
            evict();
            for (int i = 0; i < 3; i++) {
                peers[i].send(RawPeer.ACK, 101, answers[i].seq() + 1);
            }
            assertEquals(2, stack.tcp().connectionCount(), "one waits, and one more had begun");
            listener.tryAccept().abort();
            listener.tryAccept().abort();
            peers[2].heard.clear();
            for (int s = 1; s < 60 && stack.tcp().connectionCount() == 0; s++) {
                stack.step(s * SECOND);
                if (peers[2].last() != null) {
                    assertEquals(answers[2].seq(), peers[2].last().seq());
                    peers[2].send(RawPeer.ACK, 101, answers[2].seq() + 1);
                }
            }
            try (TcpSocket third = listener.tryAccept()) {
                assertNotNull(third, "nobody asked the third again");
                assertTrue(third.info().agreed().sack());
                assertEquals(7, third.info().agreed().sendWindowScale());
            }
        }
    }

    @Test
    void oneStrangersStraysUseUpNobodyElsesAcknowledgements() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener _ = stack.tcp().listen(80)) {
            var stranger = new RawPeer(wire, "172.16.0.1", 1, SERVER, 80);
            RawPeer.listen(wire, peer, stranger);
            Answer his = stranger.syn(100, Offer.ALL);
            Answer ours = peer.syn(100, Offer.ALL);
            int answered = 0;
            for (int i = 0; i < 5000; i++) {
                answered += stranger.send(RawPeer.ACK, 100_000, his.seq() + 1) == null ? 0 : 1;
            }
            assertTrue(answered > 0 && answered <= 1000, answered + " answers at once");
            assertNotNull(peer.send(RawPeer.ACK, 100_000, ours.seq() + 1), "a challenge");
            assertNotNull(peer.syn(100, Offer.ALL), "an answer to a repeated SYN");
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void handshakeIsForgottenAfterAboutAMinute(boolean pressed) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener _ = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            if (pressed) {
                press();
            }
            RawPeer.listen(wire, peer);
            Answer first = peer.syn(100, Offer.ALL);
            peer.heard.clear();
            for (int s = 1; s <= 62; s++) {
                stack.step(s * SECOND);
            }
            assertEquals(5, peer.heard.size());
            assertTrue(peer.heard.stream().allMatch(a -> a.seq() == first.seq() && a.mss() == first.mss()
                    && a.scale() == first.scale() && a.sack() && a.tsVal() - first.tsVal() > 0));
            stack.step(64 * SECOND);
            stack.step(300 * SECOND);
            assertEquals(5, peer.heard.size());
            assertTrue(peer.send(RawPeer.ACK, 101, first.seq() + 1).is(RawPeer.RST));
            assertEquals(0, stack.tcp().connectionCount());
        }
    }

    @Test
    void withoutCookiesAFullCacheRefusesUntilRecordsEnd() throws Exception {
        try (ManualStack stack = stack(wire, Map.of("syn-cookies", "false"));
                TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            flood(0, RECORDS);
            assertEquals(null, peer.syn(100, Offer.ALL));
            assertEquals(1, tcp(stack, "backlog-drops"));
            stack.step(64 * SECOND);
            Answer answer = peer.syn(100, Offer.NO_TIMESTAMPS);
            assertTrue(answer.sack() && answer.scale() >= 0);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            listener.tryAccept().close();
            assertEquals(0, tcp(stack, "syn-cookies-sent"));
        }
    }

    @Test
    void closedListenerForgetsHandshakesAndResetsTheirAcks() throws Exception {
        try (ManualStack stack = stack(wire)) {
            TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4);
            press();
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, Offer.ALL);
            listener.close();
            peer.heard.clear();
            stack.step(70 * SECOND);
            assertEquals(0, peer.heard.size());
            assertTrue(peer.send(RawPeer.ACK, 101, answer.seq() + 1).is(RawPeer.RST));
            assertEquals(0, stack.tcp().connectionCount());
        }
    }

    /// RFC 5961 §3.2 for records: the exact number only.
    @ParameterizedTest
    @CsvSource({"101, true", "102, false", "100, false", "70000, false"})
    void resetEndsAHandshakeOnlyWithTheExactNumber(int seq, boolean ends) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, Offer.ALL);
            peer.send(RawPeer.RST, seq, 0);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            assertEquals(ends ? 0 : 1, stack.tcp().connectionCount());
            if (!ends) {
                listener.tryAccept().abort();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whatComesFirstCompletesIfTheAckWasLost(boolean fin) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            Answer answer = peer.syn(100, Offer.ALL);
            evict();
            Answer ack = peer.send(RawPeer.ACK | (fin ? RawPeer.FIN : 0), 101, answer.seq() + 1, bytes(20));
            // Once more: the connection answers, nobody begins another one.
            peer.send(RawPeer.ACK | (fin ? RawPeer.FIN : 0), 101, answer.seq() + 1, bytes(20));
            assertEquals(1, stack.tcp().connectionCount());
            assertEquals(1, tcp(stack, "passive-opens"));
            try (TcpSocket s = listener.tryAccept()) {
                var in = java.nio.ByteBuffer.allocate(100);
                assertEquals(20, s.tryRead(in));
                assertEquals(fin ? -1 : 0, s.tryRead(in));
            }
            assertTrue(!fin || ack.ack() == 122, () -> ack + "");
        }
    }

    @Test
    void cookieIsGoodForItsTimeWhateverBecameOfItsRecord() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            Answer answer = peer.syn(100, Offer.ALL);
            stack.step(100 * SECOND);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1, bytes(1));
            listener.tryAccept().abort();
        }
    }

    /// One host may use all of a /64.
    @Test
    void oneNetworksStraysUseUpNobodyElsesResets() throws Exception {
        try (ManualStack _ = stack(wire, Map.of("resets-per-second", "1"))) {
            for (int i = 0; i < 5000; i++) {
                new RawPeer(wire, "fd77::" + Integer.toHexString(i), 1, "fd09::2", 80).syn(1, Offer.ALL);
            }
            var honest = new RawPeer(wire, "fd78::1", 1, "fd09::2", 80);
            RawPeer.listen(wire, honest);
            assertTrue(honest.syn(1, Offer.ALL).is(RawPeer.RST | RawPeer.ACK));
        }
    }

    /// The window scale of a SYN,ACK stands, whatever the program has made of the listener's buffers since.
    @ParameterizedTest
    @CsvSource({"65536", "16777216"})
    void listenersBufferMayChangeBetweenAnswerAndAck(int buffer) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, Offer.ALL);
            listener.setOption(StandardSocketOptions.SO_RCVBUF, buffer);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            try (TcpSocket s = listener.tryAccept()) {
                assertEquals(answer.scale(), s.info().agreed().receiveWindowScale());
            }
        }
    }

    /// RFC 9293 MUST-15, and the cookie's table: what it names is never above what the peer announced.
    @ParameterizedTest
    @CsvSource({"false, -1, 536", "false, 0, 536", "false, 536, 536", "false, 1459, 1440", "false, 30, 48", "false, 65535, 8940",
            "true, -1, 1220", "true, 0, 1220", "true, 1440, 1440", "true, 1220, 1220", "true, 1000, 536"})
    void cookieBringsBackTheMss(boolean v6, int announced, int mss) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            var host = v6 ? new RawPeer(wire, "fd09::1", 5555, "fd09::2", 80) : peer;
            RawPeer.listen(wire, host);
            press();
            Answer answer = host.syn(100, new Offer(announced, 7, true, true));
            evict();
            host.send(RawPeer.ACK, 101, answer.seq() + 1);
            try (TcpSocket s = listener.tryAccept()) {
                assertEquals(mss, s.info().agreed().peerMss());
                assertEquals(1, tcp(stack, "syn-cookies-received"));
            }
        }
    }

    @Test
    void backlogOfOneLetsOneWaitAndTheNextTryAgain() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 1)) {
            var other = new RawPeer(wire, "10.9.0.1", 5556, SERVER, 80);
            RawPeer.listen(wire, peer, other);
            peer.send(RawPeer.ACK, 101, peer.syn(100, Offer.ALL).seq() + 1);
            assertEquals(null, other.syn(100, Offer.ALL));
            assertEquals(1, tcp(stack, "backlog-drops"));
            listener.tryAccept().abort();
            other.send(RawPeer.ACK, 101, other.syn(100, Offer.ALL).seq() + 1);
            listener.tryAccept().abort();
            assertEquals(0, stack.tcp().connectionCount());
        }
    }

    /// A SYN that says that it comes from whom it goes to.
    @Requirement("RFC9293:MUST-63")
    @ParameterizedTest
    @CsvSource({"80, 80", "81, 80"})
    void landsSynIsNotAnswered(int from, int to) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener _ = stack.tcp().listen(new InetSocketAddress(80), 1)) {
            var self = new RawPeer(wire, SERVER, from, SERVER, to);
            self.syn(100, Offer.ALL);
            assertEquals(0, tcp(stack, "segments-received"), () -> stack.counters() + "");
            assertEquals(Long.MAX_VALUE, stack.nextDeadlineNs());
        }
    }

    /// Old answers of a cookie's time come back when the next step has begun, and not in the step after.
    @ParameterizedTest
    @CsvSource({"0, 127", "63, 127", "64, 191", "127, 190"})
    void cookieLivesThroughTheNextStep(int sent, int lastGood) throws Exception {
        for (int late = 0; late <= 1; late++) {
            int seconds = lastGood + late;
            if (late == 1 && seconds / 64 - sent / 64 < 2) {
                continue;
            }
            var w = new Vnic(1500);
            try (ManualStack stack = stack(w); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
                stack.step(sent * SECOND);
                for (int i = 0; i < RECORDS; i++) {
                    new RawPeer(w, "172.16.0." + i, 1024, SERVER, 80).syn(i, Offer.ALL);
                }
                var host = new RawPeer(w, "10.9.0.1", 5555, SERVER, 80);
                RawPeer.listen(w, host);
                Answer answer = host.syn(100, Offer.ALL);
                stack.step(seconds * SECOND);
                host.send(RawPeer.ACK, 101, answer.seq() + 1);
                assertEquals(1 - late, stack.tcp().connectionCount(), "at " + seconds);
                assertEquals(late == 0, listener.tryAccept() != null);
            }
        }
    }

    /// The ACK and the first text were lost: a reset would end what the first text, when it comes again, completes.
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void laterTextDoesNotEndWhatTheFirstWillComplete(boolean text) throws Exception {
        try (ManualStack stack = stack(wire); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            press();
            Answer answer = peer.syn(100, Offer.ALL);
            evict();
            assertEquals(null, peer.send(RawPeer.ACK, 111, answer.seq() + 1, bytes(text ? 10 : 0)));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1, bytes(10));
            peer.send(RawPeer.ACK, 111, answer.seq() + 1, bytes(10));
            try (TcpSocket s = listener.tryAccept()) {
                assertEquals(20, s.tryRead(java.nio.ByteBuffer.allocate(100)));
            }
            // Strangers are told again as soon as it cannot be one of those.
            stack.step(200 * SECOND);
            var stranger = new RawPeer(wire, "10.9.0.1", 5556, SERVER, 80);
            RawPeer.listen(wire, stranger);
            assertTrue(stranger.send(RawPeer.ACK, 111, 5).is(RawPeer.RST));
        }
    }

    /// Cookies with records beside them are no reason to leave strangers without an answer.
    @Test
    void strangerIsResetWhileNoRecordHadToGo() throws Exception {
        try (ManualStack stack = stack(wire); TcpListener _ = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            RawPeer.listen(wire, peer);
            flood(0, RECORDS);
            assertTrue(peer.send(RawPeer.ACK, 111, 5).is(RawPeer.RST));
        }
    }
}
