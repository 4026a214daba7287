package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.synAck;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The user timeout and its option (RFC 5482).
class UserTimeoutTest {
    private static final long SECOND = 1_000_000_000L;

    private static TcpBench telling(int seconds, String... settings) {
        TcpBench b = new TcpBench(settings);
        b.tcp.ownOptions().advertisedUserTimeoutS = seconds;
        b.tcp.optionsChanged(b.nowNs);
        return b;
    }

    @Test
    void offByDefaultWhateverThePeerTells() {
        TcpBench b = establish(new TcpBench(), syn().userTimeout(300)).recv(data(1, 10).userTimeout(300)).at(100).read(10, 10);
        b.write(10);
        while (!b.sent.isEmpty()) {
            assertEquals(0, b.next().userTimeout());
        }
        assertEquals(0, UserTimeout.of(b.tcp));
        b.end();
    }

    @Test
    void toldInTheSynAndTheFirstSegmentAfterIt() {
        TcpBench b = telling(500).connect();
        assertEquals(500, b.next().userTimeout());
        b.recv(synAck());
        assertEquals(500, b.next().userTimeout());
        b.write(10).write(10);
        assertEquals(0, b.next().userTimeout());
        b.end();
    }

    @Test
    void toldByThePassiveSideWithItsFirstSegment() {
        TcpBench b = establish(telling(500), syn());
        b.write(10);
        TcpBench.Out o = b.next();
        assertEquals(500, o.userTimeout());
        assertEquals(10, o.len());
        b.write(10).end();
    }

    @Test
    void toldAgainAfterAChangeAndAfterATimeout() {
        TcpBench b = establish(telling(500), syn()).write(10).recv(ackOf(11)).forget();
        b.tcp.ownOptions().advertisedUserTimeoutS = 40_000;
        b.tcp.optionsChanged(b.nowNs);
        b.write(10);
        assertEquals(40_020, b.next().userTimeout(), "in whole minutes, rounded up");
        b.at(1_000);
        assertEquals(40_020, b.next().userTimeout());
        b.end();
    }

    @Test
    void notInSegmentsThatAreFull() {
        TcpBench b = establish(telling(500), syn().sackOk().ts(5000, 0)).write(988);
        assertEquals(0, b.next().userTimeout());
        // 40 bytes of options are all there are.
        b.recv(data(1001, 10).ts(5001, 0)).recv(data(1101, 10).ts(5001, 0)).forget().recv(data(1201, 10).ts(5001, 0));
        TcpBench.Out o = b.next();
        assertEquals("6 0", o.sack().size() + " " + o.userTimeout());
        b.end();
    }

    @ParameterizedTest
    @CsvSource({
        // told, peer's, in force: the longer of both within 100 s and an hour
        "10, 300, 300", "500, 300, 500", "10, 20, 100", "10, 90000, 3600", "40000, 20, 3600"})
    void thePeersIsTakenWithinLimits(int told, int peers, long seconds) {
        TcpBench b = establish(telling(told), syn().userTimeout(peers));
        assertEquals(seconds * SECOND, UserTimeout.of(b.tcp));
        assertEquals(peers, UserTimeout.peers(b.tcp), 59);
        b.end();
        b = establish(telling(told), syn()).recv(data(1, 10).userTimeout(peers)).read(10, 10);
        assertEquals(seconds * SECOND, UserTimeout.of(b.tcp));
        b.end();
    }

    @Test
    void notWhereTheProgramHasSetItsOwn() {
        TcpBench b = telling(500);
        b.tcp.ownOptions().userTimeoutNs = 7 * SECOND;
        establish(b, syn().userTimeout(300));
        assertEquals(7 * SECOND, UserTimeout.of(b.tcp));
        assertEquals(300, UserTimeout.peers(b.tcp), "but it is known");
        b.end();
    }

    @Test
    void aTimeoutThatWasTakenEndsTheConnectionWhenItIsOver() {
        TcpBench b = establish(telling(10), syn().userTimeout(2000)).write(10).forget();
        // By count it would be over after 924 s.
        b.at(1_999_000).state(TcpState.ESTABLISHED);
        b.at(2_001_000).state(TcpState.CLOSED);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
    }

    @Test
    void aTimeoutThatComesWhileDataIsUnderWayCountsFromThen() {
        TcpBench b = establish(telling(10), syn()).write(10).at(50_000).recv(data(1, 10).userTimeout(200));
        b.at(249_000).state(TcpState.ESTABLISHED);
        b.at(251_000).state(TcpState.CLOSED);
    }

    /// RFC 9293 MUST-37: a peer that answers probes of its closed window is alive, whatever it has advised.
    @Test
    void adviceDoesNotEndAConnectionWhoseWindowIsClosed() {
        TcpBench b = establish(telling(10), syn().userTimeout(120)).recv(ackOf(1).win(0)).write(10);
        for (int s = 10; s < 1_000; s += 10) {
            b.at(s * 1000L).recv(ackOf(1).win(0));
        }
        b.state(TcpState.ESTABLISHED).end();
    }

    @Test
    void theProgramsOwnTakesThePlaceOfTheCount() {
        TcpBench b = established("user-timeout", "30m").write(10).at(1_700_000).state(TcpState.ESTABLISHED);
        b.at(1_801_000).state(TcpState.CLOSED);
    }

    /// A segment is no larger than the path and the peer allow, whatever its options.
    @Test
    void besideASackReportItNeedsRoomOfItsOwn() {
        TcpBench b = established().recv(data(1001, 500)).forget();
        b.tcp.ownOptions().advertisedUserTimeoutS = 200;
        b.tcp.optionsChanged(b.nowNs);
        b.write(3000);
        int told = 0;
        for (TcpBench.Out o : b.sent) {
            int options = (o.sack().isEmpty() ? 0 : 12) + (o.userTimeout() > 0 ? 4 : 0);
            assertTrue(o.len() + options <= TcpBench.MSS, o.brief() + " and " + options + " bytes of options");
            told += o.userTimeout() > 0 ? 1 : 0;
        }
        assertEquals(1, told, "the last segment has room");
        b.end();
    }
}
