package dev.millrace.cli.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.pcap.LinkType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowTableTest {
    private static final long MS = 1_000_000;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int ACK = 16;

    private final FlowTable table = new FlowTable(3);

    private void packet(long ms, byte[] ip) {
        table.packet(PacketFacts.of(ip, LinkType.RAW, ip.length), ip, ms * MS);
    }

    private void there(long ms, int seq, int ack, int flags, int bytes) {
        packet(ms, PacketBuilder.between("10.0.0.1", "10.0.0.2").tcp(4000, 80, seq, ack, flags, 100, new byte[0],
                new byte[bytes]));
    }

    private void back(long ms, int seq, int ack, int flags, int bytes) {
        packet(ms, PacketBuilder.between("10.0.0.2", "10.0.0.1").tcp(80, 4000, seq, ack, flags, 100, new byte[0],
                new byte[bytes]));
    }

    private Flow only() {
        assertEquals(1, table.size());
        return table.byBytes().getFirst();
    }

    @Test
    void aConnectionGoesThroughItsStates() {
        // The sequence numbers wrap.
        there(0, -10, 0, SYN, 0);
        assertEquals(Flow.State.SYN_SENT, only().state());
        back(20, 500, -9, SYN | ACK, 0);
        assertEquals(Flow.State.SYN_RECEIVED, only().state());
        assertEquals(20 * MS, only().rttNs());
        there(21, -9, 501, ACK, 0);
        assertEquals(Flow.State.ESTABLISHED, only().state());
        there(30, -9, 501, ACK, 100);
        back(50, 501, 91, ACK, 0);
        there(60, 91, 501, FIN | ACK, 0);
        assertEquals(Flow.State.CLOSING, only().state());
        back(80, 501, 92, FIN | ACK, 0);
        there(81, 92, 502, ACK, 0);
        assertEquals(Flow.State.CLOSED, only().state());
        assertEquals(5, only().packetsThere());
        assertEquals(3, only().packetsBack());
        assertEquals("10.0.0.1", only().key().from().toString());
        assertTrue(only().rttNs() > 15 * MS && only().rttNs() <= 20 * MS, "" + only().rttNs());
    }

    @Test
    void whatWasSentAgainIsNoMeasureOfTime() {
        there(0, 1, 1, ACK, 100);
        there(1000, 1, 1, ACK, 100);
        back(1001, 1, 101, ACK, 0);
        assertEquals(-1, only().rttNs());
        there(1100, 101, 1, ACK, 100);
        back(1107, 1, 201, ACK, 0);
        assertEquals(7 * MS, only().rttNs());
    }

    @Test
    void aResetStaysOne() {
        there(0, 1, 0, SYN, 0);
        back(1, 0, 2, RST | ACK, 0);
        there(2, 2, 1, ACK, 0);
        assertEquals(Flow.State.RESET, only().state());
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1,10.0.0.2,0", "fd00::1,fd00::2,129"})
    void anEchoAndItsReplyAreOneFlow(String a, String b, int reply) {
        packet(0, PacketBuilder.between(a, b).echoRequest(77, 1, new byte[8]));
        packet(3, PacketBuilder.between(b, a).icmp(reply, 0, 77 << 16 | 1, new byte[8]));
        assertEquals(3 * MS, only().rttNs());
        assertEquals(1, only().packetsBack());
    }

    @Test
    void theSilentOneGivesWay() {
        for (int i = 0; i < 4; i++) {
            packet(i, PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1000 + i, 53, new byte[4]));
            // Not silent.
            packet(i, PacketBuilder.between("10.0.0.2", "10.0.0.1").udp(53, 1000, new byte[4]));
        }
        assertEquals(3, table.size());
        assertEquals(1, table.forgotten());
        assertEquals(List.of(1000, 1002, 1003), table.byBytes().stream().map(f -> f.key().fromPort()).sorted().toList());
    }

    @Test
    void ratesAreOfTheLastSecondAndOfTheWholeLife() {
        for (int i = 0; i <= 20; i++) {
            packet(i * 100, PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1000, 53, new byte[972]));
        }
        assertEquals(10_000, only().bytesPerSecond(2000 * MS), 1000);
        assertEquals(10_500, only().averageBytesPerSecond(), 1);
        assertEquals(0, only().bytesPerSecond(5000 * MS));
    }

    @Test
    void ratesOfAllFlowsAreOfTheSameSecond() {
        packet(100, PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1000, 53, new byte[972]));
        packet(900, PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1001, 53, new byte[972]));
        for (Flow f : table.byBytes()) {
            assertEquals(1000, f.bytesPerSecond(1050 * MS));
            assertEquals(1000, f.bytesPerSecond(1999 * MS));
            assertEquals(0, f.bytesPerSecond(2000 * MS));
        }
    }

    @Test
    void theTableShowsThemWithMostBytesFirst() {
        packet(0, PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1000, 53, new byte[4]));
        there(0, 1, 0, SYN, 0);
        back(20, 500, 2, SYN | ACK, 0);
        packet(0, PacketBuilder.between("10.0.0.1", "10.0.0.2").raw(47, new byte[10]));
        List<String> lines = FlowsReport.table(table, 4, Long.MIN_VALUE);
        assertEquals(4, lines.size());
        assertEquals("PROTO  FROM                         TO                      "
                + "       PACKETS     BYTES       RATE STATE              RTT",
                lines.getFirst());
        assertEquals("tcp    10.0.0.1:4000                10.0.0.2:80             "
                + "             2      80 B  32.0 kb/s syn-received   20.0 ms",
                lines.get(1));
        assertEquals("3 flows, 4 packets, 1 flows not shown", lines.getLast());
        var json = FlowsReport.json(table.byBytes().getFirst());
        assertEquals("syn-received", json.get("state").asString());
        assertEquals(20.0, json.get("rtt_ms").asDouble());
    }
}
