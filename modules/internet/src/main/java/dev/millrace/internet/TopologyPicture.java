package dev.millrace.internet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Draws an Internet: its nodes, the links and paths between them, what they are like, and what they have carried.
final class TopologyPicture {
    private static final int WIDTH = 980;
    private static final int MARGIN = 90;
    private static final int MAX_NODES = 120;
    /// With more edges than that their labels would cover each other; they become tool tips.
    private static final int MAX_LABELS = 18;
    private static final int ROUNDS = 500;
    private static final double LETTER = 6.4;

    private final List<Node> nodes;
    private final int hidden;
    private final Map<String, Edge> edges = new LinkedHashMap<>();
    private final double[] x;
    private final double[] y;
    private final int height;

    /// The two directions between two nodes; none between the NICs of one host.
    private static final class Edge {
        private final int a;
        private final int b;
        private Pipe there;
        private Pipe back;

        Edge(int a, int b) {
            this.a = a;
            this.b = b;
        }
    }

    /// @param all the nodes, in the order of their names
    TopologyPicture(List<Node> all, List<Pipe> pipes) {
        boolean cloudUsed = pipes.stream().anyMatch(p -> p.from() instanceof Cloud || p.to() instanceof Cloud);
        List<Node> shown = all.stream().filter(n -> !(n instanceof Cloud) || cloudUsed).toList();
        nodes = shown.subList(0, Math.min(MAX_NODES, shown.size()));
        hidden = shown.size() - nodes.size();
        var index = new HashMap<Node, Integer>();
        nodes.forEach(n -> index.put(n, index.size()));
        for (Node n : nodes) {
            if (n instanceof HostNic nic && index.containsKey(nic.host())) {
                edges.put(nic.name(), new Edge(index.get(nic.host()), index.get(nic)));
            }
        }
        for (Pipe p : pipes) {
            Integer from = index.get(p.from());
            Integer to = index.get(p.to());
            if (from != null && to != null) {
                Edge e = edges.computeIfAbsent(Math.min(from, to) + "-" + Math.max(from, to),
                        _ -> new Edge(Math.min(from, to), Math.max(from, to)));
                if (from == e.a) {
                    e.there = p;
                } else {
                    e.back = p;
                }
            }
        }
        x = new double[nodes.size()];
        y = new double[nodes.size()];
        height = Math.clamp(260 + nodes.size() * 22L, 320, 1200);
        arrange();
    }

    /// Neighbours attract, all repel (Fruchterman and Reingold), from a circle on: the same picture each time.
    private void arrange() {
        int n = nodes.size();
        double ideal = 0.9 * Math.sqrt(1.0 / Math.max(1, n));
        for (int i = 0; i < n; i++) {
            double angle = 2 * Math.PI * i / Math.max(1, n);
            x[i] = 0.5 + 0.4 * Math.cos(angle);
            y[i] = 0.5 + 0.4 * Math.sin(angle);
        }
        for (int round = 0; round < ROUNDS; round++) {
            double limit = 0.08 * (1 - (double) round / ROUNDS);
            double[] dx = new double[n];
            double[] dy = new double[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    if (i != j) {
                        push(i, j, ideal, dx, dy);
                    }
                }
            }
            for (Edge e : edges.values()) {
                pull(e, ideal, dx, dy);
            }
            for (int i = 0; i < n; i++) {
                double length = Math.max(1e-9, Math.hypot(dx[i], dy[i]));
                x[i] = Math.clamp(x[i] + dx[i] / length * Math.min(length, limit), 0.0, 1.0);
                y[i] = Math.clamp(y[i] + dy[i] / length * Math.min(length, limit), 0.0, 1.0);
            }
        }
    }

    private void push(int i, int j, double ideal, double[] dx, double[] dy) {
        double ex = x[i] - x[j];
        double ey = y[i] - y[j];
        double distance = Math.max(1e-4, Math.hypot(ex, ey));
        double force = ideal * ideal / distance;
        dx[i] += ex / distance * force;
        dy[i] += ey / distance * force;
    }

    private void pull(Edge e, double ideal, double[] dx, double[] dy) {
        double ex = x[e.a] - x[e.b];
        double ey = y[e.a] - y[e.b];
        double distance = Math.max(1e-4, Math.hypot(ex, ey));
        double force = distance * distance / ideal;
        dx[e.a] -= ex / distance * force;
        dy[e.a] -= ey / distance * force;
        dx[e.b] += ex / distance * force;
        dy[e.b] += ey / distance * force;
    }

    private double px(int i) {
        return MARGIN + x[i] * (WIDTH - 2 * MARGIN);
    }

    private double py(int i) {
        return 60 + y[i] * (height - 130);
    }

    private static String n(double d) {
        return String.format(Locale.ROOT, "%.1f", d);
    }

    String svg() {
        var s = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + WIDTH + " " + height
                + "\" width=\"" + WIDTH + "\" height=\"" + height + "\" font-family=\"system-ui, sans-serif\">\n<style>"
                + "text{font-size:11px;fill:#222;text-anchor:middle}.name{font-weight:600;font-size:12px}"
                + ".body{stroke:#0072b2;stroke-width:7;stroke-opacity:.25}.link{stroke:#777;stroke-width:1.5}.lossy{stroke:#d55e00;stroke-width:2}"
                + ".cut{stroke:#d55e00;stroke-width:2;stroke-dasharray:6 4}.label{fill:#fff;fill-opacity:.85}"
                + ".host{fill:#e6f2fa;stroke:#0072b2}.router{fill:#fff3d6;stroke:#b8860b}.box{fill:#fde8dc;stroke:#d55e00}"
                + ".subnet{fill:#e3f4ee;stroke:#009e73}.cloud{fill:#f2f2f2;stroke:#999;stroke-dasharray:4 3}.key{text-anchor:start}"
                + "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        edges.values().forEach(e -> line(s, e));
        if (edges.size() <= MAX_LABELS) {
            edges.values().stream().filter(TopologyPicture::isLink).forEach(e -> label(s, e));
        }
        for (int i = 0; i < nodes.size(); i++) {
            node(s, i);
        }
        legend(s);
        return s.append("</svg>\n").toString();
    }

    private static boolean isCut(Edge e) {
        return e.there != null && e.there.isCut() || e.back != null && e.back.isCut();
    }

    private static long lost(Edge e) {
        return lost(e.there) + lost(e.back);
    }

    private static long lost(Pipe p) {
        return p == null ? 0 : p.counters().entrySet().stream().filter(c -> c.getKey().startsWith("dropped-"))
                .mapToLong(Map.Entry::getValue).sum();
    }

    private static long packets(Pipe p) {
        return p == null ? 0 : p.counters().get("packets");
    }

    private static boolean isLink(Edge e) {
        return e.there != null || e.back != null;
    }

    private void line(StringBuilder s, Edge e) {
        if (!isLink(e)) {
            s.append("<path class=\"body\" d=\"M").append(n(px(e.a))).append(' ').append(n(py(e.a))).append('L').append(n(px(e.b)))
                    .append(' ').append(n(py(e.b))).append("\"/>\n");
            return;
        }
        s.append("<path class=\"").append(isCut(e) ? "cut" : lost(e) > 0 ? "lossy" : "link").append("\" d=\"M").append(n(px(e.a)))
                .append(' ').append(n(py(e.a))).append('L').append(n(px(e.b))).append(' ').append(n(py(e.b)))
                .append("\"><title>").append(escape(nodes.get(e.a) + " – " + nodes.get(e.b) + ": " + conditions(e) + "; "
                        + traffic(e))).append("</title></path>\n");
    }

    private static String conditions(Edge e) {
        String there = e.there == null ? "" : e.there.conditions().toString();
        String back = e.back == null ? there : e.back.conditions().toString();
        return e.there == null ? back : there.equals(back) ? there : there + " / " + back;
    }

    private static String traffic(Edge e) {
        long lost = lost(e);
        return packets(e.there) + packets(e.back) + " packets" + (lost > 0 ? ", " + lost + " lost" : "");
    }

    private void label(StringBuilder s, Edge e) {
        // Not in the middle: lines that cross do so there.
        double at = 0.42;
        double lx = px(e.a) + (px(e.b) - px(e.a)) * at;
        double ly = py(e.a) + (py(e.b) - py(e.a)) * at;
        String conditions = conditions(e);
        double width = Math.max(conditions.length(), traffic(e).length()) * 5.8 + 8;
        lx = Math.clamp(lx, width / 2 + 2, Math.max(width / 2 + 2, WIDTH - width / 2 - 2));
        s.append("<rect class=\"label\" x=\"").append(n(lx - width / 2)).append("\" y=\"").append(n(ly - 14)).append("\" width=\"")
                .append(n(width)).append("\" height=\"28\"/><text x=\"").append(n(lx)).append("\" y=\"").append(n(ly - 2))
                .append("\">").append(escape(conditions)).append("</text><text x=\"").append(n(lx)).append("\" y=\"")
                .append(n(ly + 11)).append("\">").append(traffic(e)).append("</text>\n");
    }

    private void node(StringBuilder s, int i) {
        Node node = nodes.get(i);
        var lines = new ArrayList<String>();
        String css = switch (node) {
            case Host h -> {
                h.cidrs().forEach(c -> lines.add(c.address().toString()));
                yield "host";
            }
            case Router _ -> "router";
            case HostNic n -> {
                n.cidrs().forEach(c -> lines.add(c.address().toString()));
                yield "host";
            }
            case EthernetGateway g -> {
                g.cidrs().forEach(c -> lines.add(c.address().toString()));
                yield "router";
            }
            case EthernetSwitch sw -> {
                lines.add("Ethernet");
                sw.networks().forEach(c -> lines.add(c.toString()));
                yield "subnet";
            }
            case Subnet sub -> {
                lines.add(sub.network());
                yield "subnet";
            }
            case Cloud _ -> "cloud";
            default -> {
                lines.add(node instanceof NatBox ? "NAT" : "firewall");
                yield "box";
            }
        };
        lines.removeIf(String::isEmpty);
        boolean brief = nodes.size() > 40;
        if (brief) {
            lines.clear();
        }
        double width = Math.max(node.name().length() * 7.2, lines.stream().mapToInt(String::length).max().orElse(0) * LETTER) + 14;
        double high = 20 + lines.size() * 13;
        double left = Math.clamp(px(i) - width / 2, 2, WIDTH - width - 2);
        double top = py(i) - high / 2;
        s.append("<rect class=\"").append(css).append("\" x=\"").append(n(left)).append("\" y=\"").append(n(top))
                .append("\" width=\"").append(n(width)).append("\" height=\"").append(n(high)).append("\" rx=\"")
                .append(css.equals("router") || css.equals("cloud") ? 10 : 4).append("\"/><text class=\"name\" x=\"")
                .append(n(left + width / 2)).append("\" y=\"").append(n(top + 14)).append("\">").append(escape(node.name()))
                .append("</text>\n");
        for (int k = 0; k < lines.size(); k++) {
            s.append("<text x=\"").append(n(left + width / 2)).append("\" y=\"").append(n(top + 27 + 13 * k)).append("\">")
                    .append(escape(lines.get(k))).append("</text>\n");
        }
    }

    private void legend(StringBuilder s) {
        String[][] keys = {{"host", "host"}, {"router", "router"}, {"subnet", "subnet, Ethernet"}, {"box", "NAT, firewall"},
            {"cloud", "the middle"}};
        int at = 12;
        int base = height - 14;
        for (String[] k : keys) {
            s.append("<rect class=\"").append(k[0]).append("\" x=\"").append(at).append("\" y=\"").append(base - 10)
                    .append("\" width=\"14\" height=\"12\" rx=\"3\"/><text class=\"key\" x=\"").append(at + 20).append("\" y=\"")
                    .append(base).append("\">").append(k[1]).append("</text>\n");
            at += 36 + k[1].length() * 7;
        }
        String[][] lines = {{"body", "one host"}, {"link", "link or path"}, {"lossy", "lost packets"}, {"cut", "cut"}};
        for (String[] k : lines) {
            s.append("<path class=\"").append(k[0]).append("\" d=\"M").append(at).append(' ').append(base - 4)
                    .append("h24\"/><text class=\"key\" x=\"").append(at + 30).append("\" y=\"").append(base).append("\">")
                    .append(k[1]).append("</text>\n");
            at += 46 + k[1].length() * 7;
        }
        if (hidden > 0) {
            s.append("<text class=\"key\" x=\"12\" y=\"20\">").append(hidden).append(" more nodes are not drawn</text>\n");
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
