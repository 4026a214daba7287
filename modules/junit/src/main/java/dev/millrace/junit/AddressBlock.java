package dev.millrace.junit;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Addresses of a test: a /24 of 198.18.0.0/15, which is for tests alone (RFC 2544), and a /64 of fd00::/8. Tests that run
/// at the same time have different ones, so that an address says whose it is; a test has the same one each time, unless
/// another one has it just then.
final class AddressBlock implements AutoCloseable {
    private static final int BLOCKS = 512;
    private static final Set<Integer> TAKEN = new HashSet<>();

    private final int number;
    private int hosts;

    private AddressBlock(int number) {
        this.number = number;
    }

    static AddressBlock of(String test) {
        synchronized (TAKEN) {
            for (int i = 0; i < BLOCKS; i++) {
                int n = Math.floorMod(test.hashCode() + i, BLOCKS);
                if (TAKEN.add(n)) {
                    return new AddressBlock(n);
                }
            }
        }
        throw new IllegalStateException("more than " + BLOCKS + " tests with an Internet run at once");
    }

    /// The network in CIDR notation.
    String network() {
        return "198." + (18 + number / 256) + "." + number % 256 + ".0/24";
    }

    /// Addresses for one more host.
    List<String> next() {
        int n = ++hosts;
        if (n > 254) {
            throw new IllegalArgumentException("a test has 254 addresses of its own; give further hosts addresses with "
                    + "@SimHost(\"...\")");
        }
        return List.of("198." + (18 + number / 256) + "." + number % 256 + "." + n,
                "fd00:18:0:" + Integer.toHexString(number) + "::" + Integer.toHexString(n));
    }

    @Override
    public void close() {
        synchronized (TAKEN) {
            TAKEN.remove(number);
        }
    }
}
