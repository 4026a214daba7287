package dev.millrace.plot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// One graph over time, as a group of SVG.
final class Panel {
    static final int WIDTH = 980;
    private static final int LEFT = 70;
    private static final int RIGHT = 14;
    private static final int BOTTOM = 38;
    private static final int LEGEND_ROW = 16;
    private static final double LETTER = 6.1;
    /// More marks than that cannot be told apart: those that would cover each other are left out.
    private static final int MANY_MARKS = 2000;

    private final String title;
    private final Scale time;
    private final Scale values;
    private final String axis;
    private final int height;
    private final StringBuilder body = new StringBuilder();
    private final List<Entry> legend = new ArrayList<>();
    private boolean thinned;

    /// What a mark looks like.
    enum Shape { TRIANGLE, CROSS, CIRCLE, DIAMOND, TICK }

    private record Entry(String css, String sample, String text) {
    }

    /// @param height of the graph's area in pixels
    Panel(String title, String axis, Scale.Kind kind, long fromNs, long toNs, double max, int height) {
        this.title = title;
        this.axis = axis;
        this.height = height;
        time = new Scale(Scale.Kind.TIME, fromNs, toNs, 10);
        values = new Scale(kind, 0, max * 1.04, height / 45);
    }

    private double x(long timeNs) {
        return time.position(timeNs, WIDTH - LEFT - RIGHT);
    }

    private double y(double value) {
        return height - values.position(value, height);
    }

    private static String n(double d) {
        return d == Math.rint(d) ? Long.toString((long) d) : String.format(Locale.ROOT, "%.1f", d);
    }

    /// Vertical strokes from low to high, at least 2 pixels long; those of one column are joined where they touch.
    void strokes(Series s, String css, String text) {
        if (s.isEmpty()) {
            return;
        }
        var path = new StringBuilder();
        double column = -1;
        double top = 0;
        double bottom = 0;
        for (int i = 0; i < s.size(); i++) {
            double at = Math.rint(x(s.time(i)) * 2) / 2;
            double low = y(s.low(i));
            double high = Math.min(y(s.high(i)), low - 2);
            if (at == column && high <= bottom + 1 && low >= top - 1) {
                top = Math.min(top, high);
                bottom = Math.max(bottom, low);
                thinned = true;
                continue;
            }
            stroke(path, column, bottom, top);
            column = at;
            top = high;
            bottom = low;
        }
        stroke(path, column, bottom, top);
        body.append("<path class=\"").append(css).append("\" d=\"").append(path).append("\"/>\n");
        legend.add(new Entry(css, "<path class=\"" + css + "\" d=\"M6-9v10\"/>", text));
    }

    private static void stroke(StringBuilder path, double column, double bottom, double top) {
        if (column >= 0) {
            path.append('M').append(n(column)).append(' ').append(n(bottom)).append('V').append(n(top));
        }
    }

    /// A line through the points; with `steps` it stays until the next one. What is higher than the graph is drawn at its
    /// upper edge, and the legend says so.
    void line(Series s, String css, String text, boolean steps) {
        if (s.isEmpty()) {
            return;
        }
        var path = new StringBuilder();
        double lastX = 0;
        double lastY = 0;
        double min = 0;
        double max = 0;
        for (int i = 0; i < s.size(); i++) {
            double px = Math.rint(x(s.time(i)) * 2) / 2;
            double py = y(Math.min(s.high(i), values.to));
            if (i == 0) {
                path.append('M').append(n(px)).append(' ').append(n(py));
            } else if (px == lastX) {
                // Several in one column: what they reach is drawn when it is left.
                thinned = true;
            } else {
                flush(path, lastY, min, max);
                path.append(steps ? "H" + n(px) + "V" + n(py) : "L" + n(px) + " " + n(py));
            }
            min = i == 0 || px != lastX ? py : Math.min(min, py);
            max = i == 0 || px != lastX ? py : Math.max(max, py);
            lastX = px;
            lastY = py;
        }
        flush(path, lastY, min, max);
        if (steps) {
            path.append('H').append(n(WIDTH - LEFT - RIGHT));
        }
        body.append("<path class=\"").append(css).append("\" d=\"").append(path).append("\"/>\n");
        String beyond = s.max() > values.to ? ", up to " + values.label(s.max()) + " " + values.unit() + ", beyond the graph" : "";
        legend.add(new Entry(css, "<path class=\"" + css + "\" d=\"M0-4h14\"/>", text + beyond));
    }

    private static void flush(StringBuilder path, double at, double min, double max) {
        if (max - min >= 0.5) {
            path.append('V').append(n(min)).append('V').append(n(max)).append('V').append(n(at));
        }
    }

    /// A mark at each point's low value.
    void marks(Series s, Shape shape, String css, String text) {
        if (s.isEmpty()) {
            return;
        }
        Set<String> taken = new HashSet<>();
        boolean many = s.size() > MANY_MARKS;
        body.append("<path class=\"").append(css).append("\" d=\"");
        for (int i = 0; i < s.size(); i++) {
            double px = x(s.time(i));
            double py = y(Math.min(s.low(i), values.to));
            if (many && !taken.add((int) (px / 3) + "," + (int) (py / 3))) {
                thinned = true;
                continue;
            }
            body.append(mark(shape, px, py));
        }
        body.append("\"/>\n");
        legend.add(new Entry(css, "<path class=\"" + css + "\" d=\"" + mark(shape, 6, -4) + "\"/>",
                text + " (" + String.format(Locale.ROOT, "%,d", s.size()) + ")"));
    }

    private static String mark(Shape shape, double x, double y) {
        return switch (shape) {
            case TRIANGLE -> "M" + n(x) + " " + n(y - 4) + "l4 7h-8z";
            case CROSS -> "M" + n(x - 4) + " " + n(y - 4) + "l8 8m0-8l-8 8";
            case CIRCLE -> "M" + n(x - 3.5) + " " + n(y) + "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0";
            case DIAMOND -> "M" + n(x) + " " + n(y - 4.5) + "l4.5 4.5l-4.5 4.5l-4.5-4.5z";
            case TICK -> "M" + n(x) + " " + n(y) + "h4";
        };
    }

    /// How high the whole is, in pixels.
    int totalHeight() {
        return top() + height + BOTTOM;
    }

    private int top() {
        return 26 + LEGEND_ROW * legendRows().size();
    }

    private List<List<Entry>> legendRows() {
        var rows = new ArrayList<List<Entry>>();
        double used = WIDTH;
        for (Entry e : legend) {
            double width = 20 + e.text.length() * LETTER + 16;
            if (used + width > WIDTH - LEFT - RIGHT) {
                rows.add(new ArrayList<>());
                used = 0;
            }
            rows.getLast().add(e);
            used += width;
        }
        return rows;
    }

    /// The group, with its upper left corner at `y`.
    String svg(int y) {
        var s = new StringBuilder();
        s.append("<g transform=\"translate(0 ").append(y).append(")\">\n<text class=\"title\" x=\"").append(LEFT)
                .append("\" y=\"15\">").append(escape(title)).append(thinned ? "  <tspan class=\"note\">(what falls on the same "
                        + "pixels is drawn once)</tspan>" : "").append("</text>\n");
        int row = 0;
        for (List<Entry> entries : legendRows()) {
            double at = LEFT;
            for (Entry e : entries) {
                s.append("<g transform=\"translate(").append(n(at)).append(' ').append(34 + LEGEND_ROW * row).append(")\">")
                        .append(e.sample).append("<text class=\"legend\" x=\"20\">").append(escape(e.text))
                        .append("</text></g>\n");
                at += 20 + e.text.length() * LETTER + 16;
            }
            row++;
        }
        s.append("<g transform=\"translate(").append(LEFT).append(' ').append(top()).append(")\">\n");
        axes(s);
        return s.append(body).append("</g>\n</g>\n").toString();
    }

    private void axes(StringBuilder s) {
        int width = WIDTH - LEFT - RIGHT;
        for (double t : time.ticks()) {
            double at = time.position(t, width);
            s.append("<path class=\"grid\" d=\"M").append(n(at)).append(" 0V").append(height).append("\"/>")
                    .append("<text class=\"tick\" text-anchor=\"middle\" x=\"").append(n(at)).append("\" y=\"")
                    .append(height + 14).append("\">").append(time.label(t)).append("</text>\n");
        }
        for (double v : values.ticks()) {
            double at = y(v);
            s.append("<path class=\"grid\" d=\"M0 ").append(n(at)).append('H').append(width).append("\"/>")
                    .append("<text class=\"tick\" text-anchor=\"end\" x=\"-6\" y=\"").append(n(at + 4)).append("\">")
                    .append(values.label(v)).append("</text>\n");
        }
        s.append("<path class=\"frame\" d=\"M0 0V").append(height).append('H').append(width).append("\"/>\n")
                .append("<text class=\"axis\" text-anchor=\"middle\" x=\"").append(width / 2).append("\" y=\"")
                .append(height + 31).append("\">time (").append(time.unit()).append(")</text>\n")
                .append("<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(-52 ").append(height / 2)
                .append(") rotate(-90)\">").append(escape(axis)).append(" (").append(values.unit()).append(")</text>\n");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
