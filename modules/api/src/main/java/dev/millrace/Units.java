package dev.millrace;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads quantities as configurations write them: `40ms`, `64KiB`, `10Mbit/s`.
public final class Units {
    private static final Pattern QUANTITY = Pattern.compile("\\s*([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-zµ/]*)\\s*");

    private Units() {
    }

    /// A length of time: a number and `ns`, `us`, `ms`, `s`, `m` (minutes), `h` or `d`; only `0` needs no unit.
    ///
    /// @throws IllegalArgumentException if the text is none
    public static Duration duration(String text) {
        Matcher m = match(text, "a duration such as 40ms, 5s or 2h");
        long unit = switch (m.group(2).toLowerCase(Locale.ROOT)) {
            case "ns" -> 1L;
            case "us", "µs" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m", "min" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            case "d" -> 86_400_000_000_000L;
            case "" -> zeroOnly(m, text, "a unit (ns, us, ms, s, m, h, d)");
            default -> throw new IllegalArgumentException(
                    "\"" + text + "\" has an unknown unit; a duration ends in ns, us, ms, s, m, h or d");
        };
        return Duration.ofNanos(scale(m, unit, text));
    }

    /// A number of bytes: a number alone, or with `B`, `KiB`, `MiB`, `GiB` (powers of 1024) or `kB`, `MB`, `GB` (of 1000).
    ///
    /// @throws IllegalArgumentException if the text is none
    public static long bytes(String text) {
        Matcher m = match(text, "a size such as 1500, 64KiB or 4MiB");
        long unit = switch (m.group(2).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1L;
            case "kib" -> 1L << 10;
            case "mib" -> 1L << 20;
            case "gib" -> 1L << 30;
            case "kb" -> 1_000L;
            case "mb" -> 1_000_000L;
            case "gb" -> 1_000_000_000L;
            default -> throw new IllegalArgumentException(
                    "\"" + text + "\" has an unknown unit; a size ends in B, KiB, MiB, GiB, kB, MB or GB");
        };
        return scale(m, unit, text);
    }

    /// Bits a second: a number with `bit/s`, `kbit/s`, `Mbit/s` or `Gbit/s`.
    ///
    /// @throws IllegalArgumentException if the text is none
    public static long bitsPerSecond(String text) {
        Matcher m = match(text, "a rate such as 10Mbit/s");
        long unit = switch (m.group(2).toLowerCase(Locale.ROOT)) {
            case "bit/s" -> 1L;
            case "kbit/s" -> 1_000L;
            case "mbit/s" -> 1_000_000L;
            case "gbit/s" -> 1_000_000_000L;
            default -> throw new IllegalArgumentException(
                    "\"" + text + "\" has an unknown unit; a rate ends in bit/s, kbit/s, Mbit/s or Gbit/s");
        };
        return scale(m, unit, text);
    }

    private static Matcher match(String text, String what) {
        Matcher m = QUANTITY.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is not " + what);
        }
        return m;
    }

    private static long zeroOnly(Matcher m, String text, String missing) {
        if (Double.parseDouble(m.group(1)) != 0) {
            throw new IllegalArgumentException("\"" + text + "\" lacks " + missing);
        }
        return 1;
    }

    private static long scale(Matcher m, long unit, String text) {
        double value = Double.parseDouble(m.group(1)) * unit;
        if (value > Long.MAX_VALUE / 2.0) {
            throw new IllegalArgumentException("\"" + text + "\" is too large");
        }
        return Math.round(value);
    }
}
