package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Walks over chains of extension headers (RFC 8200 §4), and what is said of them.
class Ipv6ExtensionsTest {
    /// A packet whose fixed header names `first`, followed by these bytes.
    private static long walk(int first, String hex) {
        byte[] rest = HexFormat.of().parseHex(hex.replace(" ", ""));
        byte[] packet = new byte[40 + rest.length];
        packet[0] = 0x60;
        packet[5] = (byte) rest.length;
        packet[6] = (byte) first;
        System.arraycopy(rest, 0, packet, 40, rest.length);
        return Ipv6Extensions.walk(MemorySegment.ofArray(packet), 0, packet.length, packet.length);
    }

    @Test
    void reachesTheTransportBehindAllKinds() {
        long found = walk(0, "3c00 0104 00000000  2b00 0104 00000000  0600 0000 00000000  0050");
        assertEquals(Ipv6Extensions.TRANSPORT, Ipv6Extensions.verdict(found));
        assertEquals(6, Ipv6Extensions.protocol(found));
        assertEquals(64, Ipv6Extensions.offset(found));
        assertEquals(56, Ipv6Extensions.pointer(found));
    }

    @ParameterizedTest(name = "{0} {1}: {2} at {3}")
    @CsvSource({
        // RFC 8200 §4.2: the two highest bits of an unknown option's type.
        "0, 0600 1e02 0000 0000, 0, 48", "0, 0600 5e02 0000 0000, 1, 42", "0, 0600 9e02 0000 0000, 7, 42",
        "60, 0600 de02 0000 0000, 8, 42",
        // An option that runs over the end of its header.
        "60, 0600 1e09 0000 0000, 5, 42",
        // Hop-by-hop options anywhere but first.
        "60, 0000 0104 0000 0000 0600 0104 0000 0000, 6, 40",
        // A routing header with segments left (RFC 5095).
        "43, 0600 0001 0000 0000, 5, 42",
        // Nothing follows.
        "59, , 4, 40",
        // Fragments: a first one, one whose length is no multiple of 8, one that would end beyond 65535, an atomic one.
        "44, 0600 0001 00000001 0000000000000000, 3, 40", "44, 0600 0001 00000001 00, 5, 4",
        "44, 0600 fff8 00000001 0000000000000000, 5, 42", "44, 0600 0000 00000001 00, 0, 48",
        // Cut off.
        "0, 0601 0104, 2, 40", "0, 0605 0104 00000000, 2, 40"})
    void verdicts(int first, String hex, int verdict, int offset) {
        long found = walk(first, hex == null ? "" : hex);
        assertEquals(verdict, Ipv6Extensions.verdict(found));
        assertEquals(offset, Ipv6Extensions.offset(found));
    }

    @Test
    void endlessChainsEnd() {
        long found = walk(60, "3c00 0104 00000000".repeat(30));
        assertEquals(Ipv6Extensions.DISCARD, Ipv6Extensions.verdict(found));
    }
}
