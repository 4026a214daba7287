package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.VirtualTime;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A listener with Fast Open and strangers who say each segment that they send, honest ones and others (RFC 7413 §5).
class FastOpenListenerTest {
    private static final long MS = 1_000_000;
    private static final int PORT = 80;
    private static final String SERVER = "10.0.0.2";
    private static final String CLIENT = "192.0.2.7";
    private static final int LIMIT = 4;

    private final VirtualTime time = new VirtualTime();
    private final LeakCheck leaks = new LeakCheck();
    private FaultyStack stack;
    private TcpListener listener;
    private final List<TcpSocket> accepted = new ArrayList<>();

    /// A segment that the listener's stack has sent.
    private record Answer(int flags, int seq, int ack, int length, FastOpenCookie cookie) {
    }

    private final List<Answer> answers = new ArrayList<>();

    @BeforeEach
    void listen() throws Exception {
        start(Map.of(), 64);
    }

    private void start(Map<String, String> options, int backlog) throws Exception {
        stack = new FaultyStack(SERVER, time, options);
        stack.onSend = bytes -> {
            Packet p = Packet.copyOf(bytes);
            var s = new Segment();
            s.parse(p);
            answers.add(new Answer(s.flags, s.seq, s.ack, s.len, s.options.fastOpen()));
            p.release();
        };
        listener = stack.tcp.listen(new InetSocketAddress(PORT), backlog);
        listener.setOption(TcpOptions.FAST_OPEN, LIMIT);
    }

    @AfterEach
    void nothingIsLeft() {
        accepted.forEach(TcpSocket::abort);
        listener.close();
        time.runUntil(time.nanoTime() + 600_000 * MS);
        assertEquals(0, stack.places());
        assertEquals(0, stack.reserved());
        assertEquals(List.of(), stack.told);
        leaks.close();
    }

    private void pass(long ms) {
        time.runUntil(time.nanoTime() + ms * MS);
    }

    private long count(String name) {
        return stack.tcp.counters.counter(name).value();
    }

    private int pending() {
        return ((ListenEndpoint) listener).openedFast();
    }

    private FastOpenCookie cookieOf(String client) {
        return stack.tcp.fastOpenCookies.of(IpAddress.parse(SERVER), IpAddress.parse(client), time.nanoTime());
    }

    /// Sends a segment and returns the last answer that came at once, or `null`.
    private Answer send(String from, int port, int flags, int seq, int ack, int length, FastOpenCookie cookie) {
        byte[] option = new byte[cookie == null ? 0 : TcpOptionWriter.fastOpenLength(cookie)];
        if (cookie != null) {
            TcpOptionWriter.fastOpen(MemorySegment.ofArray(option), 0, cookie);
        }
        return sendWith(option, from, port, flags, seq, ack, length);
    }

    private Answer sendWith(byte[] options, String from, int port, int flags, int seq, int ack, int length) {
        answers.clear();
        int header = 20 + options.length;
        Packet p = Packet.allocate(Packet.HEADROOM, header + length);
        int at = p.append(header + length);
        TcpHeader.write(p.memory(), at, port, PORT, seq, ack, header, flags, 60_000, 0);
        MemorySegment.copy(MemorySegment.ofArray(options), 0, p.memory(), at + 20, options.length);
        p.setIpFacts(6, 64, 0);
        IpAddress source = IpAddress.parse(from);
        IpAddress destination = IpAddress.parse(SERVER);
        p.setAddresses(source.hi(), source.lo(), destination.hi(), destination.lo());
        p.handOver(Packet.Checksumming.VOUCHED);
        stack.tcp.receive(p);
        return answers.isEmpty() ? null : answers.getLast();
    }

    private Answer syn(String from, int port, int length, FastOpenCookie cookie) {
        return send(from, port, TcpHeader.SYN, 1_000, 0, length, cookie);
    }

    /// A SYN of ten bytes with the right cookie, which is to be accepted.
    private Answer fast(String from, int port) {
        Answer a = syn(from, port, 10, cookieOf(from));
        assertEquals(1_011, a.ack, "data acknowledged");
        return a;
    }

    private TcpSocket accept() throws Exception {
        TcpSocket s = listener.tryAccept();
        if (s != null) {
            accepted.add(s);
        }
        return s;
    }

    private static int read(TcpSocket s) throws Exception {
        return s.tryRead(ByteBuffer.allocate(10_000));
    }

    // ---- cookies

    @Test
    void aRequestIsAnsweredAndNothingIsTaken() throws Exception {
        Answer a = syn(CLIENT, 5_000, 10, FastOpenCookie.REQUEST);
        assertEquals(cookieOf(CLIENT), a.cookie);
        assertEquals(1_001, a.ack);
        assertNull(accept());
        assertEquals(1, count("fast-open-cookie-requests"));
        // As ever from here on.
        send(CLIENT, 5_000, TcpHeader.ACK, 1_001, a.seq + 1, 10, null);
        assertEquals(10, read(accept()));
        assertEquals(0, pending());
    }

    @Test
    void withoutTheOptionThereIsNone() {
        assertNull(syn(CLIENT, 5_000, 0, null).cookie);
        assertNull(syn(CLIENT, 5_001, 10, null).cookie);
        assertEquals(0, count("fast-open-cookie-requests") + count("fast-open-passive-failed"));
    }

    /// §4.2.1: "retransmit [...] SYN-ACK packets without the cookie options on timeouts".
    @Test
    void theAnswerGoesAgainWithoutTheCookie() {
        assertNotNull(syn(CLIENT, 5_000, 0, FastOpenCookie.REQUEST).cookie);
        answers.clear();
        pass(1_000);
        assertEquals(TcpHeader.SYN | TcpHeader.ACK, answers.getFirst().flags);
        assertNull(answers.getFirst().cookie);
        // Who asks again is told again.
        assertEquals(cookieOf(CLIENT), syn(CLIENT, 5_000, 0, FastOpenCookie.REQUEST).cookie);
        assertNull(syn(CLIENT, 5_000, 0, null).cookie);
    }

    @Test
    void aValidCookieOpensAtOnce() throws Exception {
        Answer a = fast(CLIENT, 5_000);
        assertEquals(TcpHeader.SYN | TcpHeader.ACK, a.flags);
        assertNull(a.cookie, "the client has one");
        TcpSocket s = accept();
        assertEquals("SYN_RECEIVED", s.info().state());
        assertEquals(10, read(s));
        assertEquals(1, pending());
        send(CLIENT, 5_000, TcpHeader.ACK, 1_011, a.seq + 1, 0, null);
        assertEquals("ESTABLISHED", s.info().state());
        assertEquals(0, pending());
        assertEquals(1, count("fast-open-passive"));
    }

    @Test
    void cookiesAreOneClientsOnly() throws Exception {
        for (String thief : new String[] {"192.0.2.8", "198.51.100.1"}) {
            Answer a = syn(thief, 5_000, 10, cookieOf(CLIENT));
            assertEquals(1_001, a.ack, "data not taken");
            assertEquals(cookieOf(thief), a.cookie, "a new one");
        }
        assertNull(accept());
        assertEquals(2, count("fast-open-passive-failed"));
        assertEquals(0, count("fast-open-passive"));
    }

    /// §4.1.1: "Options with invalid Length values [...] MUST be ignored", the right cookie in them or not.
    @Test
    void optionsThatAreNoneAreNotThere() throws Exception {
        long right = cookieOf(CLIENT).hi();
        for (int length : new int[] {0, 1, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19, 20, 40, 255}) {
            byte[] options = new byte[24];
            options[0] = 34;
            options[1] = (byte) length;
            ByteBuffer.wrap(options).putLong(2, right);
            Answer a = sendWith(options, CLIENT, 5_000 + length, TcpHeader.SYN, 1_000, 0, 10);
            assertEquals(1_001, a.ack, "length " + length);
            assertNull(a.cookie, "length " + length);
        }
        // Cut off by the header's end.
        Answer a = sendWith(new byte[] {1, 1, 34, 10}, CLIENT, 6_000, TcpHeader.SYN, 1_000, 0, 10);
        assertTrue(a.ack == 1_001 && a.cookie == null);
        // The experiment's option (RFC 6994), in which cookies were sent before the other had its number.
        byte[] experiment = new byte[12];
        ByteBuffer.wrap(experiment).put((byte) 254).put((byte) 12).putShort((short) 0xf989).putLong(right);
        a = sendWith(experiment, CLIENT, 6_001, TcpHeader.SYN, 1_000, 0, 10);
        assertTrue(a.ack == 1_001 && a.cookie == null);
        assertNull(accept());
        assertEquals(0, count("fast-open-passive") + count("fast-open-passive-failed") + count("fast-open-cookie-requests"));
    }

    @Test
    void guessingIsInVain() throws Exception {
        var random = new SplittableRandom(7);
        FastOpenCookie right = cookieOf(CLIENT);
        int guesses = 0;
        for (int bit = 0; bit < 64; bit++) {
            guesses++;
            assertEquals(1_001, syn(CLIENT, 5_000 + guesses, 10, FastOpenCookie.of(right.hi() ^ 1L << bit)).ack);
        }
        for (int length = 4; length <= 16; length += 2) {
            // The right one cut, or with more behind it, is none.
            if (length != 8) {
                guesses++;
                assertEquals(1_001, syn(CLIENT, 5_000 + guesses, 10, new FastOpenCookie(length, right.hi(), 0)).ack);
            }
        }
        for (int i = 0; i < 20_000; i++) {
            guesses++;
            Answer a = syn(CLIENT, 5_000 + guesses, 10, FastOpenCookie.of(random.nextLong()));
            // From some point on by SYN cookies, which take nothing at all.
            assertTrue(a == null || a.ack == 1_001);
        }
        assertNull(accept());
        assertEquals(0, count("fast-open-passive"));
        assertEquals(0, pending());
    }

    @Test
    void keysChangeAndTheOneBeforeIsGoodStill() throws Exception {
        FastOpenCookie old = cookieOf(CLIENT);
        pass(Duration.ofHours(12).toMillis());
        FastOpenCookie now = cookieOf(CLIENT);
        assertNotEquals(old, now);
        Answer a = syn(CLIENT, 5_000, 10, old);
        assertEquals(1_011, a.ack);
        assertEquals(now, a.cookie, "and another comes with it");
        assertEquals(1_011, syn(CLIENT, 5_001, 10, now).ack);
        pass(Duration.ofHours(12).toMillis());
        a = syn(CLIENT, 5_002, 10, old);
        assertEquals(1_001, a.ack);
        assertEquals(cookieOf(CLIENT), a.cookie);
        accept();
        accept();
    }

    // ---- the limit (§4.2.2 step 2, §5.1)

    @Test
    void beyondTheLimitTheHandshakeComesFirst() throws Exception {
        Answer[] first = new Answer[LIMIT];
        for (int i = 0; i < LIMIT; i++) {
            first[i] = fast(CLIENT, 5_000 + i);
        }
        assertEquals(LIMIT, pending());
        Answer a = syn(CLIENT, 6_000, 10, cookieOf(CLIENT));
        assertEquals(1_001, a.ack, "nobody is turned away");
        assertEquals(1, count("fast-open-queue-overflows"));
        send(CLIENT, 6_000, TcpHeader.ACK, 1_001, a.seq + 1, 10, null);
        // Whose handshake is complete makes room.
        send(CLIENT, 5_000, TcpHeader.ACK, 1_011, first[0].seq + 1, 0, null);
        fast(CLIENT, 6_001);
        for (int i = 0; i < LIMIT + 2; i++) {
            assertEquals(10, read(accept()));
        }
        assertNull(accept());
    }

    @Test
    void whoNeverAnswersMakesRoomInTheEnd() throws Exception {
        for (int i = 0; i < LIMIT; i++) {
            fast(CLIENT, 5_000 + i);
        }
        pass(62_000);
        assertEquals(LIMIT, pending());
        pass(1_100);
        assertEquals(0, pending());
        fast(CLIENT, 6_000);
        while (accept() != null) {
        }
    }

    /// "[...] attackers may [...] reset connections [...] to evade the limit": those count on for a minute.
    @Test
    void resetsDoNotMakeRoomAtOnce() throws Exception {
        for (int i = 0; i < LIMIT; i++) {
            fast(CLIENT, 5_000 + i);
            send(CLIENT, 5_000 + i, TcpHeader.RST, 1_011, 0, 0, null);
        }
        assertEquals(LIMIT, pending());
        assertEquals(1_001, syn(CLIENT, 6_000, 10, cookieOf(CLIENT)).ack);
        pass(59_000);
        assertEquals(1_001, syn(CLIENT, 6_001, 10, cookieOf(CLIENT)).ack);
        pass(6_000);
        assertEquals(0, pending());
        fast(CLIENT, 6_002);
        while (accept() != null) {
        }
    }

    @Test
    void aProgramThatResetsDoesNotMakeRoomAtOnceEither() throws Exception {
        for (int i = 0; i < LIMIT; i++) {
            fast(CLIENT, 5_000 + i);
            accept().abort();
        }
        assertEquals(LIMIT, pending());
        pass(65_000);
        assertEquals(0, pending());
    }

    @Test
    void aSmallerLimitHoldsFromThenOn() throws Exception {
        fast(CLIENT, 5_000);
        fast(CLIENT, 5_001);
        listener.setOption(TcpOptions.FAST_OPEN, 2);
        assertEquals(1_001, syn(CLIENT, 5_002, 10, cookieOf(CLIENT)).ack);
        listener.setOption(TcpOptions.FAST_OPEN, 3);
        fast(CLIENT, 5_003);
        while (accept() != null) {
        }
    }

    /// A flood of SYNs with valid cookies, as of a host that has collected some, and a program that serves what it gets.
    @Test
    void aFloodWithValidCookiesMeetsTheLimitAndTakesNoMemory() throws Exception {
        var random = new SplittableRandom(3);
        int most = 0;
        long reserved = 0;
        for (int i = 0; i < 30_000; i++) {
            String from = "198.51.100." + random.nextInt(1, 200);
            int port = 1_024 + random.nextInt(60_000);
            syn(from, port, 100, cookieOf(from));
            if (random.nextBoolean()) {
                send(from, port, TcpHeader.RST, 1_101, 0, 0, null);
            }
            TcpSocket s = listener.tryAccept();
            if (s != null) {
                serve(s);
            }
            most = Math.max(most, pending());
            reserved = Math.max(reserved, stack.reserved());
            assertTrue(stack.places() <= 2 * LIMIT + 1, "places: " + stack.places());
            if (i % 10 == 0) {
                pass(1);
            }
        }
        assertEquals(LIMIT, most);
        assertTrue(reserved <= LIMIT * 4_096, reserved + " bytes");
        assertTrue(count("fast-open-passive") < 10 * LIMIT, count("fast-open-passive") + " connections in three seconds");
        assertTrue(count("fast-open-queue-overflows") > 0, "until SYN cookies are needed");
        // An honest client is served meanwhile, by a handshake.
        Answer a = syn(CLIENT, 5_000, 10, cookieOf(CLIENT));
        send(CLIENT, 5_000, TcpHeader.ACK, 1_001, a.seq + 1, 10, null);
        TcpSocket s = accept();
        assertNotNull(s);
        assertEquals(10, read(s));
    }

    private static void serve(TcpSocket s) {
        try (s) {
            read(s);
            s.tryWrite(ByteBuffer.allocate(100));
        } catch (Exception e) {
            // Reset meanwhile.
            s.abort();
        }
    }

    // ---- together with the rest

    /// While half of the records are taken, SYN cookies answer: of those nothing is kept, data least of all.
    @Test
    void underSynCookiesDataIsIgnored() throws Exception {
        for (int i = 0; i < 100; i++) {
            syn("203.0.113." + i, 4_000, 0, null);
        }
        Answer a = syn(CLIENT, 5_000, 10, cookieOf(CLIENT));
        assertEquals(1_001, a.ack);
        assertNull(a.cookie);
        assertNull(accept());
        assertNull(syn(CLIENT, 5_001, 10, FastOpenCookie.REQUEST).cookie);
        send(CLIENT, 5_000, TcpHeader.ACK, 1_001, a.seq + 1, 10, null);
        assertEquals(10, read(accept()));
        assertEquals(0, count("fast-open-passive"));
    }

    @Test
    void aFullBacklogTurnsEveryoneAway() throws Exception {
        listener.close();
        start(Map.of(), 2);
        fast(CLIENT, 5_000);
        fast(CLIENT, 5_001);
        assertNull(syn(CLIENT, 5_002, 10, cookieOf(CLIENT)));
        assertEquals(1, count("backlog-drops"));
        accept();
        fast(CLIENT, 5_002);
        accept();
        accept();
    }

    @Test
    void theMostConnectionsOfTheStackAreThatManyHere() throws Exception {
        listener.close();
        start(Map.of("max-connections", "1"), 64);
        fast(CLIENT, 5_000);
        assertNull(syn(CLIENT, 5_001, 10, cookieOf(CLIENT)));
        accept();
    }

    @Test
    void deferAcceptIsMetByTheDataOfTheSyn() throws Exception {
        listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(10));
        fast(CLIENT, 5_000);
        assertEquals(10, read(accept()));
        // Without data there is a record only, as ever.
        Answer a = syn(CLIENT, 5_001, 0, cookieOf(CLIENT));
        assertEquals(1_001, a.ack);
        assertNull(accept());
        send(CLIENT, 5_001, TcpHeader.ACK, 1_001, a.seq + 1, 0, null);
        assertNull(accept());
        send(CLIENT, 5_001, TcpHeader.ACK, 1_001, a.seq + 1, 3, null);
        assertEquals(3, read(accept()));
    }

    @Test
    void withoutDataACookieOpensTooUnlessItIsToBeDeferred() throws Exception {
        assertEquals(1_001, syn(CLIENT, 5_000, 0, cookieOf(CLIENT)).ack);
        TcpSocket s = accept();
        assertEquals("SYN_RECEIVED", s.info().state());
        answers.clear();
        s.tryWrite(ByteBuffer.allocate(7));
        assertEquals(7, answers.getLast().length);
    }

    @Test
    void aRepeatedSynMeetsTheConnection() throws Exception {
        Answer first = fast(CLIENT, 5_000);
        for (FastOpenCookie cookie : new FastOpenCookie[] {cookieOf(CLIENT), null}) {
            Answer again = syn(CLIENT, 5_000, cookie == null ? 0 : 10, cookie);
            assertEquals(first, again);
        }
        assertNotNull(accept());
        assertNull(accept());
        assertEquals(1, count("fast-open-passive"));
    }

    @Test
    void scannersFlagsBeginNothing() throws Exception {
        send(CLIENT, 5_000, TcpHeader.SYN | TcpHeader.FIN, 1_000, 0, 10, cookieOf(CLIENT));
        send(CLIENT, 5_001, TcpHeader.SYN | TcpHeader.RST, 1_000, 0, 10, cookieOf(CLIENT));
        send(CLIENT, 5_002, TcpHeader.SYN | TcpHeader.ACK, 1_000, 5, 10, cookieOf(CLIENT));
        assertNull(accept());
        assertEquals(0, pending());
        // Outside of a SYN the option means nothing.
        assertEquals(TcpHeader.RST, send(CLIENT, 5_003, TcpHeader.ACK, 1_000, 5, 10, cookieOf(CLIENT)).flags);
    }

    @Test
    void icmpErrorsOfItsSynAckDoNotEndIt() throws Exception {
        Answer a = fast(CLIENT, 5_000);
        TcpSocket s = accept();
        byte[] quoted = ByteBuffer.allocate(8).putShort((short) PORT).putShort((short) 5_000).putInt(a.seq).array();
        stack.tcp.onError(new IcmpError(IcmpError.Kind.HOST_UNREACHABLE, 6, IpAddress.parse(SERVER), IpAddress.parse(CLIENT), quoted, 0,
                IpAddress.parse("192.0.2.1")));
        assertEquals("SYN_RECEIVED", s.info().state());
        assertEquals(1, pending());
    }

    /// What is thrown inside ends the connection, and it counts no more, be the program never so slow to close it.
    @Test
    void oneThatFailsInsideMakesRoom() throws Exception {
        fast(CLIENT, 5_000);
        TcpSocket s = accept();
        stack.refused = "congestion.onSent";
        assertThrows(IOException.class, () -> {
            s.tryWrite(ByteBuffer.allocate(7));
            s.tryWrite(ByteBuffer.allocate(7));
        });
        assertEquals(1, stack.told.size());
        stack.told.clear();
        assertEquals(0, pending());
    }

    @Test
    void aListenerThatClosesResetsThoseThatWait() throws Exception {
        fast(CLIENT, 5_000);
        fast(CLIENT, 5_001);
        TcpSocket s = accept();
        answers.clear();
        listener.close();
        assertEquals(1, answers.size());
        assertEquals(TcpHeader.RST | TcpHeader.ACK, answers.getFirst().flags);
        assertEquals(10, read(s), "who was accepted goes on");
        assertEquals("SYN_RECEIVED", s.info().state());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 30_000})
    void hugeSynsAreTakenWithinTheWindow(int length) throws Exception {
        Answer a = syn(CLIENT, 5_000, length, cookieOf(CLIENT));
        assertEquals(1_001 + length, a.ack);
        assertEquals(Math.min(10_000, length), read(accept()));
    }
}
