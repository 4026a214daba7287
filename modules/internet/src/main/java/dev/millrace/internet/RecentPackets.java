package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// The last things that happened to packets, for reports. Used in the turns of the clockwork.
final class RecentPackets implements NetworkObserver {
    private final int most;
    private final Fabric fabric;
    private final ArrayDeque<Line> lines = new ArrayDeque<>();

    private record Line(long atNs, Node where, String text) {
    }

    /// @param most how many to remember
    RecentPackets(Fabric fabric, int most) {
        this.fabric = fabric;
        this.most = most;
    }

    private void add(Node where, String text) {
        if (lines.size() == most) {
            lines.removeFirst();
        }
        lines.add(new Line(fabric.nowNs(), where, text));
    }

    @Override
    public void left(Node from, Packet packet, boolean frame, String remark) {
        add(from, from + " sends " + new PacketView(packet, frame, from, null) + (remark == null ? "" : " - " + remark));
    }

    @Override
    public void arrived(Node at, Packet packet, boolean frame) {
        add(at, at + " gets " + new PacketView(packet, frame, null, at));
    }

    @Override
    public void lost(Node at, Packet packet, boolean frame, String remark) {
        add(at, at + " loses " + new PacketView(packet, frame, at, null) + " - " + remark);
    }

    @Override
    public void note(String what) {
        add(null, what);
    }

    @Override
    public void host(Host host) {
        // Reports list the hosts.
    }

    /// The last lines that concern hosts of these names, and what befell; of all if there are none.
    List<String> of(Collection<String> hosts, int number) {
        List<Line> concerned = lines.stream().filter(l -> l.where == null || hosts.isEmpty()
                || hosts.contains(Station.hostName(l.where))).toList();
        var texts = new ArrayList<String>();
        concerned.subList(Math.max(0, concerned.size() - number), concerned.size())
                .forEach(l -> texts.add(Duration.ofNanos(l.atNs) + " " + l.text));
        return texts;
    }
}
