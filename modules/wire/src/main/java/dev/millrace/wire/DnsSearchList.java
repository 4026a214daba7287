package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The domain names of a DNSSL option: labels as in DNS (RFC 1035 §3.1), without compression, padded with zeros
/// (RFC 8106 §5.2).
final class DnsSearchList {
    private static final int MAX_LABEL = 63;
    /// The longest name in text, without the dot at its end (RFC 1035 §2.3.4).
    private static final int MAX_NAME = 253;

    private DnsSearchList() {
    }

    static List<String> read(MemorySegment m, long from, long end) {
        List<String> names = new ArrayList<>();
        var name = new StringBuilder();
        boolean usable = true;
        long i = from;
        while (i < end) {
            int length = u8(m, i++);
            if (length == 0) {
                if (!name.isEmpty() && usable) {
                    names.add(name.toString());
                }
                name.setLength(0);
                usable = true;
                continue;
            }
            int before = name.isEmpty() ? 0 : name.length() + 1;
            if (length > MAX_LABEL || length > end - i || before + length > MAX_NAME) {
                break;
            }
            usable &= appendLabel(name, m, i, length);
            i += length;
        }
        return names;
    }

    /// Whether the label is one that hosts have; letters become small ones.
    private static boolean appendLabel(StringBuilder name, MemorySegment m, long at, int length) {
        if (!name.isEmpty()) {
            name.append('.');
        }
        boolean usable = true;
        for (int i = 0; i < length; i++) {
            int c = u8(m, at + i);
            usable &= isHostCharacter(c);
            name.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c));
        }
        return usable;
    }

    private static boolean isHostCharacter(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    /// The bytes that [#write] takes.
    static int length(List<String> names) {
        int length = 0;
        for (String name : names) {
            checkName(name);
            length += name.length() + 2;
        }
        return length;
    }

    /// Writes names and returns the offset behind the last.
    static long write(MemorySegment m, long at, List<String> names) {
        long i = at;
        for (String name : names) {
            for (String label : name.split("\\.", -1)) {
                put8(m, i++, label.length());
                for (int c = 0; c < label.length(); c++) {
                    put8(m, i++, label.charAt(c));
                }
            }
            put8(m, i++, 0);
        }
        return i;
    }

    private static void checkName(String name) {
        boolean fits = name.length() <= MAX_NAME;
        for (String label : name.split("\\.", -1)) {
            fits &= !label.isEmpty() && label.length() <= MAX_LABEL && label.chars().allMatch(DnsSearchList::isHostCharacter);
        }
        if (!fits) {
            throw new IllegalArgumentException("\"" + name + "\" is no domain name: labels have 1 to 63 letters, digits, - and _");
        }
    }
}
