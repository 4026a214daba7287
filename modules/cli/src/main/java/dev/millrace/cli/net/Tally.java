package dev.millrace.cli.net;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// How many bytes went one way, and their digest. One thread adds; others may read the count.
final class Tally {
    private final MessageDigest digest;
    private volatile long bytes;
    private byte[] result;

    Tally() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    void add(byte[] b, int offset, int length) {
        digest.update(b, offset, length);
        bytes = bytes + length;
    }

    long bytes() {
        return bytes;
    }

    /// The digest of all of them; nothing is added any more.
    String sha256() {
        if (result == null) {
            result = digest.digest();
        }
        return HexFormat.of().formatHex(result);
    }
}
