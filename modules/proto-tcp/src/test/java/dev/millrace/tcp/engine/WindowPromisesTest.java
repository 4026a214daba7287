package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.established;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static dev.millrace.tcp.engine.TcpBench.synAck;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// Windows are promises: what the peer gave is not exceeded, what was given is not taken back.
class WindowPromisesTest {
    /// RFC 9293 §3.10.7.4 goes by SND.WL1 only, and text that is sent again has an old number.
    @Test
    void anAckOfNewDataBringsItsWindowHoweverOldItsText() {
        TcpBench b = established().write(5000).forget();
        b.recv(data(1001, 1000).win(5000)).forget();
        b.recv(data(1, 1000).ack(5001).win(0)).forget();
        assertEquals(0, b.tcp.snd.wnd);
        b.write(3000).expectNothing();
        b.end();
    }

    @Test
    void anOlderAckStillBringsNone() {
        TcpBench b = established().write(5000).forget();
        b.recv(data(1001, 1000).ack(3001).win(7000)).forget();
        b.recv(data(1, 1000).ack(2001).win(9000)).forget();
        assertEquals(7000, b.tcp.snd.wnd);
        b.recv(data(1, 1000).ack(3001).win(9000)).forget();
        assertEquals(7000, b.tcp.snd.wnd, "the same number acknowledged, and older text");
        b.end();
    }

    @Test
    void aBufferThatShrinksAfterSynShrinksNoWindow() {
        TcpBench b = new TcpBench("receive-buffer", "60000").connect();
        assertEquals(60_000, b.next().win());
        b.tcp.ownOptions().receiveBuffer = 4096;
        b.tcp.optionsChanged(b.nowNs);
        b.after(1000);
        assertEquals(60_000, b.next().win(), "SYN once more");
        b.recv(synAck());
        assertEquals(60_000, b.next().win());
        b.end();
    }

    @Test
    void aBufferThatShrinksAfterSynAckShrinksNoWindow() {
        TcpBench b = new TcpBench("receive-buffer", "60000").recv(syn());
        assertEquals(60_000, b.next().win());
        b.tcp.ownOptions().receiveBuffer = 4096;
        b.tcp.optionsChanged(b.nowNs);
        b.after(1000);
        assertEquals(60_000, b.next().win());
        b.end();
    }

    @Test
    void aBufferThatGrowsAfterSynIsOfferedInTime() {
        TcpBench b = new TcpBench("receive-buffer", "4096").connect().forget();
        b.tcp.ownOptions().receiveBuffer = 50_000;
        b.tcp.optionsChanged(b.nowNs);
        b.recv(synAck());
        assertEquals(50_000, b.next().win());
        b.end();
    }
}
