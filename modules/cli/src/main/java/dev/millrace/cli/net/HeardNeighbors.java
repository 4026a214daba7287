package dev.millrace.cli.net;

import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.NdpMessage;
import java.util.LinkedHashMap;
import java.util.Map;

/// Who was heard on a link, from the ARP and neighbour discovery that passes, whoever it is for; a bounded number.
final class HeardNeighbors {
    private static final int MAX = 4096;

    private final Map<IpAddress, Long> stations = new LinkedHashMap<>();

    /// Takes a packet.
    void packet(PacketFacts f) {
        boolean arp = f.etherType() == EtherType.ARP;
        boolean ndp = f.icmpType() >= NdpMessage.ROUTER_SOLICITATION && f.icmpType() <= NdpMessage.REDIRECT
                && f.hopLimit() == NdpMessage.HOP_LIMIT;
        if ((arp || ndp) && f.source() != null && !f.source().isUnspecified() && f.macSource() > 0
                && (stations.size() < MAX || stations.containsKey(f.source()))) {
            stations.put(f.source(), f.macSource());
        }
    }

    Map<IpAddress, Long> stations() {
        return stations;
    }
}
