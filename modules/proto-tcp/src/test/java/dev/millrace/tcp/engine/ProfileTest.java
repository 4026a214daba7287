package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MSS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the profile `linux` changes, and that `default` does not.
class ProfileTest {
    private static final String[] LINUX = {"profile", "linux"};

    // ---- what a SYN says

    @ParameterizedTest
    @CsvSource({
        "true,  true,  020405b4 0402080a 11223344 00000000 01030307",
        "true,  false, 020405b4 01010402 01030307",
        "false, true,  020405b4 0101080a 11223344 00000000 01030307",
        "false, false, 020405b4 01030307"})
    void optionsHaveLinuxsOrder(boolean sack, boolean timestamps, String options) {
        Packet p = SynSegment.write(80, 4000, 1, 0, TcpHeader.SYN, 64240, 1460, sack, timestamps, 0x11223344, 0, 7, 0, null);
        byte[] bytes = new byte[p.length() - TcpHeader.MIN_LENGTH];
        p.copyTo(TcpHeader.MIN_LENGTH, MemorySegment.ofArray(bytes), 0, bytes.length);
        p.release();
        assertEquals(options.replace(" ", ""), HexFormat.of().formatHex(bytes));
    }

    @Test
    void theFirstWindowIsOfWholeSegmentsAndItsScale7() {
        TcpBench.Out syn = new TcpBench(1460, true, 0, 0, LINUX).connect().next();
        assertEquals(64240, syn.win());
        assertEquals(7, syn.scale());
        syn = new TcpBench(1460, true, 0, 0).connect().next();
        assertEquals(65535, syn.win());
        assertEquals(10, syn.scale());
    }

    @Test
    void theFirstWindowOfASmallBufferIsTheBuffer() {
        assertEquals(2048, new TcpBench(9000, true, 0, 0, "profile", "linux", "receive-buffer", "2KiB").connect().next().win());
    }

    // ---- timers and counts

    @Test
    void aSynIsSentAgainAsOftenAsLinuxsAndAsLong() {
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 7L, 11L, 19L, 35L, 67L), synSeconds(131, LINUX));
        assertEquals(List.of(0L, 1L, 3L, 7L, 15L, 31L, 63L, 127L), synSeconds(180));
    }

    private static List<Long> synSeconds(int end, String... settings) {
        TcpBench b = new TcpBench(settings).connect().at(end * 1000L - 1).state(TcpState.SYN_SENT).at(end * 1000L).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
        return b.sent.stream().map(o -> o.atMs() / 1000).toList();
    }

    @Test
    void whatIsClosedIsSentAgainEightTimes() {
        TcpBench b = establish(new TcpBench(LINUX), syn()).write(10).close().forget().at(3_600_000).state(TcpState.CLOSED);
        assertEquals(8, b.sent.size());
        b = establish(new TcpBench(LINUX), syn()).write(10).forget().at(3_600_000).state(TcpState.CLOSED);
        assertEquals(15, b.sent.size());
        b = establish(new TcpBench(), syn()).write(10).close().forget().at(3_600_000).state(TcpState.CLOSED);
        assertEquals(15, b.sent.size());
    }

    @Test
    void aClosedWindowOfAClosedConnectionIsProbedEightTimes() {
        TcpBench b = establish(new TcpBench(LINUX), syn()).recv(ackOf(1).win(0)).write(10).close().forget().at(3_600_000)
                .state(TcpState.CLOSED);
        // The reset that ends it is the ninth.
        assertEquals(9, b.sent.size());
    }

    @Test
    void aClosedWindowIsProbedEveryTwoMinutesInTheEnd() {
        assertEquals(120_000, lastProbeAfter(LINUX));
        assertEquals(60_000, lastProbeAfter());
    }

    private static long lastProbeAfter(String... settings) {
        TcpBench b = establish(new TcpBench(settings), syn()).recv(ackOf(1).win(0)).write(10).forget();
        for (int i = 0; i < 13; i++) {
            b.at((b.tcp.nextDeadlineNs() - b.epochNs + TcpBench.MS - 1) / TcpBench.MS).recv(ackOf(1).win(0));
        }
        List<TcpBench.Out> probes = List.copyOf(b.sent);
        return probes.getLast().atMs() - probes.get(probes.size() - 2).atMs();
    }

    @Test
    void aProbeWaitsForTheDelayedAckOfOneSegmentOnly() {
        // 201 ms are the retransmission timeout, which the probe takes the place of. Two small segments: less than two full ones, so that the default waits for a delayed acknowledgement.
        assertEquals(201, probeOfTwoSegments());
        assertEquals(10, probeOfTwoSegments(LINUX));
    }

    private static long probeOfTwoSegments(String... settings) {
        String[] all = Arrays.copyOf(settings, settings.length + 2);
        all[settings.length] = "no-delay";
        all[settings.length + 1] = "true";
        TcpBench b = established(all).write(10).after(10).recv(ackOf(11)).forget();
        long from = b.nowNs;
        b.write(10).write(10).forget();
        b.after(500);
        return b.next().atMs() - (from - b.epochNs) / TcpBench.MS;
    }

    // ---- PSH

    @Test
    void burstsEndWithPsh() {
        // The initial window is 10 segments, of which half go as one packet.
        TcpBench b = established(LINUX).write(20 * MSS);
        assertEquals("....P....P", pushes(b));
        // Four may go: two that were acknowledged, and two for slow start.
        b.recv(ackOf(1 + 2 * MSS));
        assertEquals("...P", pushes(b));
        b.recv(ackOf(1 + 3 * MSS));
        assertEquals(".P", pushes(b));
        b = established().write(20 * MSS);
        assertEquals("..........", pushes(b));
    }

    @Test
    void aBurstOfOneSegmentHasNone() {
        TcpBench b = establish(new TcpBench("profile", "linux", "initial-window", "1"), syn()).write(3 * MSS);
        assertEquals(".", pushes(b));
        b.end();
    }

    @Test
    void whatIsWrittenEndsWithPshAsAlways() {
        assertEquals("..P", pushes(established(LINUX).write(3 * MSS)));
        assertEquals("..P", pushes(established().write(3 * MSS)));
        assertEquals("P", pushes(established(LINUX).write(1)));
    }

    @Test
    void aSuperSegmentHasPsh() {
        TcpBench b = establish(new TcpBench(MSS, true, 4 * MSS, 5_000_000_000L, LINUX), syn()).write(20 * MSS);
        assertTrue(IntStream.range(0, 2).allMatch(_ -> {
            TcpBench.Out o = b.next();
            return o.len() == 4 * MSS && o.has(TcpHeader.PSH);
        }));
        b.end();
    }

    @Test
    void aBurstThatTheWindowEndsHasPsh() {
        TcpBench b = establish(new TcpBench(LINUX), syn()).recv(ackOf(1).win(3 * MSS)).write(20 * MSS);
        assertEquals("..P", pushes(b));
    }

    private static String pushes(TcpBench b) {
        var all = new StringBuilder();
        for (TcpBench.Out o = b.sent.poll(); o != null; o = b.sent.poll()) {
            all.append(o.has(TcpHeader.PSH) ? 'P' : '.');
        }
        return all.toString();
    }

    // ---- acknowledgements

    @Test
    void whatBeginsIsAcknowledgedAtOnceHoweverSmall() {
        TcpBench b = established(LINUX);
        for (int i = 0; i < 16; i++) {
            b.recv(data(1 + 10 * i, 10)).expect(". 1:1 ack " + (11 + 10 * i));
        }
        b.recv(data(161, 10)).expectNothing();
        b = established().recv(data(1, 10)).expectNothing();
    }

    @Test
    void whoAnswersAcknowledgesWithTheAnswer() {
        TcpBench b = established(LINUX).recv(data(1, 10)).expect(". 1:1 ack 11").write(10).expect("P. 1:11 ack 11");
        b.recv(data(11, 10).ack(11)).expectNothing().write(10).expect("P. 11:21 ack 21");
        // In vain: the next are acknowledged at once.
        b.recv(data(21, 10).ack(21)).expectNothing().after(39).expectNothing().after(1).expect(". 21:21 ack 31");
        b.recv(data(31, 10).ack(21)).expect(". 21:21 ack 41");
    }

    @Test
    void whatIsWrittenLongAfterIsNoAnswer() {
        TcpBench b = established(LINUX).recv(data(1, 10)).expect(". 1:1 ack 11").after(50).write(10).expect("P. 1:11 ack 11");
        b.recv(data(11, 10).ack(11)).expect(". 11:11 ack 21");
    }

    // ---- what is given

    @Test
    void anOptionThatIsGivenComesFirst() {
        TcpBench b = new TcpBench("profile", "linux", "syn-timeout", "10s", "syn-linear-timeouts", "0").connect().at(10_000)
                .state(TcpState.CLOSED);
        assertEquals(List.of(0L, 1L, 3L, 7L), b.sent.stream().map(o -> o.atMs() / 1000).toList());
    }

    @Test
    void aBufferThatIsGivenIsFixed() {
        TcpSettings s = TcpSettings.of("profile", "linux", "receive-buffer", "16MiB", "send-buffer", "8MiB");
        assertEquals(16 << 20, s.receiveBufferMax);
        assertEquals(8 << 20, s.sendBufferMax);
        s = TcpSettings.of("profile", "linux", "receive-buffer", "1MiB", "receive-buffer-max", "32MiB");
        assertEquals(32 << 20, s.receiveBufferMax);
    }

    @Test
    void anUnknownProfileIsAnErrorThatNamesTheOnesThereAre() {
        var e = assertThrows(ConfigurationException.class, () -> TcpSettings.of("profile", "bsd"));
        assertEquals("tcp.profile: \"bsd\" is none of default, linux", e.getMessage());
    }
}
