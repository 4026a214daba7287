package dev.millrace.cli.net;

import java.util.Locale;

/// Numbers with units, short enough for a column.
final class Quantity {
    private Quantity() {
    }

    /// Bytes in decimal units.
    static String bytes(long n) {
        return n < 10_000 ? n + " B" : n < 10_000_000 ? n / 1000 + " kB"
                : n < 10_000_000_000L ? String.format(Locale.ROOT, "%.1f MB", n / 1e6) : String.format(Locale.ROOT, "%.1f GB", n / 1e9);
    }

    /// Bytes per second as bits per second.
    static String rate(double bytesPerSecond) {
        double bits = bytesPerSecond * 8;
        return bits < 1e3 ? String.format(Locale.ROOT, "%.0f b/s", bits) : bits < 1e6 ? String.format(Locale.ROOT, "%.1f kb/s", bits / 1e3)
                : bits < 1e9 ? String.format(Locale.ROOT, "%.1f Mb/s", bits / 1e6) : String.format(Locale.ROOT, "%.2f Gb/s", bits / 1e9);
    }
}
