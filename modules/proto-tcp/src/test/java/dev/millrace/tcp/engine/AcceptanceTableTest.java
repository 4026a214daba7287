package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.wire.TcpHeader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Which segments a connection accepts, and what it answers: each synchronized state × what comes × where it lies in the
/// window × whether it carries timestamps, against a small model of RFC 9293 §3.10.7.4, RFC 5961 §3, §4 and RFC 7323 §3.2,
/// §5.3 that knows nothing of the code. Where we differ on purpose stands in [Exception], with the reason.
class AcceptanceTableTest {
    enum What { RST, SYN, FIN, ACK, DATA }

    /// Relative to RCV.NXT, and to the window's right edge.
    enum Where { BEFORE, NEXT, INSIDE, EDGE, BEYOND }

    /// A timestamp that is fresh, one that is older than TS.Recent, or none though they were agreed upon.
    enum Stamp { FRESH, OLD, NONE }

    /// What becomes of a segment.
    enum Fate {
        /// The connection ends.
        RESET,
        /// It is processed.
        TAKEN,
        /// Dropped, and answered with an ACK.
        ACKED,
        /// Dropped in silence.
        SILENT
    }

    record Cell(TcpState state, What what, Where where, Stamp stamp) {
    }

    /// Where we depart from the model, and why.
    enum Exception {
        /// RFC 7323 §3.2 (SHOULD) drops in silence what has no timestamps. Apple's and Microsoft's stacks leave them out of
        /// keep-alives and ACKs, middleboxes strip them, and Linux takes such segments: the connection would die. RFC 5961
        /// §4.2 wants a challenge for SYN in any case.
        NO_TIMESTAMPS_NEEDED {
            @Override
            boolean concerns(Cell c) {
                return c.stamp == Stamp.NONE && c.what != What.RST;
            }

            @Override
            Fate instead(Cell c) {
                return bySequence(c);
            }
        },
        /// RFC 5961 §3.2 is silent on a RST before the window. macOS gives a RST behind its FIN the FIN's own number; Linux
        /// takes it.
        RST_WITH_THE_NUMBER_OF_FIN {
            @Override
            boolean concerns(Cell c) {
                return c.what == What.RST && c.where == Where.BEFORE && hasPeersFin(c.state) && c.state != TcpState.TIME_WAIT;
            }

            @Override
            Fate instead(Cell c) {
                return Fate.RESET;
            }
        },
        /// RFC 1337 §3, fix F1 (which RFC 9293 does not demand): a RST does not end TIME-WAIT, nor is it answered.
        TIME_WAIT_IS_NOT_ASSASSINATED {
            @Override
            boolean concerns(Cell c) {
                return c.what == What.RST && c.state == TcpState.TIME_WAIT;
            }

            @Override
            Fate instead(Cell c) {
                return Fate.SILENT;
            }
        };

        abstract boolean concerns(Cell c);

        abstract Fate instead(Cell c);
    }

    private static final List<TcpState> STATES = List.of(TcpState.ESTABLISHED, TcpState.FIN_WAIT_1, TcpState.FIN_WAIT_2,
            TcpState.CLOSE_WAIT, TcpState.CLOSING, TcpState.LAST_ACK, TcpState.TIME_WAIT);

    static boolean hasPeersFin(TcpState s) {
        return s == TcpState.CLOSE_WAIT || s == TcpState.CLOSING || s == TcpState.LAST_ACK || s == TcpState.TIME_WAIT;
    }

    // ---- the model

    private static Fate model(Cell c) {
        if (c.what == What.RST) {
            // RFC 7323 §5.2: RST is not subject to PAWS. RFC 5961 §3.2.
            return bySequence(c);
        }
        if (c.stamp == Stamp.NONE) {
            return Fate.SILENT;
        }
        if (c.stamp == Stamp.OLD && c.what != What.SYN) {
            // RFC 7323 §5.3 R1.
            return Fate.ACKED;
        }
        return bySequence(c);
    }

    private static Fate bySequence(Cell c) {
        boolean acceptable = switch (c.where) {
            // One byte or FIN at RCV.NXT - 1 ends before RCV.NXT; an empty segment lies outside altogether.
            case BEFORE, EDGE, BEYOND -> false;
            case NEXT, INSIDE -> true;
        };
        return switch (c.what) {
            case RST -> !acceptable ? Fate.SILENT : c.where == Where.NEXT ? Fate.RESET : Fate.ACKED;
            // RFC 5961 §4.2: whatever its number.
            case SYN -> Fate.ACKED;
            case FIN, ACK, DATA -> acceptable ? Fate.TAKEN : Fate.ACKED;
        };
    }

    // ---- the comparison

    @TestFactory
    List<DynamicTest> everySegmentMeetsTheFateThatTheRfcsSay() {
        var tests = new ArrayList<DynamicTest>();
        for (TcpState state : STATES) {
            for (What what : What.values()) {
                for (Where where : Where.values()) {
                    for (Stamp stamp : Stamp.values()) {
                        Cell cell = new Cell(state, what, where, stamp);
                        tests.add(DynamicTest.dynamicTest(cell.toString(), () -> assertEquals(expected(cell), actual(cell))));
                    }
                }
            }
        }
        assertEquals(7 * 5 * 5 * 3, tests.size());
        return tests;
    }

    private static Fate expected(Cell c) {
        for (Exception e : Exception.values()) {
            if (e.concerns(c)) {
                return e.instead(c);
            }
        }
        return model(c);
    }

    private static TcpBench bench(TcpState state) {
        TcpBench b = TcpBench.establish(new TcpBench(), TcpBench.syn().ts(5000, 0));
        TcpBench.In ackOfFin = TcpBench.ackOf(2).ts(5000, 0);
        TcpBench.In fin = TcpBench.fin(1).ts(5000, 0);
        switch (state) {
            case ESTABLISHED -> { }
            case FIN_WAIT_1 -> b.shutdown();
            case FIN_WAIT_2 -> b.shutdown().recv(ackOfFin);
            case CLOSE_WAIT -> b.recv(fin);
            case CLOSING -> b.shutdown().recv(fin);
            case LAST_ACK -> b.recv(fin).shutdown();
            case TIME_WAIT -> b.shutdown().recv(ackOfFin).recv(fin.ack(2));
            default -> throw new AssertionError(state);
        }
        assertEquals(state, b.forget().tcp.state());
        return b;
    }

    private static Fate actual(Cell cell) {
        TcpBench b = bench(cell.state);
        int nxt = (int) (b.tcp.rcv.nxt - TcpBench.IRS);
        int window = b.tcp.rcv.wnd();
        // The oldest ACK that brings nothing new: what is acknowledged shall not matter here.
        TcpBench.In in = new TcpBench.In().seq(switch (cell.where) {
            case BEFORE -> nxt - 1;
            case NEXT -> nxt;
            case INSIDE -> nxt + 5;
            case EDGE -> nxt + window;
            case BEYOND -> nxt + window + 5;
        }).ack((int) (b.tcp.snd.una - TcpBench.ISS)).win(b.tcp.snd.wnd >> b.tcp.sendShift);
        switch (cell.what) {
            case RST -> in.flags(TcpHeader.RST);
            case SYN -> in.flags(TcpHeader.SYN);
            case FIN -> in.flags(TcpHeader.FIN);
            case ACK -> { }
            case DATA -> in.len(1);
        }
        switch (cell.stamp) {
            case FRESH -> in.ts(5001, 0);
            case OLD -> in.ts(4999, 0);
            case NONE -> { }
        }
        int recent = b.tcp.timestampRecent();
        // An ACK that is acceptable tells its window: a segment is processed if that was heard.
        in.win(in.win - 7);
        int wnd = b.tcp.snd.wnd;
        long wl1 = b.tcp.snd.wl1;
        b.recv(in);
        boolean heard = b.tcp.snd.wnd != wnd || b.tcp.snd.wl1 != wl1;
        boolean answered = !b.sent.isEmpty() && b.next().has(TcpHeader.ACK);
        Fate fate = b.tcp.state() == TcpState.CLOSED ? Fate.RESET : heard ? Fate.TAKEN : answered ? Fate.ACKED : Fate.SILENT;
        if (fate != Fate.TAKEN) {
            assertEquals(recent, b.tcp.timestampRecent(), "TS.Recent of a segment that was not taken");
            assertEquals(nxt, (int) (b.tcp.rcv.nxt - TcpBench.IRS), "RCV.NXT of a segment that was not taken");
        }
        b.end();
        return fate;
    }
}
