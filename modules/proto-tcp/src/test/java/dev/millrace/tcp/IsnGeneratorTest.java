package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.Requirement;
import dev.millrace.wire.IpAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Initial sequence numbers (RFC 9293 §3.4.1, RFC 6528).
class IsnGeneratorTest {
    private static final IpAddress LOCAL = IpAddress.parse("10.9.0.2");
    private static final IpAddress REMOTE = IpAddress.parse("10.9.0.1");

    private final IsnGenerator isn = generator(1);

    @Requirement("RFC9293:MUST-8")
    @Requirement("RFC9293:SHLD-1")
    @Test
    void oneTickIsFourMicroseconds() {
        long pair = isn.pair(LOCAL, 80, REMOTE, 5555);
        int first = IsnGenerator.initialSequence(pair, 7_000);
        assertEquals(1, IsnGenerator.initialSequence(pair, 11_000) - first);
        assertEquals(250_000, IsnGenerator.initialSequence(pair, 1_000_007_000) - first);
        long round = 4_000L << 32;
        assertEquals(first, IsnGenerator.initialSequence(pair, 7_000 + round));
        assertTrue(IsnGenerator.initialSequence(pair, round / 2) - IsnGenerator.initialSequence(pair, round / 2 - 4_000) == 1, "at the wrap");
    }

    /// What one pair of endpoints sees says nothing of the others, and nothing without the secret.
    @Requirement("RFC9293:MUST-9")
    @Requirement("RFC9293:SHLD-1")
    @Test
    void endpointsAndSecretDecideInEveryBit() {
        var other = generator(2);
        Set<Integer> differences = new HashSet<>();
        int[] changed = new int[32];
        int[] secret = new int[32];
        int pairs = 4000;
        int before = 0;
        for (int port = 0; port < pairs; port++) {
            int number = IsnGenerator.initialSequence(isn.pair(LOCAL, 80, REMOTE, port), 0);
            differences.add(number - before);
            count(changed, number ^ before);
            count(secret, number ^ IsnGenerator.initialSequence(other.pair(LOCAL, 80, REMOTE, port), 0));
            before = number;
        }
        assertTrue(differences.size() > pairs - 10, () -> "differences from port to port repeat: " + differences.size());
        for (int bit = 0; bit < 32; bit++) {
            // Ten standard deviations of half of them.
            assertEquals(pairs / 2.0, changed[bit], 320, "from port to port, bit " + bit);
            assertEquals(pairs / 2.0, secret[bit], 320, "from secret to secret, bit " + bit);
        }
    }

    @Requirement("RFC9293:MUST-9")
    @Test
    void eachPartOfThePairCounts() {
        long pair = isn.pair(LOCAL, 80, REMOTE, 5555);
        assertNotEquals(pair, isn.pair(REMOTE, 80, LOCAL, 5555));
        assertNotEquals(pair, isn.pair(LOCAL, 5555, REMOTE, 80));
        assertNotEquals(pair, isn.pair(IpAddress.parse("10.9.0.3"), 80, REMOTE, 5555));
        assertNotEquals(pair, isn.pair(LOCAL, 80, IpAddress.parse("10.9.0.3"), 5555));
        assertNotEquals(pair, isn.pair(LOCAL, 81, REMOTE, 5555));
    }

    private static IsnGenerator generator(int key) {
        byte[] secret = new byte[16];
        secret[15] = (byte) key;
        return new IsnGenerator(new SipHash(secret));
    }

    private static void count(int[] bits, int number) {
        for (int bit = 0; bit < 32; bit++) {
            bits[bit] += number >>> bit & 1;
        }
    }
}
