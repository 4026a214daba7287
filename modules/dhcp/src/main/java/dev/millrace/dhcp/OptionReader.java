package dev.millrace.dhcp;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Reads the options of a message: from the option field, and from `file` and `sname` if it is overloaded (RFC 2132 §9.3), the
/// parts of long ones joined in that order (RFC 3396 §7).
final class OptionReader {
    private final byte[] bytes;
    private final Map<Integer, byte[]> options = new HashMap<>();
    private boolean malformed;

    private OptionReader(byte[] bytes) {
        this.bytes = bytes;
    }

    /// The options, or `null` if one has an impossible length.
    static Map<Integer, byte[]> read(byte[] b, int length) {
        var reader = new OptionReader(b);
        reader.field(DhcpMessage.HEADER_LENGTH, length);
        byte[] overload = reader.options.get(DhcpOption.OVERLOAD);
        int which = overload != null && overload.length == 1 ? overload[0] : 0;
        // Only the option field says so: one inside the others means nothing.
        if ((which & 1) != 0) {
            reader.field(DhcpMessage.FILE, DhcpMessage.FILE + 128);
        }
        if ((which & 2) != 0) {
            reader.field(DhcpMessage.SNAME, DhcpMessage.SNAME + 64);
        }
        return reader.malformed ? null : reader.options;
    }

    /// A field that lacks the end option ends where it ends, as servers' that fill it do.
    private void field(int from, int end) {
        int at = from;
        while (at < end && (bytes[at] & 0xff) != DhcpOption.END) {
            int code = bytes[at] & 0xff;
            if (code == DhcpOption.PAD) {
                at++;
                continue;
            }
            int length = at + 1 < end ? bytes[at + 1] & 0xff : end;
            if (length > end - at - 2) {
                malformed = true;
                return;
            }
            add(code, at + 2, length);
            at += 2 + length;
        }
    }

    private void add(int code, int from, int length) {
        byte[] before = options.get(code);
        byte[] all = before == null ? new byte[length] : Arrays.copyOf(before, before.length + length);
        System.arraycopy(bytes, from, all, all.length - length, length);
        options.put(code, all);
    }
}
