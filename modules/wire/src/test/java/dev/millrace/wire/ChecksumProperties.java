package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// The Internet checksum against the naive sum of RFC 1071.
class ChecksumProperties {
    private static int naive(byte[] b, int from, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (b[from + i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) (~sum & 0xffff);
    }

    private static byte[] random(int length, long seed) {
        byte[] b = new byte[length];
        new Random(seed).nextBytes(b);
        return b;
    }

    // Requirement: RFC1071:2
    @Example
    void equalsTheNaiveSumForEveryLengthAndOffset() {
        byte[] b = random(2100, 1);
        MemorySegment m = MemorySegment.ofArray(b);
        for (int length = 0; length <= 2000; length++) {
            int from = length % 9;
            assertEquals(naive(b, from, length), Checksum.finish(Checksum.sum(m, from, length)), "length " + length);
        }
    }

    @Property(tries = 100)
    void equalsTheNaiveSumForLargePackets(@ForAll @IntRange(max = 65535) int length, @ForAll long seed) {
        byte[] b = random(length, seed);
        assertEquals(naive(b, 0, length), Checksum.finish(Checksum.sum(MemorySegment.ofArray(b), 0, length)));
    }

    @Example
    void isRightForAllOnes() {
        byte[] b = new byte[65535];
        java.util.Arrays.fill(b, (byte) 0xff);
        assertEquals(naive(b, 0, b.length), Checksum.finish(Checksum.sum(MemorySegment.ofArray(b), 0, b.length)));
    }

    @Property(tries = 300)
    void fragmentsCountAsIfTheyWereOnePiece(@ForAll @IntRange(max = 100) int linear,
            @ForAll @IntRange(max = 6) int fragments, @ForAll long seed) {
        var chance = new Random(seed);
        Packet p = Packet.allocate(16, 200);
        byte[] head = random(linear, seed);
        MemorySegment.copy(MemorySegment.ofArray(head), 0, p.memory(), p.append(linear), linear);
        for (int i = 0; i < fragments; i++) {
            int length = chance.nextInt(300);
            int offset = chance.nextInt(50);
            Buffer buffer = Buffer.allocate(400);
            MemorySegment.copy(MemorySegment.ofArray(random(length, seed + i)), 0, buffer.memory(), offset, length);
            p.addFragment(buffer, offset, length);
        }
        byte[] whole = p.toBytes();
        assertEquals(naive(whole, 0, whole.length), Checksum.finish(Checksum.sum(p, p.start())));
        p.release();
    }

    // Requirement: RFC1071:2
    @Property(tries = 500)
    void incrementalUpdateEqualsTheFullSum(@ForAll @IntRange(max = 30) int word, @ForAll short value, @ForAll long seed) {
        byte[] b = random(62, seed);
        int before = naive(b, 0, b.length);
        int at = 2 * word;
        int old = (b[at] & 0xff) << 8 | b[at + 1] & 0xff;
        b[at] = (byte) (value >> 8);
        b[at + 1] = (byte) value;
        assertSameChecksum(naive(b, 0, b.length), Checksum.update(before, old, value & 0xffff));
    }

    @Property(tries = 500)
    void incrementalUpdateOf32BitsEqualsTheFullSum(@ForAll @IntRange(max = 15) int word, @ForAll int value, @ForAll long seed) {
        byte[] b = random(64, seed);
        MemorySegment m = MemorySegment.ofArray(b);
        int before = naive(b, 0, b.length);
        int old = BigEndian.i32(m, 4L * word);
        BigEndian.put32(m, 4L * word, value);
        assertSameChecksum(naive(b, 0, b.length), Checksum.update32(before, old, value));
    }

    /// 0 and 0xffff are the same number in ones' complement (RFC 1624 §3).
    private static void assertSameChecksum(int expected, int actual) {
        assertEquals(expected % 0xffff, actual % 0xffff);
    }

    @Property(tries = 300)
    void aRightChecksumIsFoundRightAndASingleWrongBitWrong(@ForAll @IntRange(min = 4, max = 200) int length,
            @ForAll long seed) {
        byte[] b = random(length & ~1, seed);
        b[2] = 0;
        b[3] = 0;
        MemorySegment m = MemorySegment.ofArray(b);
        BigEndian.put16(m, 2, Checksum.finish(Checksum.sum(m, 0, b.length)));
        assertTrue(Checksum.isRight(Checksum.sum(m, 0, b.length)));
        int bit = new Random(seed).nextInt(8 * b.length);
        b[bit / 8] ^= (byte) (1 << bit % 8);
        assertTrue(!Checksum.isRight(Checksum.sum(m, 0, b.length)), "bit " + bit);
    }

    @Property(tries = 200)
    void thePseudoHeaderIsThatOfTheRfcs(@ForAll long a, @ForAll long b, @ForAll long c, @ForAll long d,
            @ForAll @IntRange(max = 65535) int length) {
        byte[] v6 = new byte[40];
        MemorySegment m = MemorySegment.ofArray(v6);
        long hi = a | 1L << 62;
        BigEndian.put64(m, 0, hi);
        BigEndian.put64(m, 8, b);
        BigEndian.put64(m, 16, hi);
        BigEndian.put64(m, 24, d);
        BigEndian.put32(m, 32, length);
        BigEndian.put32(m, 36, 6);
        assertEquals(naive(v6, 0, 40), Checksum.finish(Checksum.pseudoHeader(hi, b, hi, d, 6, length)));
        byte[] v4 = new byte[12];
        MemorySegment n = MemorySegment.ofArray(v4);
        BigEndian.put32(n, 0, (int) c);
        BigEndian.put32(n, 4, (int) d);
        BigEndian.put16(n, 8, 17);
        BigEndian.put16(n, 10, length);
        assertEquals(naive(v4, 0, 12), Checksum.finish(Checksum.pseudoHeader(
                0, IpAddress.lowBitsOfV4((int) c), 0, IpAddress.lowBitsOfV4((int) d), 17, length)));
    }
}
