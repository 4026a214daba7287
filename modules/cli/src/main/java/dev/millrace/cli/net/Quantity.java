package dev.millrace.cli.net;

import java.util.Locale;

/// Numbers with units, short enough for a column.
final class Quantity {
    private Quantity() {
    }

    /// Bytes in decimal units.
    static String bytes(long n) {
        if (n < 10_000_000) {
            return n < 10_000 ? n + " B" : n / 1000 + " kB";
        }
        return n < 10_000_000_000L ? text("%.1f MB", n / 1e6) : text("%.1f GB", n / 1e9);
    }

    /// Bytes per second as bits per second.
    static String rate(double bytesPerSecond) {
        double bits = bytesPerSecond * 8;
        if (bits < 1e6) {
            return bits < 1e3 ? text("%.0f b/s", bits) : text("%.1f kb/s", bits / 1e3);
        }
        return bits < 1e9 ? text("%.1f Mb/s", bits / 1e6) : text("%.2f Gb/s", bits / 1e9);
    }

    private static String text(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
