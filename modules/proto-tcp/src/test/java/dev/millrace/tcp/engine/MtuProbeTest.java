package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.spi.IcmpError;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Probing for the path MTU (RFC 4821, RFC 8899): where routers say nothing of what they drop.
class MtuProbeTest {
    private static final long SECOND = 1_000_000_000L;

    /// A pair whose wire loses packets of `a` that are larger than `mtu`, and tells nobody.
    private static Pair blackHole(int mtu, String... settings) {
        var pair = new Pair(1, Pair.Wire.clean(), TcpSettings.of(settings));
        narrow(pair, mtu);
        return pair;
    }

    private static void narrow(Pair pair, int mtu) {
        pair.loses = s -> 20 + s.headerLength + s.len > mtu;
    }

    private static void transfer(Pair pair, long bytes, long limitNs) {
        pair.a.toWrite += bytes;
        long all = pair.a.toWrite;
        pair.a.use();
        assertTrue(pair.run(limitNs, () -> pair.b.read == all), () -> "stuck: " + pair.a.tcp.info(pair.nowNs));
    }

    /// Transfers enough for a search: each probe that is lost takes two round trips.
    private static void transferMuch(Pair pair) {
        for (int i = 0; i < 60; i++) {
            transfer(pair, 300_000, 20 * SECOND);
        }
    }

    private static int mtu(Pair pair) {
        return PathMtu.of(pair.a.tcp);
    }

    // ---- black holes

    @ParameterizedTest
    @CsvSource({"1400,true", "1492,true", "1280,true", "1400,false", "1300,false", "576,true", "552,false"})
    void aPathThatSwallowsLargeSegmentsIsFoundOutAndItsWidthT17(int mtu, boolean timestamps) {
        Pair pair = blackHole(mtu, "timestamps", "" + timestamps);
        pair.open();
        transferMuch(pair);
        assertTrue(mtu(pair) <= mtu && mtu(pair) > mtu - 16, "found " + mtu(pair) + " of " + mtu);
        if (mtu >= 1280) {
            assertEquals(mtu, mtu(pair), "a usual one is found exactly");
            assertEquals(5, pair.a.tcp.timeouts, "R1 (RFC 4821 §7.7), and two more where a smaller one arrived");
        }
        MtuNews news = pair.a.tcp.takeMtuNews();
        assertEquals(mtu(pair), news.found());
        assertTrue(news.lost() <= 8 * MtuProbe.MAX_PROBES && news.sent() >= news.lost(), news.toString());
        assertEquals(MtuNews.NONE, pair.a.tcp.takeMtuNews());
        pair.end();
    }

    @Test
    void withoutProbingNothingArrives() {
        Pair pair = blackHole(1400, "mtu-probing", "off");
        pair.open();
        pair.a.toWrite = 100_000;
        pair.a.use();
        assertFalse(pair.run(60 * SECOND, () -> pair.b.read > 0));
        pair.end();
    }

    @Test
    void aPathThatBecomesABlackHoleIsFoundOutToo() {
        Pair pair = blackHole(9000);
        pair.open();
        transfer(pair, 1_000_000, 10 * SECOND);
        assertEquals(1500, mtu(pair));
        narrow(pair, 1420);
        transferMuch(pair);
        assertEquals(1420, mtu(pair));
        narrow(pair, 1300);
        transferMuch(pair);
        assertEquals(1300, mtu(pair));
        pair.end();
    }

    /// An outage is no black hole, however long: only the first segment goes in small while it lasts, and nothing is probed.
    @ParameterizedTest
    @ValueSource(ints = {2, 5, 60})
    void anOutageCostsNothing(int seconds) {
        Pair pair = blackHole(9000);
        pair.open();
        transfer(pair, 1_000_000, 10 * SECOND);
        pair.loses = s -> true;
        pair.a.toWrite += 1_000_000;
        pair.a.use();
        assertFalse(pair.run(seconds * SECOND, () -> pair.b.read == pair.a.toWrite));
        assertTrue(pair.a.tcp.retries >= Timeouts.R1 && BlackHole.limit(pair.a.tcp) <= 1024);
        pair.loses = s -> false;
        long before = pair.a.tcp.segmentsSent;
        transfer(pair, 1_000_000, 200 * SECOND);
        assertEquals(1448, pair.a.tcp.snd.mss);
        assertEquals(MtuNews.NONE, pair.a.tcp.takeMtuNews());
        assertNull(pair.a.tcp.blackHole);
        assertTrue(pair.a.tcp.segmentsSent - before < 2_000_000 / 1448 + 30, "in segments of the former size");
        pair.end();
    }

    /// Where much is lost three timeouts in a row come about now and then.
    @Test
    void badLuckIsNoBlackHole() {
        Pair pair = blackHole(9000);
        pair.open();
        var random = new Random(5);
        pair.loses = s -> random.nextInt(100) < 20;
        boolean[] suspected = new boolean[1];
        pair.a.toWrite = 900_000;
        pair.a.use();
        assertTrue(pair.run(9_000 * SECOND, () -> {
            suspected[0] |= pair.a.tcp.blackHole != null;
            return pair.b.read == pair.a.toWrite;
        }));
        assertTrue(suspected[0] && pair.a.tcp.timeouts > 10, pair.a.tcp.timeouts + " timeouts");
        assertEquals(1448, pair.a.tcp.snd.mss);
        assertEquals(0, pair.a.tcp.takeMtuNews().blackHoles());
        pair.end();
    }

    @Test
    void smallSegmentsThatTimeOutSayNothingOfThePathsWidth() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 5 * SECOND, "no-delay", "true"), syn().mss(1460).sackOk());
        b.write(150).write(150).write(150).forget().after(20_000);
        assertTrue(b.tcp.retries > Timeouts.R1);
        assertEquals(1460, b.tcp.snd.mss);
        b.end();
    }

    @Test
    void aClosedWindowSaysNothingOfThePathsWidth() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 5 * SECOND), syn().mss(1460).sackOk()).write(14_600);
        for (int i = 0; i < 30; i++) {
            b.recv(ackOf(1).win(0)).after(5_000);
        }
        assertEquals(1460, b.tcp.snd.mss);
        b.end();
    }

    @Test
    void theFirstSegmentIsHalvedDownToTheFloorAndNoFurther() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 5 * SECOND), syn().mss(1460).sackOk()).write(14_600).after(1_000);
        assertEquals(". 1:1461 ack 1", b.sent.peekLast().brief());
        b.forget().after(500).expect(". 1:1025 ack 1").forget().after(2_000).expect(". 1:513 ack 1");
        b.forget().after(60_000);
        b.sent.forEach(o -> assertTrue(o.seq() != 1 || o.len() == 512, o.brief()));
        assertTrue(b.sent.size() > 3);
        assertEquals(1460, b.tcp.snd.mss, "nobody knows yet");
        b.end();
    }

    /// What vanishes may be a segment that was cut when less was known to fit than now.
    @Test
    void whatVanishesCountsNotWhatWouldBeSentNext() {
        TcpBench b = probing().write(20_000).recv(ackOf(2485));
        assertEquals(1460, b.tcp.snd.mss);
        // What is sent again is of 1024 bytes still.
        b.forget().after(20_000);
        assertEquals(512, BlackHole.limit(b.tcp));
        b.end();
    }

    @Test
    void overIpv6NothingIsSmallerThanEveryLinkCarries() {
        TcpBench b = establish(new TcpBench(1440, false, 0, 5 * SECOND), syn().mss(1440).sackOk()).write(14_400)
                .after(60_000);
        assertEquals(1220, BlackHole.limit(b.tcp));
        b.end();
    }

    @Test
    void whoDoesNotProbeSuspectsNothing() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 5 * SECOND, "mtu-probing", "off"), syn().mss(1460).sackOk()).write(14_600)
                .after(60_000);
        assertNull(b.tcp.blackHole);
        b.end();
    }

    // ---- from the beginning

    @ParameterizedTest
    @CsvSource({"9000,true,true", "1400,true,true", "1400,true,false", "1400,false,true", "1100,true,true"})
    void alwaysProbingFindsTheWidthWithoutATimeoutAndWithoutCongestion(int mtu, boolean sack, boolean timestamps) {
        Pair pair = blackHole(mtu, "mtu-probing", "always", "sack", "" + sack, "timestamps", "" + timestamps);
        pair.open();
        transferMuch(pair);
        assertTrue(mtu(pair) <= mtu && mtu(pair) > Math.min(mtu, 1500) - 16, "found " + mtu(pair));
        assertEquals(0, pair.a.tcp.timeouts);
        assertEquals(Long.MAX_VALUE, pair.a.tcp.cc.ssthresh(), "the loss of a probe is no congestion");
        assertEquals(0, pair.a.tcp.takeMtuNews().blackHoles());
        pair.end();
    }

    @Test
    void aProbeThatIsLostByBadLuckIsSentAgain() {
        var pair = new Pair(1, Pair.Wire.clean(), TcpSettings.of("mtu-probing", "always"));
        int[] unlucky = {MtuProbe.MAX_PROBES - 1};
        pair.loses = s -> 20 + s.headerLength + s.len > 1064 && unlucky[0]-- > 0;
        pair.open();
        transferMuch(pair);
        assertEquals(1500, mtu(pair));
        assertEquals(MtuProbe.MAX_PROBES - 1, pair.a.tcp.takeMtuNews().lost());
        pair.end();
    }

    private static TcpBench probing(String... settings) {
        String[] all = new String[settings.length + 2];
        all[0] = "mtu-probing";
        all[1] = "always";
        System.arraycopy(settings, 0, all, 2, settings.length);
        return establish(new TcpBench(1460, true, 0, 5 * SECOND, all), syn().mss(1460).sackOk()).after(20);
    }

    @Test
    void aProbeIsNewDataInOnePacketWithEnoughBehindIt() {
        TcpBench b = probing().write(20_000);
        // Something is in flight first, whose acknowledgement drives what follows.
        b.expect(". 1:1025 ack 1", ". 1025:2485 ack 1", ". 2485:3509 ack 1");
        b.recv(ackOf(2485));
        assertEquals(1460, b.tcp.snd.mss, "as soon as it is acknowledged");
        b.end();
    }

    @Test
    void aLinkThatCutsSuperSegmentsDoesNotCutProbes() {
        TcpBench b = establish(new TcpBench(1460, true, 60_000, 5 * SECOND, "mtu-probing", "always", "initial-window", "20"),
                syn().mss(1460).sackOk().scale(7)).recv(ackOf(1).win(1000)).after(20).write(60_000);
        TcpBench.Out first = b.next();
        assertEquals(1024, first.superSize());
        // The acknowledgement lets the probe go, and behind it super-segments of what is known to fit.
        b.recv(ackOf(first.len() + 1).win(1000));
        TcpBench.Out probe = b.sent.stream().filter(o -> o.len() == 1460).findFirst().orElseThrow();
        assertEquals(0, probe.superSize());
        assertTrue(b.sent.stream().allMatch(o -> o == probe || o.len() <= 1024 || o.superSize() == 1024), () -> "" + b.sent);
        assertEquals(b.sent.stream().filter(o -> o.len() > 0).mapToLong(o -> o == probe ? 1 : (o.len() + 1023) / 1024).sum()
                + (first.len() + 1023) / 1024 + 1, b.tcp.info(b.nowNs).totals().segmentsSent());
        assertEquals(b.tcp.info(b.nowNs).totals().segmentsSent() - 1, b.tcp.info(b.nowNs).totals().dataSegmentsSent(), "all but SYN, ACK");
        b.end();
    }

    @Test
    void nothingIsProbedThatThePeerOrTheProgramDoesNotWant() {
        TcpBench b = establish(new TcpBench(1460, true, 0, 5 * SECOND, "mtu-probing", "always"), syn().mss(1200).sackOk()).after(20)
                .write(20_000);
        assertEquals(1200, b.sent.stream().mapToInt(TcpBench.Out::len).max().orElseThrow());
        b.end();
        b = new TcpBench(1460, true, 0, 5 * SECOND, "mtu-probing", "always");
        b.tcp.ownOptions().maxSegment = 1100;
        establish(b, syn().mss(1460).sackOk()).after(20).write(20_000);
        assertEquals(1100, b.sent.stream().mapToInt(TcpBench.Out::len).max().orElseThrow());
        b.end();
    }

    @Test
    void aProbeDoesNotHoldBackWhatIsSmallBehindIt() {
        TcpBench b = probing().write(9_000 + 300);
        assertTrue(b.sent.stream().anyMatch(o -> o.len() == 1460));
        // All of it, the remnant included: Minshall's rule waits for small segments, and a probe is none.
        assertEquals(9_300, b.sent.stream().mapToInt(TcpBench.Out::len).sum());
        b.end();
    }

    @Test
    void theLossOfAProbeAloneIsRepairedWithoutCongestion() {
        TcpBench b = probing("tail-loss-probe", "false").write(60_000);
        long cwnd = b.tcp.cc.cwnd();
        b.forget().recv(ackOf(1025)).after(10).recv(ackOf(1025).sack(2485, 3509)).recv(ackOf(1025).sack(2485, 4533)).forget()
                .recv(ackOf(1025).sack(2485, 5557));
        b.expect(". 1025:2049 ack 1", ". 2049:2485 ack 1");
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertEquals(Long.MAX_VALUE, b.tcp.cc.ssthresh());
        assertTrue(b.tcp.cc.cwnd() >= cwnd);
        assertTrue(LossRecovery.pipe(b.tcp) <= b.tcp.cc.cwnd());
        // And not probed again before all that is acknowledged.
        b.recv(ackOf(5557));
        assertTrue(b.sent.stream().allMatch(o -> o.len() <= 1024), () -> "" + b.sent);
        assertEquals(1024, b.tcp.snd.mss);
        b.end();
    }

    @Test
    void soItIsIfTimeTellsOfIt() {
        TcpBench b = probing("tail-loss-probe", "false").write(20_000).after(20).recv(ackOf(1025)).after(5).forget();
        // One report might be reordering.
        b.recv(ackOf(1025).sack(2485, 3509));
        assertTrue(b.sent.stream().noneMatch(o -> o.seq() == 1025));
        b.forget().after(10);
        b.expect(". 1025:2049 ack 1", ". 2049:2485 ack 1");
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertEquals(Long.MAX_VALUE, b.tcp.cc.ssthresh());
        assertEquals(1, b.tcp.takeMtuNews().lost());
        b.end();
    }

    @Test
    void aProbeFitsIntoTheCongestionWindow() {
        TcpBench b = probing("initial-window", "6").recv(ackOf(1).win(6_000)).write(20_000);
        assertEquals(5 * 1024, b.tcp.snd.flight());
        b.recv(ackOf(1).win(30_000));
        assertEquals(6 * 1024, b.tcp.snd.flight());
        assertEquals(0, b.tcp.takeMtuNews().sent());
        b.end();
    }

    @Test
    void anyOtherLossIsCongestion() {
        TcpBench b = probing("tail-loss-probe", "false").write(20_000).forget();
        b.recv(ackOf(1025)).after(10).recv(ackOf(1025).sack(3509, 4533)).recv(ackOf(1025).sack(3509, 5557))
                .recv(ackOf(1025).sack(3509, 6581));
        assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
        assertTrue(b.tcp.cc.ssthresh() < Long.MAX_VALUE);
        b.end();
    }

    @Test
    void theSecondLossOfAProbesDataIsCongestion() {
        TcpBench b = probing("tail-loss-probe", "false").write(30_000).forget();
        b.recv(ackOf(1025)).after(10).recv(ackOf(1025).sack(2485, 3509)).recv(ackOf(1025).sack(2485, 4533))
                .recv(ackOf(1025).sack(2485, 5557));
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        // What was sent after the retransmission arrives.
        int sent = (int) (b.tcp.snd.nxt - b.tcp.snd.iss);
        b.after(20).recv(ackOf(1025).sack(2485, sent)).after(5).write(3000).after(25);
        b.recv(ackOf(1025).sack(2485, (int) (b.tcp.snd.nxt - b.tcp.snd.iss))).after(5);
        assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
        b.end();
    }

    /// RFC 4821 §7.6.3.
    @Test
    void aTimeoutOfAProbeIsCongestionAndAFailure() {
        TcpBench b = probing("tail-loss-probe", "false").write(20_000).recv(ackOf(1025)).forget().after(300);
        assertEquals(LossRecovery.Phase.RTO_RECOVERY, b.tcp.recovery.phase());
        assertTrue(b.tcp.cc.ssthresh() < Long.MAX_VALUE);
        assertEquals(1, b.tcp.takeMtuNews().lost());
        b.end();
    }

    @Test
    void whatWasSentAgainProvesNothing() {
        TcpBench b = probing("tail-loss-probe", "false").write(20_000).forget().after(1_000);
        assertEquals(2, b.tcp.retries);
        b.recv(ackOf(1025)).recv(ackOf(2485)).recv(ackOf((int) (b.tcp.snd.nxt - b.tcp.snd.iss)));
        assertEquals(1024, b.tcp.snd.mss, "its bytes have arrived, the packet need not have");
        assertEquals(0, b.tcp.takeMtuNews().lost());
        b.end();
    }

    @Test
    void aRouterThatAnswersAProbeIsHeard() {
        TcpBench b = probing().write(20_000).forget();
        assertEquals(-1, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1, 1400), "that one was small");
        b.expectNothing();
        assertEquals(1400, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1025, 1400));
        // At once, in segments that are known to fit.
        b.expect(". 1025:2049 ack 1", ". 2049:2485 ack 1");
        assertEquals(Long.MAX_VALUE, b.tcp.cc.ssthresh());
        assertEquals(1024, b.tcp.snd.mss);
        b.forget().recv(ackOf((int) (b.tcp.snd.nxt - b.tcp.snd.iss)));
        assertTrue(b.sent.stream().anyMatch(o -> o.len() == 1360), () -> "what was told is tried: " + b.sent);
        assertEquals(0, b.tcp.takeMtuNews().lost());
        b.end();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unsent", "window", "cwnd"})
    void nothingIsProbedThatTheWindowsDoNotAllow(String lacking) {
        TcpBench b = switch (lacking) {
            case "unsent" -> probing().write(6_000);
            case "window" -> probing().recv(ackOf(1).win(6_500)).write(20_000);
            default -> probing("initial-window", "5").write(20_000);
        };
        assertTrue(b.sent.stream().allMatch(o -> o.len() <= 1024), () -> "" + b.sent);
        assertEquals(0, b.tcp.takeMtuNews().sent());
        b.end();
    }

    @Test
    void aPathThatBecomesWiderIsFoundOutAfterTenMinutes() {
        Pair pair = blackHole(1400);
        pair.open();
        transferMuch(pair);
        narrow(pair, 9000);
        transferMuch(pair);
        assertEquals(1400, mtu(pair), "not before its time");
        pair.nowNs += 600 * SECOND;
        transferMuch(pair);
        assertEquals(1500, mtu(pair));
        pair.end();
    }

    @Test
    void whatThePathAllowsIsProbedNotUsedWhereABlackHoleWasFound() {
        Pair pair = blackHole(1400);
        pair.open();
        transferMuch(pair);
        // What was found was told to the stack, is forgotten by it, and another path is taken.
        pair.a.tcp.setPath(1360, 0, pair.nowNs);
        pair.a.tcp.setPath(1460, 0, pair.nowNs);
        assertEquals(1400, mtu(pair));
        long timeouts = pair.a.tcp.timeouts;
        transferMuch(pair);
        assertEquals(1400, mtu(pair));
        assertEquals(timeouts, pair.a.tcp.timeouts);
        narrow(pair, 9000);
        pair.a.tcp.setPath(1360, 0, pair.nowNs);
        pair.a.tcp.setPath(1460, 0, pair.nowNs);
        transferMuch(pair);
        assertEquals(1500, mtu(pair));
        pair.end();
    }

    @Test
    void wordsThatMeanNothingAreRefused() {
        var e = assertThrows(ConfigurationException.class, () -> TcpSettings.of("mtu-probing", "2"));
        assertTrue(e.getMessage().contains("\"2\" is none of off, black-hole, always"), e.getMessage());
        assertThrows(ConfigurationException.class, () -> TcpSettings.of("ecn", "maybe"));
    }

    /// Whatever the path carries and loses: all arrives, and what is sent as ordinary segments in the end fits.
    @Property(tries = 300)
    void allArrivesOverAnyPath(@ForAll long seed) {
        Random r = new Random(seed);
        int mtu = 560 + r.nextInt(1000);
        var settings = TcpSettings.of("mtu-probing", r.nextBoolean() ? "always" : "black-hole", "sack", "" + r.nextBoolean(),
                "timestamps", "" + r.nextBoolean());
        var wire = new Pair.Wire(r.nextInt(3) * 0.01, r.nextInt(2) * 0.01, r.nextInt(2) * 0.05, 0, 1_000_000L + r.nextInt(20_000_000),
                r.nextInt(2) * 2_000_000L);
        var pair = new Pair(seed, wire, settings, settings, 1460, 1460, 0, r.nextInt(), r.nextInt());
        long[] narrowFrom = {r.nextBoolean() ? 0 : r.nextInt(300_000)};
        pair.loses = s -> 20 + s.headerLength + s.len > (pair.b.read >= narrowFrom[0] ? mtu : 9000);
        pair.transfer(400_000 + r.nextInt(400_000), r.nextInt(50_000), 600 * SECOND);
    }
}
