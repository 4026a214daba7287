package dev.millrace.dns;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Names as text: labels with dots between them and none at the end, bytes that are neither letters, digits, hyphens nor
/// underscores as `\DDD` (RFC 1035 §5.1). The root is the empty string. Comparisons ignore the case of ASCII letters
/// (RFC 4343).
final class DnsName {
    private static final int MAX_LABEL = 63;
    /// RFC 1035 §2.3.4, with the length bytes and the root.
    private static final int MAX_WIRE = 255;

    private DnsName() {
    }

    /// A host name as people write it, in its ASCII form.
    ///
    /// @throws DnsException if it is none
    static String ofHost(String host) throws DnsException {
        String ascii;
        try {
            String bare = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
            ascii = bare.chars().allMatch(c -> c < 0x80) ? bare : IDN.toASCII(bare, IDN.ALLOW_UNASSIGNED);
        } catch (IllegalArgumentException e) {
            throw new DnsException("\"" + host + "\" is no host name: " + e.getMessage());
        }
        int wire = 1;
        for (String label : ascii.split("\\.", -1)) {
            if (label.isEmpty() || label.length() > MAX_LABEL || !label.matches("[A-Za-z0-9_-]+")) {
                throw new DnsException("\"" + host + "\" is no host name: \"" + label + "\" is no label of 1 to 63 letters, "
                        + "digits, hyphens and underscores");
            }
            wire += 1 + label.length();
        }
        if (wire > MAX_WIRE) {
            throw new DnsException("\"" + host + "\" is no host name: it is longer than 253 characters");
        }
        return ascii;
    }

    static boolean same(String a, String b) {
        return a.equalsIgnoreCase(b);
    }

    static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /// The labels of a name.
    ///
    /// @throws IllegalArgumentException if it cannot be written to the wire
    static List<byte[]> labels(String name) {
        List<byte[]> labels = new ArrayList<>();
        var label = new java.io.ByteArrayOutputStream();
        int wire = 1;
        byte[] text = name.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i <= text.length; i++) {
            if (i == text.length || text[i] == '.') {
                if (i == text.length && label.size() == 0 && labels.isEmpty()) {
                    return labels;
                }
                if (label.size() == 0 || label.size() > MAX_LABEL) {
                    throw new IllegalArgumentException("\"" + name + "\" has a label of " + label.size() + " bytes");
                }
                wire += 1 + label.size();
                labels.add(label.toByteArray());
                label.reset();
            } else if (text[i] == '\\') {
                if (i + 3 >= text.length || !name.substring(i + 1, i + 4).matches("[0-2][0-9][0-9]")) {
                    throw new IllegalArgumentException("\"" + name + "\" has a \\ without three digits");
                }
                label.write(Integer.parseInt(name.substring(i + 1, i + 4)));
                i += 3;
            } else {
                label.write(text[i]);
            }
        }
        if (wire > MAX_WIRE) {
            throw new IllegalArgumentException("\"" + name + "\" is longer than 255 bytes");
        }
        return labels;
    }

    /// Reads the name at `at`, which may be compressed (RFC 1035 §4.1.4), and appends it to `to`. Returns where it ends.
    ///
    /// @throws DnsFormatException if it is cut off, too long, or points anywhere but back
    static int read(byte[] message, int at, StringBuilder to) throws DnsFormatException {
        int i = at;
        int end = -1;
        int wire = 1;
        // Each pointer leads before everything that was read so far: so there is no loop.
        int limit = at;
        while (true) {
            if (i >= message.length) {
                throw new DnsFormatException("a name is cut off");
            }
            int n = message[i] & 0xff;
            if (n == 0) {
                return end < 0 ? i + 1 : end;
            }
            if (n >= 0xc0) {
                if (i + 1 >= message.length) {
                    throw new DnsFormatException("a compression pointer is cut off");
                }
                int target = (n & 0x3f) << 8 | message[i + 1] & 0xff;
                if (target >= limit) {
                    throw new DnsFormatException("a compression pointer leads forward");
                }
                end = end < 0 ? i + 2 : end;
                limit = target;
                i = target;
                continue;
            }
            wire += 1 + n;
            if (n > MAX_LABEL || wire > MAX_WIRE || i + 1 + n > message.length) {
                throw new DnsFormatException(n > MAX_LABEL ? "a label of unknown kind" : "a name is too long or cut off");
            }
            if (!to.isEmpty()) {
                to.append('.');
            }
            append(message, i + 1, n, to);
            i += 1 + n;
        }
    }

    private static void append(byte[] message, int at, int n, StringBuilder to) {
        for (int i = at; i < at + n; i++) {
            int c = message[i] & 0xff;
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
            if (plain) {
                to.append((char) c);
            } else {
                to.append('\\').append((char) ('0' + c / 100)).append((char) ('0' + c / 10 % 10)).append((char) ('0' + c % 10));
            }
        }
    }
}
