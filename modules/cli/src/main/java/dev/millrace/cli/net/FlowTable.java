package dev.millrace.cli.net;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;

/// The flows that were seen, as many as there is room for; the one that was silent longest gives way.
final class FlowTable {
    private final int most;
    /// In the order of their last packets.
    private final LinkedHashMap<Flow.Key, Flow> flows = new LinkedHashMap<>(256, 0.75f, true);
    private long forgotten;
    private long packets;
    private long others;

    FlowTable(int most) {
        this.most = most;
    }

    /// Takes a packet.
    void packet(PacketFacts facts, byte[] bytes, long nowNs) {
        packets++;
        Flow.Key key = Flow.Key.of(facts);
        if (key == null) {
            others++;
            return;
        }
        Flow flow = flows.get(key);
        boolean forward = flow != null;
        if (flow == null) {
            flow = flows.get(key.reversed());
        }
        if (flow == null) {
            flow = new Flow(key, nowNs);
            forward = true;
            if (flows.size() >= most) {
                flows.remove(flows.firstEntry().getKey());
                forgotten++;
            }
            flows.put(key, flow);
        }
        flow.packet(facts, bytes, forward, nowNs);
    }

    /// All, those with most bytes first.
    List<Flow> byBytes() {
        return flows.values().stream().sorted(Comparator.comparingLong(Flow::bytes).reversed()).toList();
    }

    int size() {
        return flows.size();
    }

    /// How many gave way.
    long forgotten() {
        return forgotten;
    }

    long packets() {
        return packets;
    }

    /// Packets that belong to no flow, such as those of ARP.
    long others() {
        return others;
    }
}
