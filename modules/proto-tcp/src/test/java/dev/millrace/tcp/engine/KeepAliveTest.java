package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.established;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ErrorCode;
import org.junit.jupiter.api.Test;

/// Keep-alive while a program changes options, one or another (RFC 9293 §3.8.4).
class KeepAliveTest {
    private static TcpBench probed() {
        TcpBench b = established("keep-alive", "true", "keep-alive-idle", "10s", "keep-alive-interval", "20s", "keep-alive-count", "2");
        return b.after(10_000).expect(". 0:0 ack 1");
    }

    @Test
    void anOptionThatChangesBetweenProbesHurriesNone() {
        TcpBench b = probed();
        for (int i = 0; i < 10; i++) {
            b.after(1000);
            b.options.noDelay ^= true;
            b.tcp.optionsChanged(b.nowNs);
            b.drain().expectNothing();
        }
        b.after(9_999).expectNothing().after(1).expect(". 0:0 ack 1");
        b.after(19_999).state(TcpState.ESTABLISHED).after(1);
        assertEquals(ErrorCode.CONNECTION_TIMED_OUT, b.tcp.error());
        b.end();
    }

    @Test
    void whoSwitchesItOffAndOnBeginsAnew() {
        TcpBench b = probed();
        b.options.keepAlive = false;
        b.tcp.optionsChanged(b.nowNs);
        assertEquals(Long.MAX_VALUE, b.tcp.nextDeadlineNs());
        b.options.keepAlive = true;
        b.tcp.optionsChanged(b.nowNs);
        b.after(0).expect(". 0:0 ack 1").after(19_999).expectNothing().after(1).expect(". 0:0 ack 1");
        b.recv(ackOf(1)).after(100_000).state(TcpState.CLOSED).end();
    }

    @Test
    void aShorterIdleTimeHoldsAtOnce() {
        TcpBench b = established("keep-alive", "true", "keep-alive-idle", "1h").after(10_000);
        b.options.keepAliveIdleNs = 15_000 * TcpBench.MS;
        b.tcp.optionsChanged(b.nowNs);
        b.after(4_999).expectNothing().after(1).expect(". 0:0 ack 1").end();
    }
}
