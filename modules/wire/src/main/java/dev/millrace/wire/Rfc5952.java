package dev.millrace.wire;

/// The recommended text of an IPv6 address: lower case, no leading zeros, `::` for the longest run of at least two
/// zero groups, the first one on a tie (RFC 5952 §4).
final class Rfc5952 {
    private Rfc5952() {
    }

    static String format(long hi, long lo) {
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int j = i;
            while (j < 8 && group(hi, lo, j) == 0) {
                j++;
            }
            if (j - i > bestLength) {
                bestStart = i;
                bestLength = j - i;
            }
            i = Math.max(i, j);
        }
        var text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(hi, lo, i)));
        }
        return text.toString();
    }

    private static int group(long hi, long lo, int index) {
        long half = index < 4 ? hi : lo;
        return (int) (half >>> 48 - 16 * (index & 3)) & 0xffff;
    }
}
