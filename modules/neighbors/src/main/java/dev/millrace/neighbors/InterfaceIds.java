package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.random.RandomGenerator;

/// The last 64 bits of addresses that a NIC makes itself.
final class InterfaceIds {
    private final byte[] secret;

    /// @param given what the configuration says, or empty
    /// @param own the stack's secret
    InterfaceIds(String given, byte[] own) {
        secret = given.isEmpty() ? own.clone() : given.getBytes(StandardCharsets.UTF_8);
    }

    /// A stable, opaque identifier (RFC 7217 §5): the same for the same prefix, NIC and secret.
    ///
    /// @param counter how many have turned out to be another's
    long stable(IpAddress prefix, String nic, int counter) {
        byte[] name = nic.getBytes(StandardCharsets.UTF_8);
        // Reserved ones are stepped over as duplicates are (§5, step 4); two in a row do not happen.
        for (int again = 0;; again++) {
            ByteBuffer in = ByteBuffer.allocate(8 + 4 + name.length + 8 + secret.length);
            // The lengths part the name from the secret.
            in.putLong(prefix.hi()).putInt(name.length).put(name).putInt(counter).putInt(again).put(secret);
            long id = ByteBuffer.wrap(sha256(in.array())).getLong(24);
            if (!isReserved(id) || again == 8) {
                return id;
            }
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /// The identifier made of a MAC address (RFC 4291, appendix A).
    static long eui64(long mac) {
        return (mac >>> 24 ^ 0x02_0000L) << 40 | 0xff_fe00_0000L | mac & 0xff_ffffL;
    }

    /// One of chance (RFC 8981 §3.3.1).
    static long random(RandomGenerator random) {
        long id = random.nextLong();
        for (int i = 0; i < 8 && isReserved(id); i++) {
            id = random.nextLong();
        }
        return id;
    }

    /// RFC 5453: the subnet's routers, Mobile IPv6, and the IANA Ethernet block.
    static boolean isReserved(long id) {
        return id == 0 || id >= 0xfdff_ffff_ffff_ff80L && id <= 0xfdff_ffff_ffff_ffffL
                || (id & 0xffff_ffff_ff00_0000L) == 0x0200_5eff_fe00_0000L;
    }

    /// An address with its prefix of 64 bits.
    static Cidr address(IpAddress prefix, long id) {
        return new Cidr(new IpAddress(prefix.hi(), id), 64);
    }
}
