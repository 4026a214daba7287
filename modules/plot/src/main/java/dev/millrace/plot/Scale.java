package dev.millrace.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// An axis: from values to pixels, with ticks at round numbers and a unit that suits their size.
final class Scale {
    /// What values are.
    enum Kind { TIME, BYTES, RATE }

    private static final double[] STEPS = {1, 2, 5, 10};

    final double from;
    final double to;
    private final double divisor;
    private final String unit;
    private final double step;

    /// @param ticks how many ticks there is room for
    Scale(Kind kind, double from, double to, int ticks) {
        double span = Math.max(to - from, kind == Kind.TIME ? 1000 : 1);
        this.from = from;
        this.to = from + span;
        double size = Math.max(Math.abs(from), Math.abs(this.to));
        switch (kind) {
            case TIME -> {
                divisor = size >= 2e9 ? 1e9 : size >= 2e6 ? 1e6 : 1e3;
                unit = size >= 2e9 ? "s" : size >= 2e6 ? "ms" : "µs";
            }
            case BYTES -> {
                divisor = size >= 2e9 ? 1e9 : size >= 2e6 ? 1e6 : size >= 2e3 ? 1e3 : 1;
                unit = size >= 2e9 ? "GB" : size >= 2e6 ? "MB" : size >= 2e3 ? "kB" : "bytes";
            }
            default -> {
                divisor = size >= 2e9 ? 1e9 : size >= 2e6 ? 1e6 : size >= 2e3 ? 1e3 : 1;
                unit = size >= 2e9 ? "Gbit/s" : size >= 2e6 ? "Mbit/s" : size >= 2e3 ? "kbit/s" : "bit/s";
            }
        }
        step = roundStep(span / divisor / Math.max(1, ticks)) * divisor;
    }

    static double roundStep(double raw) {
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        for (double s : STEPS) {
            if (s * power >= raw * 0.999999) {
                return s * power;
            }
        }
        return 10 * power;
    }

    String unit() {
        return unit;
    }

    List<Double> ticks() {
        var all = new ArrayList<Double>();
        for (double t = Math.ceil(from / step - 1e-9) * step; t <= to + step * 1e-9 && all.size() < 50; t += step) {
            all.add(t);
        }
        return all;
    }

    String label(double value) {
        double x = value / divisor;
        int digits = Math.max(0, (int) -Math.floor(Math.log10(step / divisor) + 1e-9));
        return String.format(Locale.ROOT, "%." + Math.min(digits, 6) + "f", x == 0 ? 0.0 : x);
    }

    double position(double value, double length) {
        return (value - from) / (to - from) * length;
    }
}
