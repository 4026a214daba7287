package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// The option of TCP Fast Open (RFC 7413 §4.1.1): what was written is read, and of whatever else comes no cookie is made.
class FastOpenOptionTest {
    private static final int INPUTS = Integer.getInteger("millrace.fuzz", 200_000);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", 1);

    /// A header with these options, in memory of exactly that size.
    private static MemorySegment header(byte... options) {
        int length = 20 + (options.length + 3 & ~3);
        MemorySegment m = Arena.ofAuto().allocate(length);
        TcpHeader.write(m, 0, 1, 2, 3, 4, length, TcpHeader.SYN, 5, 0);
        MemorySegment.copy(MemorySegment.ofArray(options), 0, m, 20, options.length);
        return m;
    }

    private static TcpOptionReader read(WireError expected, byte... options) {
        var reader = new TcpOptionReader();
        assertEquals(expected, reader.read(header(options), 0));
        return reader;
    }

    @Property(tries = 500)
    void roundTrip(@ForAll @IntRange(min = 1, max = 8) int words, @ForAll long hi, @ForAll long lo) {
        FastOpenCookie cookie = words == 1 ? FastOpenCookie.REQUEST : new FastOpenCookie(2 * words, hi, lo);
        int length = TcpOptionWriter.fastOpenLength(cookie);
        assertEquals(0, length % 4);
        assertTrue(length >= cookie.length() + 2 && length <= cookie.length() + 4, "no more NOPs than needed");
        byte[] options = new byte[4 + length];
        MemorySegment m = MemorySegment.ofArray(options);
        long to = TcpOptionWriter.fastOpen(m, TcpOptionWriter.mss(m, 0, 1460), cookie);
        assertEquals(options.length, to);
        TcpOptionReader back = read(WireError.NONE, options);
        assertEquals(cookie, back.fastOpen());
        assertEquals(cookie.length(), back.fastOpenLength());
        assertEquals(cookie.length() == 8, back.isFastOpen(cookie.hi()));
        assertFalse(back.isFastOpen(cookie.hi() ^ 1));
        assertEquals(0, back.unknownCount());
        assertEquals(1460, back.mss());
        back.clear();
        assertNull(back.fastOpen());
        assertEquals(-1, back.fastOpenLength());
    }

    /// The bytes of RFC 7413's figure, in its order.
    @Example
    void bytesLieAsTheyDoOnTheWire() {
        byte[] option = HexFormat.of().parseHex("22120102030405060708090a0b0c0d0e0f10");
        TcpOptionReader reader = read(WireError.NONE, option);
        assertEquals("0102030405060708090a0b0c0d0e0f10", reader.fastOpen().toString());
        assertEquals(new FastOpenCookie(16, 0x0102030405060708L, 0x090a0b0c0d0e0f10L), reader.fastOpen());
        assertEquals(new FastOpenCookie(6, 0x0102030405060000L, 0), new FastOpenCookie(6, 0x010203040506ffffL, -1));
        assertEquals("request", FastOpenCookie.REQUEST.toString());
        assertEquals("0000000000000007", FastOpenCookie.of(7).toString());
        assertThrows(IllegalArgumentException.class, () -> new FastOpenCookie(5, 0, 0));
    }

    /// "Options with invalid Length values [...] MUST be ignored": the ones behind them count.
    @Example
    void lengthsThatAreNoneAreIgnored() {
        for (int length = 2; length <= 36; length++) {
            byte[] options = new byte[length + 4];
            options[0] = TcpOptionReader.KIND_FAST_OPEN;
            options[1] = (byte) length;
            options[length] = TcpOptionReader.KIND_MSS;
            options[length + 1] = 4;
            options[length + 2] = 5;
            TcpOptionReader reader = read(WireError.NONE, options);
            boolean valid = length == 2 || length >= 6 && length <= 18 && length % 2 == 0;
            assertEquals(valid ? length - 2 : -1, reader.fastOpenLength(), "length " + length);
            assertEquals(5 << 8, reader.mss(), "length " + length);
        }
        // Those that no option can have end the reading.
        for (int length : new int[] {0, 1, 5}) {
            assertEquals(-1, read(WireError.BAD_OPTION_LENGTH, (byte) 34, (byte) length, (byte) 1, (byte) 1).fastOpenLength());
        }
    }

    /// Before the number was assigned, an experiment's (RFC 6994) was in use. It is an unknown one here.
    @Example
    void theExperimentalOptionIsUnknown() {
        TcpOptionReader reader = read(WireError.NONE, HexFormat.of().parseHex("fe0cf9890102030405060708"));
        assertEquals(-1, reader.fastOpenLength());
        assertEquals(1, reader.unknownCount());
    }

    @Example
    void packedWithTimestampsSackIsPermitted() {
        byte[] options = new byte[12];
        assertEquals(12, TcpOptionWriter.sackPermittedAndTimestamps(MemorySegment.ofArray(options), 0, 7, 8));
        TcpOptionReader reader = read(WireError.NONE, options);
        assertTrue(reader.sackPermitted() && reader.hasTimestamps());
        assertEquals(7, reader.timestampValue());
        assertEquals(8, reader.timestampEcho());
    }

    /// Options with a Fast Open option somewhere, of any length, whole or cut: nothing is thrown, no byte outside is read, what
    /// is taken for a cookie can be written and is read as the same.
    @Example
    void fuzz() {
        var random = new SplittableRandom(SEED);
        var reader = new TcpOptionReader();
        var again = new TcpOptionReader();
        MemorySegment back = Arena.ofAuto().allocate(60);
        int cookies = 0;
        for (int i = 0; i < INPUTS; i++) {
            byte[] options = new byte[4 * random.nextInt(1, 11)];
            random.nextBytes(options);
            int at = random.nextInt(3) == 0 ? random.nextInt(options.length) : 0;
            for (int k = 0; k < at; k++) {
                options[k] = TcpOptionReader.KIND_NOP;
            }
            options[at] = TcpOptionReader.KIND_FAST_OPEN;
            if (at + 1 < options.length) {
                options[at + 1] = (byte) random.nextInt(random.nextBoolean() ? 20 : 256);
            }
            try {
                reader.read(header(options), 0);
                FastOpenCookie cookie = reader.fastOpen();
                if (cookie != null) {
                    cookies++;
                    long to = TcpOptionWriter.fastOpen(back, 20, cookie);
                    TcpHeader.write(back, 0, 1, 2, 3, 4, (int) to, TcpHeader.SYN, 5, 0);
                    assertEquals(WireError.NONE, again.read(back, 0));
                    assertEquals(cookie, again.fastOpen());
                }
            } catch (RuntimeException | Error e) {
                throw new AssertionError("input " + i + " of seed " + SEED + ": " + HexFormat.of().formatHex(options), e);
            }
        }
        assertTrue(cookies > INPUTS / 50, cookies + " cookies");
    }
}
