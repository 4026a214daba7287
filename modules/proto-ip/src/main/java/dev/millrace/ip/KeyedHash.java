package dev.millrace.ip;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// SipHash-2-4 (Aumasson, Bernstein 2012) of four `long`s: what identifications and flow labels are drawn from, so that
/// nobody outside can foresee them (RFC 7739, RFC 6437 §3).
final class KeyedHash {
    private final long k0;
    private final long k1;

    /// @param secret 16 bytes
    KeyedHash(byte[] secret) {
        var b = ByteBuffer.wrap(secret).order(ByteOrder.LITTLE_ENDIAN);
        k0 = b.getLong(0);
        k1 = b.getLong(8);
    }

    /// The hash of the addresses and a number.
    long of(long sourceHi, long sourceLo, long destinationHi, long destinationLo, long number) {
        long[] v = {
            k0 ^ 0x736f6d6570736575L, k1 ^ 0x646f72616e646f6dL, k0 ^ 0x6c7967656e657261L, k1 ^ 0x7465646279746573L
        };
        absorb(v, sourceHi);
        absorb(v, sourceLo);
        absorb(v, destinationHi);
        absorb(v, destinationLo);
        absorb(v, number);
        absorb(v, 40L << 56);
        v[2] ^= 0xff;
        for (int i = 0; i < 4; i++) {
            round(v);
        }
        return v[0] ^ v[1] ^ v[2] ^ v[3];
    }

    private static void absorb(long[] v, long word) {
        v[3] ^= word;
        round(v);
        round(v);
        v[0] ^= word;
    }

    private static void round(long[] v) {
        v[0] += v[1];
        v[1] = Long.rotateLeft(v[1], 13) ^ v[0];
        v[0] = Long.rotateLeft(v[0], 32);
        v[2] += v[3];
        v[3] = Long.rotateLeft(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = Long.rotateLeft(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = Long.rotateLeft(v[1], 17) ^ v[2];
        v[2] = Long.rotateLeft(v[2], 32);
    }
}
