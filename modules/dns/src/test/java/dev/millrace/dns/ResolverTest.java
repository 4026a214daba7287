package dev.millrace.dns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The resolver and name servers of every manner, on a stack.
@Timeout(30)
class ResolverTest {
    private static final InetSocketAddress FIRST = new InetSocketAddress("10.1.0.53", 53);
    private static final InetSocketAddress SECOND = new InetSocketAddress("10.1.0.54", 53);
    private static final InetAddress HOST = InetAddress.ofLiteral("192.0.2.7");

    private Stack stack;

    @BeforeEach
    void open() throws IOException {
        stack = Stack.builder().nic("lo", "loopback:", "10.1.0.1/24").open();
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private Resolver.Builder resolver() {
        // So long that a busy machine is no reason to ask twice; tests in which an answer is missing set their own.
        return Resolver.builder(stack).server(FIRST).timeout(Duration.ofSeconds(20));
    }

    private static byte[] answer(DnsMessage query, DnsRecord... records) {
        return query.response(0, 0, List.of(records), List.of()).toBytes(65535);
    }

    private static DnsRecord address(DnsMessage query) {
        return DnsRecord.address(query.questions().getFirst().name(), 60, HOST);
    }

    private static List<byte[]> good(DnsMessage query) {
        return List.of(answer(query, address(query)));
    }

    private FakeServer server(FakeServer.Behaviour behaviour) throws IOException {
        return new FakeServer(stack, FIRST, behaviour);
    }

    @Test
    void resolvesAName() throws Exception {
        try (FakeServer s = server((q, _) -> good(q))) {
            assertEquals(List.of(HOST), resolver().build().resolve("www.example.test"));
            assertEquals(List.of(new DnsQuestion("www.example.test", DnsRecord.A)), s.asked);
            assertEquals(1232, s.queries.getFirst().payload());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.7", "2001:db8::7"})
    void addressesAsTextAreNotAsked(String text) throws Exception {
        assertEquals(List.of(InetAddress.ofLiteral(text)), resolver().build().resolve(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a..b", "under score", "-\u0000", "x.toolongg-toolong-toolong-toolong-toolong-toolong-toolong-toolong"})
    void whatIsNoHostNameIsNotAsked(String text) {
        DnsException e = assertThrows(DnsException.class, () -> resolver().build().resolve(text));
        assertTrue(e.getMessage().contains("no host name"), e.getMessage());
    }

    @Test
    void namesOfOtherScriptsAreAskedInTheirAsciiForm() throws Exception {
        try (FakeServer s = server((q, _) -> good(q))) {
            resolver().build().resolve("bücher.example");
            assertEquals("xn--bcher-kva.example", s.asked.getFirst().name());
        }
    }

    @Test
    void asksForBothVersionsWhereTheStackHasBoth() throws Exception {
        try (Stack both = Stack.builder().nic("lo", "loopback:", "10.1.0.1/24", "fd01::1/64").open();
                var _ = new FakeServer(both, FIRST, (q, _) -> List.of(answer(q, q.questions().getFirst().type() == DnsRecord.A
                        ? address(q) : DnsRecord.address(q.questions().getFirst().name(), 60, InetAddress.ofLiteral("2001:db8::7")))))) {
            assertEquals(List.of(InetAddress.ofLiteral("2001:db8::7"), HOST),
                    Resolver.builder(both).server(FIRST).build().resolve("two.test"));
        }
    }

    @Test
    void asksAgainWhenNoAnswerComes() throws Exception {
        var count = new AtomicInteger();
        try (FakeServer s = server((q, _) -> count.incrementAndGet() < 3 ? List.of() : good(q))) {
            assertEquals(List.of(HOST), resolver().timeout(Duration.ofMillis(100)).attempts(10).build().resolve("slow.test"));
            assertTrue(s.asked.size() >= 3, s.asked.toString());
            assertEquals(s.asked.size(), s.queries.stream().map(DnsMessage::id).distinct().count(), "identifiers repeat");
        }
    }

    @Test
    void silenceOfAllServersSaysWhoWasAsked() throws Exception {
        try (FakeServer _ = server((_, _) -> List.of())) {
            DnsException e = assertThrows(DnsException.class,
                    () -> resolver().timeout(Duration.ofMillis(20)).attempts(2).build().resolve("mute.test"));
            assertTrue(e.getMessage().contains("10.1.0.53 does not answer in 20 ms") && e.getMessage().contains("2 times"),
                    e.getMessage());
        }
    }

    @Test
    void closedPortIsFoundOutAtOnce() {
        DnsException e = assertThrows(DnsException.class, () -> resolver().timeout(Duration.ofSeconds(10)).build().resolve("a.test"));
        assertTrue(e.getMessage().contains("10.1.0.53"), e.getMessage());
    }

    @Test
    void nextServerIsAskedWhenTheFirstFails() throws Exception {
        try (FakeServer bad = server((q, _) -> List.of(q.response(DnsMessage.SERVER_FAILURE, 0, List.of(), List.of()).toBytes(512)));
                var good = new FakeServer(stack, SECOND, (q, _) -> good(q))) {
            assertEquals(List.of(HOST), resolver().server(SECOND).build().resolve("spare.test"));
            assertEquals(1, bad.asked.size());
            assertEquals(1, good.asked.size());
        }
    }

    @Test
    void answersToOtherQueriesAreNotBelieved() throws Exception {
        InetAddress forged = InetAddress.ofLiteral("203.0.113.66");
        try (FakeServer _ = server((q, _) -> {
            DnsRecord lie = DnsRecord.address(q.questions().getFirst().name(), 60, forged);
            var wrongId = new DnsMessage(q.id() ^ 1, DnsMessage.RESPONSE, q.questions(), List.of(lie), List.of(), List.of());
            var wrongName = new DnsMessage(q.id(), DnsMessage.RESPONSE, List.of(new DnsQuestion("other.test", DnsRecord.A)),
                    List.of(lie), List.of(), List.of());
            var query = new DnsMessage(q.id(), 0, q.questions(), List.of(lie), List.of(), List.of());
            return List.of(wrongId.toBytes(512), wrongName.toBytes(512), query.toBytes(512), new byte[] {1, 2, 3},
                    answer(q, address(q)));
        })) {
            assertEquals(List.of(HOST), resolver().build().resolve("true.test"));
        }
    }

    @Test
    void answersFromElsewhereAreNotBelieved() throws Exception {
        try (var liar = stack.udp().bind(SECOND); FakeServer _ = server((q, _) -> good(q))) {
            // The socket is connected: the stack itself keeps others away, whatever port they guess.
            for (int port = 49152; port < 49400; port++) {
                liar.send(ByteBuffer.wrap(new byte[12]), new InetSocketAddress("10.1.0.1", port));
            }
            assertEquals(List.of(HOST), resolver().build().resolve("true.test"));
        }
    }

    @Test
    void cutAnswerIsAskedForByTcp() throws Exception {
        try (FakeServer s = server((q, tcp) -> tcp ? good(q)
                : List.of(q.response(0, DnsMessage.TRUNCATED, List.of(), List.of()).toBytes(512)))) {
            assertEquals(List.of(HOST), resolver().build().resolve("large.test"));
            assertEquals(2, s.asked.size());
        }
    }

    @Test
    void anAnswerCutAmidARecordIsAskedForByTcp() throws Exception {
        try (FakeServer s = server((q, tcp) -> {
            if (tcp) {
                return good(q);
            }
            byte[] whole = q.response(0, DnsMessage.TRUNCATED, List.of(address(q), address(q)), List.of()).toBytes(512);
            // RFC 2181 §9 lets a server cut anywhere.
            return List.of(java.util.Arrays.copyOf(whole, whole.length - 3));
        })) {
            assertEquals(List.of(HOST), resolver().attempts(1).build().resolve("large.test"));
            assertEquals(2, s.asked.size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {DnsMessage.SERVER_FAILURE, DnsMessage.REFUSED, DnsMessage.FORMAT_ERROR, DnsMessage.NOT_IMPLEMENTED})
    void aFailureIsBelievedEvenIfOnlyTheHeaderCanBeRead(int code) throws Exception {
        try (FakeServer bad = server((q, _) -> List.of(java.util.Arrays.copyOf(
                    q.response(code, 0, List.of(address(q)), List.of()).toBytes(512), 12)));
                var good = new FakeServer(stack, SECOND, (q, _) -> good(q))) {
            // Long enough to fail by the test's limit, if the first server were waited for.
            Resolver r = resolver().timeout(Duration.ofMinutes(1)).server(SECOND).build();
            assertEquals(List.of(HOST), r.resolve("spare.test"));
            assertEquals(1, good.asked.size());
            boolean again = code == DnsMessage.FORMAT_ERROR || code == DnsMessage.NOT_IMPLEMENTED;
            assertEquals(again ? 2 : 1, bad.asked.size(), "asked without EDNS, if that may have been it");
        }
    }

    @Test
    void thatANameDoesNotExistIsNotBelievedWithoutTheQuestion() throws Exception {
        try (FakeServer _ = server((q, _) -> List.of(java.util.Arrays.copyOf(
                q.response(DnsMessage.NAME_ERROR, 0, List.of(), List.of()).toBytes(512), 12), good(q).getFirst()))) {
            assertEquals(List.of(HOST), resolver().build().resolve("true.test"));
        }
    }

    @Test
    void aServerThatSendsByteAfterByteGetsTheTimeThatWasPromisedAndNoMore() throws Exception {
        try (var _ = new FakeServer(stack, FIRST, (q, _) ->
                List.of(q.response(0, DnsMessage.TRUNCATED, List.of(), List.of()).toBytes(512)), false);
                TcpListener tcp = stack.tcp().listen(FIRST, 0)) {
            Thread.startVirtualThread(() -> {
                try (TcpSocket s = tcp.accept()) {
                    // Many bytes in each time-out: an answer of 65,280 bytes takes half an hour.
                    for (byte b = -1;; b = 0) {
                        s.write(ByteBuffer.wrap(new byte[] {b}));
                        Thread.sleep(25);
                    }
                } catch (IOException | InterruptedException e) {
                    // The resolver has enough.
                }
            });
            DnsException e = assertThrows(DnsException.class,
                    () -> resolver().timeout(Duration.ofSeconds(1)).attempts(2).build().resolve("drip.test"));
            assertTrue(e.getMessage().contains("does not answer in 1000 ms"), e.getMessage());
        }
    }

    @Test
    void bothKindsAreAskedForAtOnceAndWhatHasComeIsNotAskedAgain() throws Exception {
        InetAddress six = InetAddress.ofLiteral("2001:db8::7");
        var held = new java.util.ArrayList<byte[]>();
        var asked = new AtomicInteger();
        try (Stack both = Stack.builder().nic("lo", "loopback:", "10.1.0.1/24", "fd01::1/64").open();
                var s = new FakeServer(both, FIRST, (q, _) -> {
                    boolean v4 = q.questions().getFirst().type() == DnsRecord.A;
                    byte[] answer = answer(q, v4 ? address(q)
                            : DnsRecord.address(q.questions().getFirst().name(), 60, six));
                    // Nothing is said to the first question before the second is there; the second itself is lost.
                    return switch (asked.incrementAndGet()) {
                        case 1 -> {
                            held.add(answer);
                            yield List.of();
                        }
                        case 2 -> List.copyOf(held);
                        default -> List.of(answer);
                    };
                })) {
            // It must not matter in which order the answers come.
            assertEquals(List.of(six, HOST), Resolver.builder(both).server(FIRST).timeout(Duration.ofSeconds(2)).build()
                    .resolve("two.test"));
            assertEquals(List.of(DnsRecord.AAAA, DnsRecord.A, DnsRecord.A), s.asked.stream().map(DnsQuestion::type).toList());
        }
    }

    @Test
    void bothKindsHaveTheirOwnFallBack() throws Exception {
        InetAddress six = InetAddress.ofLiteral("2001:db8::7");
        try (Stack both = Stack.builder().nic("lo", "loopback:", "10.1.0.1/24", "fd01::1/64").open();
                var _ = new FakeServer(both, FIRST, (q, tcp) -> {
                    boolean v4 = q.questions().getFirst().type() == DnsRecord.A;
                    if (v4 && !q.additionals().isEmpty()) {
                        return List.of(q.response(DnsMessage.FORMAT_ERROR, 0, List.of(), List.of()).toBytes(512));
                    }
                    if (!tcp) {
                        return List.of(q.response(0, DnsMessage.TRUNCATED, List.of(), List.of()).toBytes(512));
                    }
                    return List.of(answer(q, v4 ? address(q)
                            : DnsRecord.address(q.questions().getFirst().name(), 60, six)));
                })) {
            assertEquals(List.of(six, HOST), Resolver.builder(both).server(FIRST).attempts(1)
                    .timeout(Duration.ofSeconds(20)).build().resolve("two.test"));
        }
    }

    @Test
    void aliasesDoNotLengthenTheTimeThatWasPromised() throws Exception {
        var now = new AtomicLong();
        var n = new AtomicInteger();
        try (FakeServer s = server((q, _) -> {
            // Each alias takes 60 ms of the 200 that there are.
            now.addAndGet(60_000_000);
            return List.of(answer(q, DnsRecord.pointer(q.questions().getFirst().name(), DnsRecord.CNAME, 0,
                    "n" + n.incrementAndGet() + ".test")));
        })) {
            var e = assertThrows(DnsException.class, () -> resolver().timeout(Duration.ofMillis(100)).attempts(2)
                    .nanoTime(now::get).build().resolve("a.test"));
            assertTrue(e.getMessage().contains("cannot be resolved"), e.getMessage());
            assertTrue(s.asked.size() <= 5, s.asked.size() + " questions");
        }
    }

    @Test
    void aliasesAreFollowedInsideAnAnswerAndBeyond() throws Exception {
        try (FakeServer s = server((q, _) -> q.questions().getFirst().name().equals("c.test") ? good(q)
                : List.of(answer(q, DnsRecord.pointer("A.test", DnsRecord.CNAME, 60, "b.test"),
                        DnsRecord.pointer("b.TEST", DnsRecord.CNAME, 60, "c.test"))))) {
            assertEquals(List.of(HOST), resolver().build().resolve("a.test"));
            assertEquals(List.of("a.test", "c.test"), s.asked.stream().map(DnsQuestion::name).toList());
        }
    }

    @Test
    void aliasesInACircleEnd() throws Exception {
        try (FakeServer _ = server((q, _) -> List.of(answer(q, DnsRecord.pointer("a.test", DnsRecord.CNAME, 60, "b.test"),
                DnsRecord.pointer("b.test", DnsRecord.CNAME, 60, "a.test"))))) {
            assertTrue(assertThrows(DnsException.class, () -> resolver().build().resolve("a.test")).getMessage().contains("circle"));
        }
    }

    @Test
    void aliasesWithoutEndEnd() throws Exception {
        var n = new AtomicInteger();
        try (FakeServer s = server((q, _) -> List.of(answer(q, DnsRecord.pointer(q.questions().getFirst().name(),
                DnsRecord.CNAME, 60, "n" + n.incrementAndGet() + ".test"))))) {
            assertTrue(assertThrows(DnsException.class, () -> resolver().build().resolve("a.test")).getMessage().contains("aliases"));
            assertEquals(9, s.asked.size());
        }
    }

    @Test
    void absentNameAndNameWithoutAddressAreToldApart() throws Exception {
        try (FakeServer _ = server((q, _) -> List.of(q.response(
                q.questions().getFirst().name().startsWith("no") ? DnsMessage.NAME_ERROR : 0, 0, List.of(), List.of()).toBytes(512)))) {
            assertTrue(assertThrows(DnsException.class, () -> resolver().build().resolve("no.test")).getMessage()
                    .contains("there is no such name"));
            assertTrue(assertThrows(DnsException.class, () -> resolver().build().resolve("mail.test")).getMessage()
                    .contains("has no IPv4 address"));
        }
    }

    @Test
    void serverWithoutEdnsIsAskedWithout() throws Exception {
        try (FakeServer s = server((q, _) -> q.additionals().isEmpty() ? good(q)
                : List.of(new DnsMessage(q.id(), DnsMessage.RESPONSE | DnsMessage.FORMAT_ERROR, List.of(), List.of(), List.of(),
                        List.of()).toBytes(512)))) {
            assertEquals(List.of(HOST), resolver().build().resolve("old.test"));
            assertEquals(2, s.asked.size());
        }
    }

    @Test
    void answersAreKeptAsLongAsTheyMay() throws Exception {
        var now = new AtomicLong();
        try (FakeServer s = server((q, _) -> good(q))) {
            Resolver r = resolver().nanoTime(now::get).build();
            r.resolve("kept.test");
            now.set(59_999_999_999L);
            r.resolve("KEPT.test");
            assertEquals(1, s.asked.size());
            now.set(60_000_000_000L);
            r.resolve("kept.test");
            assertEquals(2, s.asked.size());
        }
    }

    @Test
    void absenceIsKeptAsLongAsTheZoneSays() throws Exception {
        var now = new AtomicLong();
        DnsRecord soa = DnsRecord.authority("test", 3600, "ns.test", "root.test", 1, 30);
        try (FakeServer s = server((q, _) -> List.of(q.response(DnsMessage.NAME_ERROR, 0, List.of(), List.of(soa)).toBytes(512)))) {
            Resolver r = resolver().nanoTime(now::get).build();
            for (long t : new long[] {0, 29_000_000_000L, 31_000_000_000L}) {
                now.set(t);
                assertThrows(DnsException.class, () -> r.resolve("no.test"));
            }
            assertEquals(2, s.asked.size());
        }
    }

    @Test
    void cacheIsBounded() throws Exception {
        try (FakeServer s = server((q, _) -> good(q))) {
            Resolver r = resolver().cacheSize(2).build();
            for (String name : List.of("a.test", "b.test", "c.test", "b.test", "c.test", "a.test")) {
                r.resolve(name);
            }
            assertEquals(List.of("a.test", "b.test", "c.test", "a.test"), s.asked.stream().map(DnsQuestion::name).toList());
        }
    }

    @Test
    void closingTheStackEndsAResolve() throws Exception {
        try (FakeServer s = server((_, _) -> List.of())) {
            Thread.startVirtualThread(() -> {
                while (s.asked.isEmpty()) {
                    Thread.onSpinWait();
                }
                stack.close();
            });
            IOException e = assertThrows(IOException.class, () -> resolver().timeout(Duration.ofSeconds(20)).build().resolve("a.test"));
            assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(e).orElseThrow());
        }
    }

    @Test
    void interruptEndsAResolve() throws Exception {
        try (FakeServer _ = server((_, _) -> List.of())) {
            Thread.currentThread().interrupt();
            IOException e = assertThrows(IOException.class, () -> resolver().timeout(Duration.ofSeconds(20)).build().resolve("a.test"));
            assertInstanceOf(java.nio.channels.ClosedByInterruptException.class, e);
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThrows(IllegalStateException.class, () -> Resolver.builder(stack).build());
        assertThrows(IllegalArgumentException.class, () -> resolver().attempts(0));
        assertThrows(IllegalArgumentException.class, () -> resolver().timeout(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> resolver().cacheSize(-1));
    }
}
