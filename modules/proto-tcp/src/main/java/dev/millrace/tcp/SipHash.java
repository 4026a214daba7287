package dev.millrace.tcp;

/// SipHash-2-4, the keyed hash behind initial sequence numbers and timestamp offsets: short inputs, a secret key, and no
/// way to compute it from outside (RFC 6528 §3 asks for a pseudorandom function; Aumasson and Bernstein, 2012).
final class SipHash {
    private final long k0;
    private final long k1;

    SipHash(byte[] key) {
        if (key.length < 16) {
            throw new IllegalArgumentException("the key has " + key.length + " bytes, 16 are needed");
        }
        k0 = littleEndian(key, 0);
        k1 = littleEndian(key, 8);
    }

    private SipHash(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    /// One with another key, which only who knows this one's can tell.
    SipHash derive(long purpose) {
        return new SipHash(hash(purpose, ~purpose, 0, 0, -1, 1), hash(purpose, ~purpose, 0, 0, -1, 2));
    }

    private static long littleEndian(byte[] b, int from) {
        long v = 0;
        for (int i = 7; i >= 0; i--) {
            v = v << 8 | b[from + i] & 0xff;
        }
        return v;
    }

    /// The hash of six 64-bit words.
    long hash(long a, long b, long c, long d, long e, long f) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        for (int i = 0; i < 7; i++) {
            long m = switch (i) {
                case 0 -> a;
                case 1 -> b;
                case 2 -> c;
                case 3 -> d;
                case 4 -> e;
                case 5 -> f;
                default -> 48L << 56;
            };
            v3 ^= m;
            for (int r = 0; r < 2; r++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v1;
                v0 += v3;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= m;
        }
        v2 ^= 0xff;
        for (int r = 0; r < 4; r++) {
            v0 += v1;
            v2 += v3;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
