package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.it.RawPeer.Answer;
import dev.millrace.it.RawPeer.Offer;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.TcpHeader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rules of RFC 9293 for each segment, whoever it is for: whether it is believed, what it looks like, where it comes from.
@Timeout(60)
class TcpSegmentRulesTest {
    private static final String SERVER = "10.9.0.2";
    private static final String PEER = "10.9.0.1";
    private static final int TCP_AT = 20;
    private static final byte[] NONE = {};

    private final Vnic wire = new Vnic(1500);
    private final List<byte[]> sent = new ArrayList<>();

    private ManualStack stack(String... more) throws IOException {
        return Stack.builder().name("server").nic("n", wire, n -> {
            n.address(SERVER + "/24").address("fd09::2/64");
            for (String address : more) {
                n.address(address);
            }
        }).route("default", "n").manual(1);
    }

    private static void pass(ManualStack stack, int seconds) {
        long end = stack.nowNs() + seconds * 1_000_000_000L;
        while (stack.nextDeadlineNs() <= end) {
            stack.step(Math.max(stack.nowNs(), stack.nextDeadlineNs()));
        }
        stack.step(end);
    }

    private static String source(byte[] frame) {
        return (frame[12] & 0xff) + "." + (frame[13] & 0xff) + "." + (frame[14] & 0xff) + "." + (frame[15] & 0xff);
    }

    // ---- what is believed

    @Requirement("RFC9293:MUST-3")
    @Test
    void everyFlippedBitIsNoticed() throws Exception {
        try (ManualStack stack = stack(); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            var peer = new RawPeer(wire, PEER, 5555, SERVER, 80);
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, new Offer(1460, -1, false, false));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            try (TcpSocket accepted = listener.tryAccept()) {
                wire.onTransmit(sent::add);
                byte[] data = PacketBuilder.between(PEER, SERVER).tcp(5555, 80, 101, answer.seq() + 1, RawPeer.ACK, 5000, NONE, new byte[] {1, 2, 3});
                byte[] syn = PacketBuilder.between(PEER, SERVER).tcp(5556, 80, 100, 0, RawPeer.SYN, 5000, PacketBuilder.bytes(2, 4, 5, 0), NONE);
                for (byte[] whole : List.of(data, syn)) {
                    for (int bit = TCP_AT * 8; bit < whole.length * 8; bit++) {
                        byte[] damaged = whole.clone();
                        damaged[bit / 8] ^= (byte) (1 << bit % 8);
                        wire.inject(damaged);
                    }
                    // As if it had come from another host: only the pseudo-header is different.
                    byte[] other = PacketBuilder.between("10.9.0.3", SERVER).tcp(5555, 80, 0, 0, 0, 0, NONE, new byte[whole.length - 40]);
                    System.arraycopy(whole, TCP_AT, other, TCP_AT, whole.length - TCP_AT);
                    wire.inject(other);
                }
                assertEquals(0, accepted.available());
                assertTrue(sent.isEmpty(), () -> sent.size() + " answers");
                assertEquals(1, stack.tcp().connectionCount());
                wire.inject(data);
                assertEquals(3, accepted.available());
                wire.inject(syn);
                assertEquals(1, sent.size());
            }
        }
    }

    @Requirement("RFC9293:MUST-57")
    @ParameterizedTest
    @ValueSource(strings = {"255.255.255.255", "10.9.0.255", "224.0.0.1", "ff02::1", "ff02::1:ff00:2"})
    void aSynToManyIsNotAnswered(String destination) throws Exception {
        isNotAnswered(destination.contains(":") ? "fd09::1" : PEER, destination);
    }

    @Requirement("RFC9293:MUST-63")
    @Requirement("RFC1122:3.2.1.3")
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "255.255.255.255", "10.9.0.255", "224.0.0.5", "127.0.0.1", SERVER, "::", "::1", "ff02::1", "fd09::2"})
    void aSynFromWhatIsNoOtherHostIsNotAnswered(String source) throws Exception {
        isNotAnswered(source, source.contains(":") ? "fd09::2" : SERVER);
    }

    private void isNotAnswered(String source, String destination) throws Exception {
        try (ManualStack stack = stack(); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            wire.onTransmit(sent::add);
            wire.inject(PacketBuilder.between(source, destination).tcp(5555, 80, 100, 0, RawPeer.SYN, 5000, NONE, NONE));
            pass(stack, 5);
            assertTrue(sent.isEmpty(), () -> sent.size() + " answers");
            assertEquals(0, stack.tcp().connectionCount());
            assertEquals(null, listener.tryAccept());
            boolean v6 = destination.contains(":");
            wire.inject(PacketBuilder.between(v6 ? "fd09::1" : PEER, v6 ? "fd09::2" : SERVER).tcp(5555, 80, 100, 0, RawPeer.SYN, 5000, NONE, NONE));
            assertEquals(1, sent.size(), "another host's SYN");
        }
    }

    // ---- what is sent

    @Requirement("RFC9293:MUST-2")
    @Requirement("RFC9293:MUST-65")
    @Requirement("RFC9293:MUST-68")
    @Requirement("RFC9293:MUST-69")
    @ParameterizedTest
    @CsvSource({"-1, -1, false, false", "1460, -1, false, false", "1460, 7, false, false", "1460, -1, true, false", "1460, -1, false, true",
        "1460, 7, true, false", "1460, 7, true, true", "-1, 7, true, true"})
    void headersAreMadeAsTheyMustBe(int mss, int scale, boolean sack, boolean timestamps) throws Exception {
        try (ManualStack stack = stack(); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            var peer = new RawPeer(wire, PEER, 5555, SERVER, 80);
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, new Offer(mss, scale, sack, timestamps));
            wire.onTransmit(sent::add);
            peer.syn(100, new Offer(mss, scale, sack, timestamps));
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            try (TcpSocket accepted = listener.tryAccept()) {
                peer.send(RawPeer.ACK, 201, answer.seq() + 1, new byte[9]);
                accepted.tryWrite(ByteBuffer.allocate(3001));
                peer.send(RawPeer.ACK, 301, answer.seq() + 1, new byte[9]);
                peer.send(RawPeer.SYN, 101, 0);
                accepted.abort();
            }
            try (TcpSocket active = stack.tcp().open()) {
                active.startConnect(new InetSocketAddress(PEER, 7));
                pass(stack, 3);
            }
        }
        assertTrue(sent.size() > 6, () -> sent.size() + " segments");
        sent.forEach(TcpSegmentRulesTest::check);
    }

    private static void check(byte[] frame) {
        int header = (frame[TCP_AT + 12] >> 4 & 0xf) * 4;
        boolean syn = (frame[TCP_AT + 13] & TcpHeader.SYN) != 0;
        long sum = 6 + frame.length - TCP_AT;
        for (int i = 12; i < frame.length; i++) {
            sum += (long) (frame[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        assertEquals(0xffff, Checksum.fold(sum), "the checksum");
        assertTrue(header >= 20 && TCP_AT + header <= frame.length, "the length of the header");
        int at = TCP_AT + 20;
        while (at < TCP_AT + header && frame[at] != 0) {
            if (frame[at] == 1) {
                at++;
                continue;
            }
            assertTrue(at + 1 < TCP_AT + header && frame[at + 1] >= 2 && at + frame[at + 1] <= TCP_AT + header, "the length of an option");
            assertTrue(frame[at] != 2 || syn, "an MSS without SYN");
            at += frame[at + 1];
        }
        for (byte b : Arrays.copyOfRange(frame, at, TCP_AT + header)) {
            assertEquals(0, b, "padding");
        }
    }

    // ---- where it comes from

    @Requirement("RFC9293:MUST-43")
    @Requirement("RFC9293:MUST-44")
    @ParameterizedTest
    @CsvSource({"10.9.0.7, 10.9.0.1, 10.9.0.7", "10.9.0.2, 10.9.0.1, 10.9.0.2", "172.20.0.2, 10.9.0.1, 172.20.0.2", ", 172.20.0.9, 172.20.0.2",
        ", 10.9.0.1, 10.9.0.2"})
    void theProgramsAddressOrTheOneThatFits(String bound, String destination, String expected) throws Exception {
        try (ManualStack stack = stack("10.9.0.7/24", "172.20.0.2/16"); TcpSocket s = stack.tcp().open()) {
            wire.onTransmit(sent::add);
            if (bound != null) {
                s.bind(new InetSocketAddress(bound, 0));
            }
            s.startConnect(new InetSocketAddress(destination, 80));
            assertEquals(1, sent.size());
            assertEquals(expected, source(sent.getFirst()));
            assertEquals(expected, s.localAddress().getAddress().getHostAddress());
        }
    }

    @Requirement("RFC9293:MUST-45")
    @Test
    void aConnectionKeepsItsAddress() throws Exception {
        try (ManualStack stack = stack("10.9.0.7/24"); TcpListener listener = stack.tcp().listen(new InetSocketAddress(80), 4)) {
            wire.onTransmit(sent::add);
            var peer = new RawPeer(wire, PEER, 5555, "10.9.0.7", 80);
            RawPeer.listen(wire, peer);
            Answer answer = peer.syn(100, Offer.NO_TIMESTAMPS);
            wire.onTransmit(sent::add);
            peer.send(RawPeer.ACK, 101, answer.seq() + 1);
            try (TcpSocket accepted = listener.tryAccept()) {
                accepted.tryWrite(ByteBuffer.allocate(10));
                // It would be the first choice for this peer from now on.
                stack.nic("n").orElseThrow().addAddress(Cidr.parse("10.9.0.3/30"));
                pass(stack, 3);
                peer.send(RawPeer.ACK, 201, answer.seq() + 1, new byte[9]);
            }
            pass(stack, 1);
        }
        assertTrue(sent.size() > 4, () -> sent.size() + " segments");
        sent.forEach(frame -> assertEquals("10.9.0.7", source(frame)));
    }
}
