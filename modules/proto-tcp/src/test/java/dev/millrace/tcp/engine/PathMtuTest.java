package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.withTimestamps;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.IcmpError;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/// What becomes of what is in flight when routers say that it is too large (RFC 1191, RFC 8201).
class PathMtuTest {
    private static TcpBench tooBig(TcpBench b, int seq, int mtu) {
        return b.icmp(IcmpError.Kind.PACKET_TOO_BIG, seq, mtu);
    }

    @Test
    void whatIsTooLargeIsCutAnewAsOneStreamT19() {
        TcpBench b = established().write(5000).forget();
        tooBig(b, 1, 840);
        b.expect(". 1:801 ack 1", ". 801:1601 ack 1", ". 1601:2401 ack 1", ". 2401:3201 ack 1", ". 3201:4001 ack 1",
                ". 4001:4801 ack 1", "P. 4801:5001 ack 1").expectNothing().end();
    }

    @Test
    void whatFitsStaysInTheNetwork() {
        TcpBench b = established("no-delay", "true").write(1000).write(300).write(1000).write(1000).forget();
        tooBig(b, 1, 840);
        // One segment before acknowledgements come, and what the window still takes.
        b.expect(". 1:801 ack 1", ". 801:1001 ack 1", ". 1301:2101 ack 1", ". 2101:2901 ack 1", "P. 2901:3301 ack 1")
                .expectNothing();
        assertEquals(3300, b.tcp.snd.flight());
        b.recv(ackOf(3301));
        assertEquals(0, b.tcp.snd.flight());
        b.end();
    }

    @Test
    void nothingGoesAgainIfAllThatIsInFlightFits() {
        TcpBench b = established("no-delay", "true").write(300).write(300).forget();
        b.tcp.setPath(800, 0, b.nowNs);
        b.drain().expectNothing();
        assertEquals(LossRecovery.Phase.OPEN, b.tcp.recovery.phase());
        assertEquals(800, b.tcp.snd.mss);
        b.end();
    }

    @Test
    void whatThePeerHasReportedIsNotSentAgain() {
        TcpBench b = established().write(5000).forget();
        b.recv(ackOf(1).sack(2001, 3001)).forget();
        tooBig(b, 1, 840);
        b.expect(". 1:801 ack 1", ". 801:1601 ack 1", ". 1601:2001 ack 1", ". 3001:3801 ack 1", ". 3801:4601 ack 1",
                "P. 4601:5001 ack 1").expectNothing().end();
    }

    /// Then it goes again after all, and has to fit.
    @Test
    void whatThePeerHadReportedIsCutAnewIfThatIsForgotten() {
        TcpBench b = established("mtu-probing", "off").write(5000).forget();
        b.recv(ackOf(1).sack(2001, 5001)).forget();
        tooBig(b, 1, 840).forget();
        for (int i = 0; i < 12 && b.tcp.snd.flight() > 0; i++) {
            b.after(300);
            assertTrue(!b.sent.isEmpty());
            int acked = 1;
            for (TcpBench.Out o : b.sent) {
                assertTrue(o.len() <= 800, o.brief());
                acked = Math.max(acked, o.seq() + o.len());
            }
            b.forget().recv(ackOf(acked));
        }
        assertEquals(0, b.tcp.snd.flight());
        b.end();
    }

    @Test
    void aFinStaysBehindTheLastByte() {
        TcpBench b = established();
        b.tcp.ownOptions().cork = true;
        b.write(2900).shutdown().expect(". 1:1001 ack 1", ". 1001:2001 ack 1", "FP. 2001:2901 ack 1");
        tooBig(b, 1, 840);
        b.expect(". 1:801 ack 1", ". 801:1601 ack 1", ". 1601:2401 ack 1", "FP. 2401:2901 ack 1").expectNothing();
        b.recv(ackOf(2902)).state(TcpState.FIN_WAIT_2).end();
    }

    @Test
    void theMessagesAboutTheRestOfTheFlightChangeNothing() {
        TcpBench b = withTimestamps().write(5000).forget();
        tooBig(b, 1, 840).forget();
        for (int seq = 1; seq < 5000; seq += 988) {
            assertEquals(-1, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, seq, 840));
        }
        b.expectNothing();
        assertEquals(788, b.tcp.snd.mss);
        b.end();
    }

    /// What was small when it was first sent may be too large when it goes again together.
    @Test
    void smallSegmentsThatWentAgainTogetherCanBeTooLarge() {
        TcpBench b = established("no-delay", "true", "tail-loss-probe", "false", "mtu-probing", "off");
        for (int i = 0; i < 10; i++) {
            b.write(90);
        }
        b.forget().after(300).expect("P. 1:901 ack 1");
        assertEquals(700, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1, 700));
        assertEquals(660, b.tcp.snd.mss);
        b.forget().after(300).expect(". 1:661 ack 1");
        b.end();
    }

    @Test
    void howNarrowAPathReallyIsIsToldOn() {
        TcpBench b = established().write(5000).forget();
        assertEquals(296, b.icmpTold(IcmpError.Kind.PACKET_TOO_BIG, 1, 296), "IP lets routers fragment then");
        assertEquals(512, b.tcp.snd.mss);
        b.end();
    }

    /// Whatever is reported, lost and sent again: what there is after a cut covers the same bytes in pieces that fit, what was
    /// reported stays so, and no two pieces adjoin that would have fitted into one and are both to be sent.
    @Property(tries = 300)
    void aCutKeepsEveryByteOnce(@ForAll long seed) {
        Random r = new Random(seed);
        RetransmissionQueue q = new RetransmissionQueue();
        TcpBench b = established();
        q.rack = new Rack(b.tcp);
        long una = 1000;
        long nxt = una;
        long now = 1;
        for (int step = 0; step < 60; step++) {
            now += r.nextInt(3);
            switch (r.nextInt(8)) {
                case 0, 1, 2 -> {
                    int n = 1 + r.nextInt(r.nextInt(6) == 0 ? 3000 : 300);
                    q.add(nxt, nxt + n, 200, false, now);
                    nxt += n;
                }
                case 3 -> {
                    una += r.nextInt((int) Math.min(nxt - una, 200) + 1);
                    q.beginAck();
                    q.ackTo(una);
                }
                case 4, 5 -> {
                    long left = una + r.nextInt((int) (nxt - una) + 1);
                    q.sack(left, Math.min(nxt, left + r.nextInt(600)));
                }
                case 6 -> {
                    int i = q.board().earliest();
                    if (i >= 0) {
                        q.board().markLost(i);
                    }
                }
                default -> {
                    int i = q.board().nextDue();
                    if (i >= 0) {
                        q.retransmit(i, i, now);
                    }
                }
            }
        }
        int mss = 60 + r.nextInt(200);
        SackScoreboard old = q.board();
        int sacked = old.sackedBytes;
        q.recut(mss);
        SackScoreboard cut = q.board();
        assertTrue(cut.isConsistent());
        assertEquals(sacked, cut.sackedBytes);
        assertEquals(old.size() == 0, cut.size() == 0);
        long at = una;
        for (int i = 0; i < cut.size(); i++) {
            assertEquals(at, cut.start(i));
            at = cut.end(i);
            boolean reported = cut.is(i, SackScoreboard.SACKED);
            assertTrue(reported || cut.length(i) <= mss, cut.length(i) + " of " + mss);
            assertTrue(!cut.isDue(i) || i == 0 || !cut.isDue(i - 1) || cut.length(i - 1) == mss, "a remnant before " + i);
        }
        assertEquals(nxt, at);
        b.end();
    }
}
