package dev.millrace.dhcp;

import java.util.ArrayList;
import java.util.List;

/// The domain names in options 15 and 119. What is no name of hosts is left out: programs put it into questions and files.
final class Domains {
    private static final int MAX_NAMES = 16;
    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    private Domains() {
    }

    /// The name in option 15, without a dot at its end, or an empty string.
    static String name(byte[] b) {
        if (b == null) {
            return "";
        }
        int length = b.length;
        // Some servers end it with a zero (RFC 2132 §2: to be taken off), some with a dot.
        while (length > 0 && (b[length - 1] == 0 || b[length - 1] == '.')) {
            length--;
        }
        var name = new StringBuilder();
        int label = 0;
        for (int i = 0; i < length; i++) {
            label = b[i] == '.' ? 0 : label + 1;
            boolean fits = b[i] == '.' ? i > 0 && b[i - 1] != '.' : isHostCharacter(b[i]) && label <= MAX_LABEL;
            if (!fits) {
                return "";
            }
            name.append((char) b[i]);
        }
        return name.length() > MAX_NAME ? "" : name.toString();
    }

    /// The names of option 119 (RFC 3397): as in DNS, pointers included, which lead backwards within the option.
    static List<String> searchList(byte[] b) {
        var names = new ArrayList<String>();
        int at = 0;
        while (b != null && at < b.length && names.size() < MAX_NAMES) {
            var name = new StringBuilder();
            at = read(b, at, name);
            if (at < 0) {
                break;
            }
            if (!name.isEmpty()) {
                names.add(name.toString());
            }
        }
        return names;
    }

    /// Reads one name, and returns where the next begins, or -1 if it is none.
    private static int read(byte[] b, int from, StringBuilder name) {
        int at = from;
        int next = -1;
        // Each pointer leads further back, so that there is an end.
        int limit = from;
        while (at < b.length) {
            int length = b[at] & 0xff;
            if (length == 0) {
                return next < 0 ? at + 1 : next;
            }
            if (length >= 0xc0) {
                int to = at + 1 < b.length ? (length & 0x3f) << 8 | b[at + 1] & 0xff : limit;
                if (to >= limit) {
                    return -1;
                }
                next = next < 0 ? at + 2 : next;
                limit = to;
                at = to;
                continue;
            }
            if (length > MAX_LABEL || length >= b.length - at || name.length() + length + 1 > MAX_NAME) {
                return -1;
            }
            name.append(name.isEmpty() ? "" : ".");
            for (int i = at + 1; i <= at + length; i++) {
                if (!isHostCharacter(b[i])) {
                    return -1;
                }
                name.append((char) b[i]);
            }
            at += 1 + length;
        }
        return -1;
    }

    private static boolean isHostCharacter(byte c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }
}
