package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// ICMP headers: the fields of errors, and checksums with and without pseudo header.
class IcmpHeaderTest {
    private static final IpAddress A = IpAddress.parse("fe80::1");
    private static final IpAddress B = IpAddress.parse("ff02::1");

    @Property(tries = 200)
    void errorsCarryTheirWord(@ForAll @IntRange(max = 65535) int mtu, @ForAll @IntRange(max = 255) int pointer, @ForAll int word) {
        MemorySegment m = MemorySegment.ofArray(new byte[11]);
        IcmpHeader.writeFragmentationNeeded(m, 3, mtu);
        assertEquals("3 4 " + mtu, IcmpHeader.type(m, 3) + " " + IcmpHeader.code(m, 3) + " " + IcmpHeader.mtuV4(m, 3));
        assertEquals(0, IcmpHeader.identifier(m, 3));
        IcmpHeader.writeParameterProblemV4(m, 3, 2, pointer);
        assertEquals("12 2 " + pointer, IcmpHeader.type(m, 3) + " " + IcmpHeader.code(m, 3) + " " + IcmpHeader.pointerV4(m, 3));
        IcmpHeader.write(m, 3, IcmpHeader.V6_PARAMETER_PROBLEM, 1, word);
        assertEquals(Integer.toUnsignedLong(word), IcmpHeader.pointerV6(m, 3));
    }

    @Example
    void tooFewBytesAreTruncated() {
        MemorySegment m = MemorySegment.ofArray(new byte[8]);
        for (int n = 0; n < 8; n++) {
            assertEquals(WireError.TRUNCATED, IcmpHeader.check(m.asSlice(0, n), 0, n));
        }
        assertEquals(WireError.NONE, IcmpHeader.check(m, 0, 8));
    }

    @Example
    void theChecksumIsThatOfAKnownMessage() {
        MemorySegment m = MemorySegment.ofArray(HexFormat.of().parseHex("0800000001000100" + "6162636465666768"));
        int checksum = IcmpHeader.computeV4(m, 0, 16);
        int naive = 0x0800 + 0x0100 + 0x0100 + 0x6162 + 0x6364 + 0x6566 + 0x6768;
        assertEquals(~((naive & 0xffff) + (naive >>> 16)) & 0xffff, checksum);
        IcmpHeader.setChecksum(m, 0, checksum);
        assertEquals(0, IcmpHeader.computeV4(m, 0, 16));
    }

    @Property(tries = 300)
    void aMessageWithItsChecksumSumsToZero(@ForAll @Size(min = 8, max = 99) byte[] message) {
        MemorySegment m = MemorySegment.ofArray(message);
        message[0] |= 1;
        IcmpHeader.setChecksum(m, 0, 0);
        IcmpHeader.setChecksum(m, 0, IcmpHeader.computeV4(m, 0, message.length));
        assertEquals(0, IcmpHeader.computeV4(m, 0, message.length));
        IcmpHeader.setChecksum(m, 0, 0);
        IcmpHeader.setChecksum(m, 0, IcmpHeader.computeV6(m, 0, message.length, A, B));
        assertEquals(0, IcmpHeader.computeV6(m, 0, message.length, A, B));
    }

    @Example
    void theIpv6ChecksumCoversAddressesLengthAndProtocol() {
        MemorySegment m = MemorySegment.ofArray(new byte[8]);
        IcmpHeader.writeEcho(m, 0, IcmpHeader.V6_ECHO_REQUEST, 1, 2);
        int sum = 0xfe80 + 1 + 0xff02 + 1 + 8 + 58 + 0x8000 + 1 + 2;
        assertEquals(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, IcmpHeader.computeV6(m, 0, 8, A, B));
    }
}
