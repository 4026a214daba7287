package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.Requirement;
import dev.millrace.wire.TcpHeader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// SEGMENT ARRIVES (RFC 9293 §3.10.7.4 with RFC 5961) as a table: each synchronized state and SYN-RECEIVED × each event ×
/// left of the window, in it, right of it; and SYN-SENT and CLOSED, which know no window. LISTEN is no state of the engine.
class StateTableTest {
    enum Event { RST, SYN, ACK_BAD, ACK_GOOD, DATA, FIN, URG }

    enum Where { LEFT, IN, RIGHT }

    /// What is to come of it: the state after, and what is sent ("ack", "rst", "" for nothing).
    record Reaction(TcpState state, String answer) {
    }

    @Requirement("RFC9293:3.10.7.4")
    @Requirement("RFC5961:3.2")
    @Requirement("RFC5961:4.2")
    @Requirement("RFC5961:5.2")
    @TestFactory
    List<DynamicTest> everyCellReactsAsTheRfcSays() {
        List<DynamicTest> cells = new ArrayList<>();
        for (TcpState state : TcpState.values()) {
            if (state == TcpState.LISTEN) {
                continue;
            }
            for (Event event : Event.values()) {
                for (Where where : Where.values()) {
                    cells.add(DynamicTest.dynamicTest(state + " " + event + " " + where,
                            () -> assertEquals(expected(state, event, where), actual(state, event, where))));
                }
            }
        }
        assertEquals(10 * 7 * 3, cells.size());
        return cells;
    }

    private static Reaction actual(TcpState state, Event event, Where where) {
        TcpBench b = state == TcpState.CLOSED ? TcpBench.established().abort().forget() : TcpBench.in(state);
        int nxt = b.tcp.rcvNxt() - TcpBench.IRS;
        int seq = switch (where) {
            case LEFT -> nxt - 20;
            case IN -> nxt;
            case RIGHT -> nxt + 2_000_000;
        };
        int ack = b.tcp.sndNxt() - TcpBench.ISS;
        TcpBench.In in = new TcpBench.In().seq(seq);
        switch (event) {
            case RST -> in.flags(TcpHeader.RST).ack(ack);
            case SYN -> in.flags(TcpHeader.SYN);
            case ACK_BAD -> in.ack(ack + 100);
            case ACK_GOOD -> in.ack(ack);
            case DATA -> in.ack(ack).len(10);
            case FIN -> in.ack(ack).flags(TcpHeader.FIN);
            case URG -> {
                in.ack(ack).len(10).flags(TcpHeader.URG);
                in.urg = 3;
            }
        }
        b.recv(in);
        String answer = "";
        if (!b.sent.isEmpty()) {
            TcpBench.Out o = b.next();
            answer = o.has(TcpHeader.RST) ? "rst" : o.has(TcpHeader.SYN) ? "synack" : "ack";
        }
        b.expectNothing();
        TcpState after = b.tcp.state();
        // A delayed ACK is an answer too.
        if (answer.isEmpty() && b.after(100).sent.size() > 0) {
            TcpBench.Out o = b.next();
            answer = o.has(TcpHeader.SYN) || o.has(TcpHeader.FIN) ? "" : "ack";
        }
        b.end();
        return new Reaction(after, answer);
    }

    private static Reaction expected(TcpState s, Event e, Where w) {
        if (s == TcpState.CLOSED) {
            return new Reaction(s, "");
        }
        if (s == TcpState.SYN_SENT) {
            return switch (e) {
                case RST -> new Reaction(TcpState.CLOSED, "");
                case SYN -> new Reaction(TcpState.SYN_RECEIVED, "synack");
                case ACK_BAD -> new Reaction(s, "rst");
                default -> new Reaction(s, "");
            };
        }
        if (w != Where.IN) {
            // First step: not acceptable; ACK, but RST gets silence.
            return new Reaction(s, e == Event.RST ? "" : "ack");
        }
        TcpState acked = switch (s) {
            case SYN_RECEIVED -> TcpState.ESTABLISHED;
            case FIN_WAIT_1 -> TcpState.FIN_WAIT_2;
            case CLOSING -> TcpState.TIME_WAIT;
            case LAST_ACK -> TcpState.CLOSED;
            default -> s;
        };
        return switch (e) {
            case RST -> s == TcpState.TIME_WAIT ? new Reaction(s, "") : new Reaction(TcpState.CLOSED, "");
            case SYN -> s == TcpState.SYN_RECEIVED ? new Reaction(TcpState.CLOSED, "") : new Reaction(s, "ack");
            case ACK_BAD -> new Reaction(s, s == TcpState.SYN_RECEIVED ? "rst" : "ack");
            case ACK_GOOD -> new Reaction(acked, "");
            case DATA, URG -> new Reaction(acked, acked.mayReceive() ? "ack" : "");
            case FIN -> switch (acked) {
                case ESTABLISHED -> new Reaction(TcpState.CLOSE_WAIT, "ack");
                case FIN_WAIT_2 -> new Reaction(TcpState.TIME_WAIT, "ack");
                default -> new Reaction(acked, "");
            };
        };
    }
}
