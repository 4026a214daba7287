package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.data;
import static dev.millrace.tcp.engine.TcpBench.established;

import dev.millrace.wire.TcpHeader;
import org.junit.jupiter.api.Test;

/// What is reported of text out of order, and in which order (RFC 2018 §4, RFC 2883 §4).
class SackReportOrderTest {
    /// A block that is neither below the ACK nor inside the second is no report of a duplicate to its reader.
    @Test
    void behindADuplicateComesTheBlockThatHoldsIt() {
        TcpBench b = established().recv(data(1001, 1000)).forget();
        b.recvBatch(data(1001, 1000), data(3001, 1000)).expect(". 1:1 ack 1 sack 1001:2001 1001:2001 3001:4001");
        b.recv(data(5001, 1000)).expect(". 1:1 ack 1 sack 5001:6001 3001:4001 1001:2001");
        b.end();
    }

    @Test
    void aDuplicateWhoseBlockHasGrownIsReportedWithinTheWhole() {
        TcpBench b = established().recv(data(1001, 1000)).forget();
        b.recvBatch(data(1001, 1000), data(2001, 1000), data(5001, 500)).expect(". 1:1 ack 1 sack 1001:2001 1001:3001 5001:5501");
        b.end();
    }

    @Test
    void aDuplicateWhoseBlockIsCrowdedOutIsNotReported() {
        TcpBench b = established().recv(data(1001, 1000)).forget();
        b.recvBatch(data(1001, 1000), data(3001, 100), data(5001, 100), data(7001, 100), data(9001, 100))
                .expect(". 1:1 ack 1 sack 9001:9101 7001:7101 5001:5101 3001:3101");
        b.end();
    }

    /// Four at most are remembered, but what waits is reported in every acknowledgement that does not reach it.
    @Test
    void aRangeThatWasCrowdedOutIsReportedAgainWhenThereIsRoom() {
        TcpBench b = established();
        for (int at : new int[] {10_001, 2001, 4001, 6001, 8001}) {
            b.recv(data(at, 1000));
        }
        b.forget();
        b.recv(data(1, 2000)).expect(". 1:1 ack 3001 sack 8001:9001 6001:7001 4001:5001 10001:11001");
        for (int at : new int[] {3001, 5001, 7001}) {
            b.recv(data(at, 1000));
        }
        b.forget();
        b.recv(data(12_001, 1000)).expect(". 1:1 ack 9001 sack 12001:13001 10001:11001");
        b.end();
    }

    /// Numbers from before the stream began are no text of it, however old they are.
    @Test
    void whatNeverWasInTheStreamDidNotComeTwice() {
        TcpBench b = established().recv(data(1, 1000)).recv(data(1001, 1000)).forget();
        b.recv(data(-5000, 1000)).expect(". 1:1 ack 2001");
        b.recv(data(-499, 1000)).expect(". 1:1 ack 2001 sack 1:501");
        b.recv(data(-499, 3000)).expect(". 1:1 ack 2501 sack 1:2001");
        b.recv(data(100, 50).flags(TcpHeader.SYN)).expect(". 1:1 ack 2501 sack 101:151");
        b.end();
    }

    @Test
    void whatMemoryHadNoRoomForBringsNothingToTheFront() {
        TcpBench b = established().recv(data(1001, 1000)).recv(data(5001, 1000)).forget();
        b.budget.limit(b.budget.reserved());
        b.recv(data(2001, 1100)).expect(". 1:1 ack 1 sack 5001:6001 1001:2001");
        b.end();
    }

    @Test
    void whatMemoryHadRoomForIsReported() {
        TcpBench b = established().recv(data(2001, 2000)).forget();
        // One buffer more: for the gap before what is there, and not for what comes behind it.
        b.budget.limit(b.budget.reserved() + 2048);
        b.recv(data(1001, 4000)).expect(". 1:1 ack 1 sack 1001:4001");
        b.end();
    }
}
