package dev.millrace.cli.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The part of a file that a client asks for (RFC 9110 §14).
///
/// @param first the offset of the first byte
/// @param length in bytes; 0 if the range lies outside the file
record ByteRange(long first, long length) {
    private static final Pattern ONE = Pattern.compile("bytes=\\s*(\\d{0,18})-(\\d{0,18})\\s*", Pattern.CASE_INSENSITIVE);

    /// Reads a Range header. Returns `null` if the whole file is to be sent: without a header, for other units, for what
    /// makes no sense (a server ignores what it does not understand, §14.2), and for several ranges at once, which a
    /// server may decline.
    static ByteRange parse(String header, long size) {
        Matcher m = header == null ? null : ONE.matcher(header);
        if (m == null || !m.matches() || m.group(1).isEmpty() && m.group(2).isEmpty()) {
            return null;
        }
        if (m.group(1).isEmpty()) {
            long last = Math.min(size, Long.parseLong(m.group(2)));
            if (size == 0 && Long.parseLong(m.group(2)) > 0) {
                // §14.1.2: satisfiable, with all there is, which Content-Range cannot say.
                return null;
            }
            return new ByteRange(size - last, last);
        }
        long first = Long.parseLong(m.group(1));
        long end = m.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(m.group(2)) + 1);
        if (!m.group(2).isEmpty() && Long.parseLong(m.group(2)) < first) {
            return null;
        }
        return first >= size ? new ByteRange(0, 0) : new ByteRange(first, end - first);
    }
}
