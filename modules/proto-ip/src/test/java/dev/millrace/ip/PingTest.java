package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.spi.IcmpError;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The echo requests of this stack, in virtual time.
class PingTest {
    private static final long MS = 1_000_000;

    private final LeakCheck leaks = new LeakCheck();
    private final List<PingEvent> events = new ArrayList<>();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static Ping to(IpBench bench, String destination) {
        return new Ping(bench.ip::ping, IpAddress.parse(destination).toInetAddress());
    }

    private static int header(IpBench bench) {
        return bench.v4 ? 20 : 40;
    }

    private static int field(byte[] packet, int at) {
        return BigEndian.u16(MemorySegment.ofArray(packet), at);
    }

    private static byte[] last(IpBench bench) {
        return bench.nic.sent().getLast();
    }

    /// The reply to a request, from the address that the builder says.
    private static byte[] reply(IpBench bench, byte[] request, PacketBuilder from) {
        int at = header(bench);
        return from.icmp(bench.v4 ? 0 : 129, 0, field(request, at + 4) << 16 | field(request, at + 6),
                Arrays.copyOfRange(request, at + 8, request.length));
    }

    private static byte[] error(IpBench bench, byte[] request, String router, int type, int code, int word) {
        return PacketBuilder.between(router, bench.own).icmp(type, code, word,
                Arrays.copyOf(request, Math.min(request.length, 500)));
    }

    private static String router(IpBench bench) {
        return bench.v4 ? "10.9.0.254" : "fd09::fe";
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void requestsLeaveInTimeAndRepliesAreMeasured(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(3).interval(Duration.ofMillis(100)).size(32).ttl(9).pattern((byte) 0xab)
                .start(events::add);
        for (int n = 1; n <= 3; n++) {
            byte[] request = last(bench);
            assertEquals(n, bench.nic.sent().size());
            assertEquals(header(bench) + 8 + 32, request.length);
            assertEquals(9, request[bench.v4 ? 8 : 7]);
            assertEquals((byte) 0xab, request[header(bench) + 8 + 31]);
            assertEquals(n, field(request, header(bench) + 6), "sequence");
            assertTrue(IpBench.checksumsAreRight(request));
            bench.time.runUntil((n - 1) * 100 * MS + n * MS);
            bench.receive(reply(bench, request, bench.fromPeer().hopLimit(55)));
            var reply = assertInstanceOf(PingEvent.Reply.class, events.getLast());
            assertEquals(new PingEvent.Reply(n, IpAddress.parse(bench.peer).toInetAddress(), 40, 55, n * MS, false, true), reply);
            assertEquals(n == 3, run.isDone());
            bench.time.runUntil(n * 100 * MS);
        }
        bench.time.runUntil(10_000 * MS);
        assertEquals(3, bench.nic.sent().size());
        var s = run.statistics();
        assertEquals(List.of(3L, 3L, 0L, 0L, MS, 2 * MS, 3 * MS), List.of(s.sent(), s.received(), s.duplicates(), s.errors(),
                s.minNs(), s.averageNs(), s.maxNs()));
        assertEquals(816_496, s.deviationNs());
        assertEquals(0, s.loss());
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void silenceIsToldAfterTheTimeout(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(2).interval(Duration.ofMillis(300)).timeout(Duration.ofSeconds(1))
                .start(events::add);
        bench.time.runUntil(999 * MS);
        assertEquals(List.of(), events);
        bench.time.runUntil(1000 * MS);
        assertEquals(List.of(new PingEvent.Unanswered(1)), events);
        assertFalse(run.isDone());
        bench.time.runUntil(1300 * MS);
        assertEquals(new PingEvent.Unanswered(2), events.getLast());
        assertTrue(run.isDone());
        assertEquals(1.0, run.statistics().loss());
        // Too late: nobody asks any more.
        assertEquals(DropReason.ICMP_IGNORED, bench.fate(reply(bench, last(bench), bench.fromPeer())));
        assertEquals(2, events.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void onlyTheDestinationsOwnRepliesWithIdentifierAndSequenceCount(int version) throws IOException {
        IpBench bench = new IpBench(version);
        to(bench, bench.peer).count(1).start(events::add);
        byte[] request = last(bench);
        assertEquals(DropReason.ICMP_IGNORED,
                bench.fate(reply(bench, request, PacketBuilder.between(router(bench), bench.own))), "another's reply");
        for (int at : new int[] {4, 6}) {
            byte[] other = request.clone();
            other[header(bench) + at] ^= 1;
            assertEquals(DropReason.ICMP_IGNORED, bench.fate(reply(bench, other, bench.fromPeer())));
        }
        assertEquals(List.of(), events);
        bench.receive(reply(bench, request, bench.fromPeer()));
        assertEquals(1, events.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void duplicatesAndDamagedDataAreSaid(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(2).start(events::add);
        byte[] request = last(bench);
        bench.receive(reply(bench, request, bench.fromPeer()));
        bench.receive(reply(bench, request, bench.fromPeer()));
        byte[] damaged = request.clone();
        damaged[damaged.length - 1] ^= 1;
        bench.receive(reply(bench, damaged, bench.fromPeer()));
        List<String> seen = events.stream().map(e -> (PingEvent.Reply) e).map(r -> r.duplicate() + " " + r.intact()).toList();
        assertEquals(List.of("false true", "true true", "true false"), seen);
        assertEquals(1, run.statistics().received());
        assertEquals(2, run.statistics().duplicates());
        run.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void manyAnswerOneRequestToAGroup(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.v4 ? "10.9.0.255" : "ff02::1").count(1).timeout(Duration.ofMillis(500)).start(events::add);
        byte[] request = last(bench);
        bench.receive(reply(bench, request, bench.fromPeer()));
        assertFalse(run.isDone(), "others may answer");
        bench.receive(reply(bench, request, PacketBuilder.between(router(bench), bench.own)));
        bench.time.runUntil(500 * MS);
        assertTrue(run.isDone());
        assertEquals(1, run.statistics().received());
        assertEquals(1, run.statistics().duplicates());
        assertEquals(2, events.stream().map(e -> ((PingEvent.Reply) e).from()).distinct().count());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void errorsThatQuoteARequestAreTold(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(2).interval(Duration.ofMillis(10)).start(events::add);
        byte[] first = last(bench);
        bench.receive(error(bench, first, router(bench), bench.v4 ? 11 : 3, 0, 0));
        // What the stack hands to the protocol that has sent the quoted packet.
        bench.ip.onError(bench.network.errors().getLast());
        assertEquals(List.of(new PingEvent.Failed(1, IpAddress.parse(router(bench)).toInetAddress(),
                IcmpError.Kind.TIME_EXCEEDED, 0)), events);
        // A second error, and one about what was never sent.
        bench.ip.onError(bench.network.errors().getLast());
        byte[] never = first.clone();
        never[header(bench) + 7] = 77;
        bench.receive(error(bench, never, router(bench), bench.v4 ? 11 : 3, 0, 0));
        bench.ip.onError(bench.network.errors().getLast());
        assertEquals(1, events.size());
        bench.time.runUntil(10 * MS);
        bench.receive(reply(bench, last(bench), bench.fromPeer()));
        assertTrue(run.isDone());
        assertEquals(1, run.statistics().errors());
        assertEquals(1, run.statistics().received());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void whatDoesNotFitIsCutOrWithDontFragmentNotSent(int version) throws IOException {
        IpBench bench = new IpBench(version);
        to(bench, bench.peer).count(1).size(3000).start(events::add).close();
        assertEquals(3, bench.nic.sent().size());
        PingRun run = to(bench, bench.peer).count(1).size(1500 - header(bench) - 8 + 1).dontFragment(true).start(events::add);
        assertEquals(3, bench.nic.sent().size());
        var notSent = assertInstanceOf(PingEvent.NotSent.class, events.getLast());
        assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(notSent.reason()).orElseThrow());
        assertEquals(1500, notSent.mtu());
        assertTrue(run.isDone());
        to(bench, bench.peer).count(1).size(1500 - header(bench) - 8).dontFragment(true).start(events::add).close();
        assertEquals(1500, last(bench).length);
        if (bench.v4) {
            assertEquals(0x40, last(bench)[6] & 0x40, "DF");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aNarrowPathIsLearnedFromTheErrorAboutAPing(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(2).size(1400).interval(Duration.ofMillis(10)).dontFragment(true)
                .start(events::add);
        byte[] request = last(bench);
        bench.receive(bench.v4 ? error(bench, request, router(bench), 3, 4, 1300)
                : error(bench, request, router(bench), 2, 0, 1300));
        bench.ip.onError(bench.network.errors().getLast());
        assertEquals(1300, ((PingEvent.Failed) events.getLast()).mtu());
        bench.time.runUntil(10 * MS);
        assertEquals(1300, assertInstanceOf(PingEvent.NotSent.class, events.getLast()).mtu());
        assertTrue(run.isDone());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void manyPingsShareTheStackUpToALimit(int version) throws IOException {
        IpBench bench = new IpBench(version);
        List<PingRun> runs = new ArrayList<>();
        for (int i = 0; i < EchoRequests.MAX_RUNS; i++) {
            runs.add(to(bench, bench.peer).count(1).size(0).start(events::add));
        }
        assertEquals(EchoRequests.MAX_RUNS, bench.nic.sent().stream().map(p -> field(p, header(bench) + 4)).distinct().count());
        var refused = assertThrows(IOException.class, () -> to(bench, bench.peer).start(events::add));
        assertEquals(ErrorCode.LIMIT_REACHED, ErrorCode.of(refused).orElseThrow());
        for (byte[] request : List.copyOf(bench.nic.sent())) {
            bench.receive(reply(bench, request, bench.fromPeer()));
        }
        assertEquals(EchoRequests.MAX_RUNS, events.size());
        assertTrue(runs.stream().allMatch(PingRun::isDone));
        // Their places are free again.
        to(bench, bench.peer).count(1).start(events::add).close();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aFastPingWithoutAnswersKeepsABoundedNumberUnderWay(int version) throws IOException {
        IpBench bench = new IpBench(version, new FakeNic(1500), Map.of());
        PingRun run = to(bench, bench.peer).count(0).size(0).interval(Duration.ofMillis(1)).timeout(Duration.ofHours(1))
                .start(events::add);
        bench.time.runUntil(70_000 * MS);
        assertEquals(70_001, run.statistics().sent(), "the sequence wraps");
        assertEquals(70_001 - Ping.MAX_UNDER_WAY, events.size());
        // Of a request so old that its place is another's by now.
        assertEquals(DropReason.ICMP_IGNORED, bench.fate(reply(bench, bench.nic.sent().get(66_000), bench.fromPeer())));
        bench.receive(reply(bench, last(bench), bench.fromPeer()));
        assertEquals(70_001, assertInstanceOf(PingEvent.Reply.class, events.getLast()).sequence());
        run.close();
        bench.time.runUntil(80_000 * MS);
        assertEquals(70_001, run.statistics().sent());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void nothingIsSentWithoutARouteOrFromAnAddressOfAnother(int version) {
        IpBench bench = new IpBench(version);
        var foreign = to(bench, bench.peer).source(IpAddress.parse(router(bench)).toInetAddress());
        assertEquals(ErrorCode.ADDRESS_NOT_AVAILABLE,
                ErrorCode.of(assertThrows(IOException.class, () -> foreign.start(events::add))).orElseThrow());
        bench.network.setRouted(false);
        assertEquals(ErrorCode.NETWORK_UNREACHABLE, ErrorCode.of(
                assertThrows(IOException.class, () -> to(bench, bench.peer).start(events::add))).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void closingTheProtocolEndsEveryPing(int version) throws IOException {
        IpBench bench = new IpBench(version);
        PingRun run = to(bench, bench.peer).count(5).start(events::add);
        bench.ip.close();
        assertTrue(run.isDone());
        assertEquals(ErrorCode.STACK_CLOSED, ErrorCode.of(assertThrows(IOException.class, run::await)).orElseThrow());
        assertThrows(IOException.class, () -> to(bench, bench.peer).start(events::add));
    }
}
