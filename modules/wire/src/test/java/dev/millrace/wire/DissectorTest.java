package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// One-line text of packets.
class DissectorTest {
    private static byte[] syn() {
        byte[] p = new byte[60];
        MemorySegment m = MemorySegment.ofArray(p);
        Ipv4Header.write(m, 0, 0, 60, 0x1a2b, Ipv4Header.DONT_FRAGMENT, 64, 6, 0x0a000001, 0x0a000002);
        long at = TcpOptionWriter.mss(m, 40, 1460);
        at = TcpOptionWriter.windowScale(m, at, 7);
        at = TcpOptionWriter.timestamps(m, at, 5, 6);
        TcpHeader.write(m, 20, 8080, 40000, 1, 0, 40, TcpHeader.SYN, 65535, 0);
        TcpHeader.setChecksum(m, 20, 0x1c46);
        return p;
    }

    @Test
    void aSynShowsItsOptions() {
        assertEquals("tcp 10.0.0.1:8080 -> 10.0.0.2:40000 len:0 id:0x1a2b flags: S     seqnum:1 ack:0 win:65535 "
                + "xsum:0x1c46 options: {MSS:1460 WS:7 TS:true TSVal:5 TSEcr:6}", Dissector.ip(syn()));
    }

    @Test
    void everyTruncationIsSaidNotThrown() {
        byte[] whole = syn();
        for (int n = 0; n < whole.length; n++) {
            String line = Dissector.ip(MemorySegment.ofArray(whole).asSlice(0, n), whole.length);
            assertTrue(line.contains("invalid") || line.contains("truncated"), n + ": " + line);
        }
    }

    @Test
    void ipv6UdpHasBrackets() {
        byte[] p = new byte[50];
        MemorySegment m = MemorySegment.ofArray(p);
        Ipv6Header.write(m, 0, 0, 0, 10, 17, 64, 0xfd00L << 48, 1, 0xfd00L << 48, 2);
        UdpHeader.write(m, 40, 53, 1024, 10);
        assertEquals("udp [fd00::1]:53 -> [fd00::2]:1024 len:2 xsum:0x0000", Dissector.ip(p));
    }

    @Test
    void icmpShowsTypeAndEcho() {
        byte[] p = new byte[32];
        MemorySegment m = MemorySegment.ofArray(p);
        Ipv4Header.write(m, 0, 0, 32, 1, 0, 64, 1, 0x0a000001, 0x0a000002);
        IcmpHeader.writeEcho(m, 20, IcmpHeader.V4_ECHO_REQUEST, 7, 3);
        assertEquals("icmp 10.0.0.1 -> 10.0.0.2 echo-request type:8 code:0 ident:0x0007 seq:3 len:4 id:0x0001", Dissector.ip(p));
    }
}
