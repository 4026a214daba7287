package dev.millrace.plot;

import java.util.ArrayList;
import java.util.List;

/// The graphs of one direction of a connection, by the names that Wireshark gives them.
final class FlowGraphs {
    private static final int BINS = 120;
    private static final long MIN_BIN_NS = 1_000_000;

    private FlowGraphs() {
    }

    static List<Panel> of(Connection c, Flow f) {
        long from = c.firstNs;
        long to = Math.max(c.lastNs, from + 1000);
        var panels = new ArrayList<Panel>();
        panels.add(timeSequence(f, from, to));
        panels.add(throughput(f, from, to));
        if (!f.roundTrips.isEmpty()) {
            panels.add(roundTrips(f, from, to));
        }
        panels.add(inFlight(f, from, to));
        return panels;
    }

    private static Panel timeSequence(Flow f, long from, long to) {
        long top = Math.max(f.data.max(), Math.max(f.retransmissions.max(), f.acknowledgments.max()));
        // A window of megabytes would press a transfer of kilobytes to the ground.
        long window = Math.min(f.windowEdge.max(), top + Math.max(top / 4, 20_000));
        var p = new Panel("Time sequence (tcptrace)", "sequence number", Scale.Kind.BYTES, from, to,
                Math.max(10, Math.max(top, window)), 380);
        p.line(f.windowEdge, "window", "receiver's window", true);
        p.line(f.acknowledgments, "ack", "acknowledged", true);
        p.strokes(f.data, "data", "data");
        p.strokes(f.sacks, "sack", "SACK");
        p.marks(f.duplicateAcks, Panel.Shape.TICK, "dup", "duplicate ACKs");
        p.strokes(f.retransmissions, "again", "retransmitted data");
        p.marks(f.retransmissions, Panel.Shape.TRIANGLE, "retransmission", "retransmissions");
        p.marks(f.lost, Panel.Shape.CROSS, "lost", "known to be lost");
        p.marks(f.zeroWindows, Panel.Shape.CIRCLE, "zero", "zero window");
        p.marks(f.handshakes, Panel.Shape.DIAMOND, "syn", "SYN, FIN");
        p.marks(f.resets, Panel.Shape.DIAMOND, "rst", "RST");
        return p;
    }

    private static Panel throughput(Flow f, long from, long to) {
        long bin = Math.max(MIN_BIN_NS, (long) (Scale.roundStep((to - from) / 1e6 / BINS) * 1e6));
        int bins = (int) ((to - from) / bin) + 1;
        long[] sent = new long[bins];
        long[] good = new long[bins];
        sum(sent, f.data, from, bin);
        sum(sent, f.retransmissions, from, bin);
        long acked = 0;
        for (int i = 0; i < f.acknowledgments.size(); i++) {
            // The SYN takes one number, and no data.
            long ack = Math.max(0, f.acknowledgments.high(i) - 1);
            good[(int) ((f.acknowledgments.time(i) - from) / bin)] += ack - acked;
            acked = ack;
        }
        Series throughput = rate(sent, from, bin);
        Series goodput = rate(good, from, bin);
        var p = new Panel("Throughput, for each " + new Scale(Scale.Kind.TIME, 0, bin, 1).label(bin) + " "
                + new Scale(Scale.Kind.TIME, 0, bin, 1).unit(), "rate", Scale.Kind.RATE, from, to,
                Math.max(1000, Math.max(throughput.max(), goodput.max())), 180);
        p.line(throughput, "data", "throughput (all that was sent)", true);
        p.line(goodput, "ack", "goodput (newly acknowledged)", true);
        return p;
    }

    private static void sum(long[] bins, Series s, long from, long bin) {
        for (int i = 0; i < s.size(); i++) {
            bins[(int) ((s.time(i) - from) / bin)] += s.high(i) - s.low(i);
        }
    }

    private static Series rate(long[] bins, long from, long bin) {
        var s = new Series();
        for (int i = 0; i < bins.length; i++) {
            s.add(from + i * bin, (long) (bins[i] * 8 * 1e9 / bin));
        }
        return s;
    }

    private static Panel roundTrips(Flow f, long from, long to) {
        var p = new Panel("Round-trip time", "RTT", Scale.Kind.TIME, from, to, f.roundTrips.max(), 180);
        p.line(f.roundTrips, "faint", "in order", false);
        p.marks(f.roundTrips, Panel.Shape.CIRCLE, "rtt", "samples of segments sent once");
        return p;
    }

    private static Panel inFlight(Flow f, long from, long to) {
        long top = f.inFlight.max();
        var p = new Panel("Window scaling: bytes in flight and the receiver's window", "bytes", Scale.Kind.BYTES, from, to,
                Math.max(10, Math.max(top, Math.min(f.receiveWindow.max(), top * 4))), 180);
        p.line(f.receiveWindow, "window", "receiver's window", true);
        p.line(f.inFlight, "data", "bytes in flight", true);
        return p;
    }
}
