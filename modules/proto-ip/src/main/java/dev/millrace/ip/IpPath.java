package dev.millrace.ip;

import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// What the paths of both versions have in common. Sending allocates nothing and reads the payload once, for the
/// checksum, if at all.
abstract class IpPath implements Path {
    final IpAddress local;
    final IpAddress remote;

    private final Route route;
    private final NicPort nic;
    private final IpAddress nextHop;
    private final TransportChecksum checksum;
    private final int headerLength;
    private final int maxPayload;
    private final IpCounters counters;

    IpPath(Route route, IpAddress local, IpAddress remote, int protocol, int headerLength, int maxPayload,
            IpCounters counters) {
        this.route = route;
        this.local = local;
        this.remote = remote;
        this.headerLength = headerLength;
        this.maxPayload = maxPayload;
        this.counters = counters;
        nic = route.nic();
        nextHop = route.nextHop(remote);
        checksum = new TransportChecksum(nic.link(), local, remote, protocol);
    }

    @Override
    public final IpAddress local() {
        return local;
    }

    @Override
    public final IpAddress remote() {
        return remote;
    }

    @Override
    public final int mtu() {
        return Math.min(nic.mtu() - headerLength, maxPayload);
    }

    @Override
    public final int ipHeaderLength() {
        return headerLength;
    }

    @Override
    public final int maxSuperSegment() {
        int max = nic.link().maxSuperSegment();
        return max == 0 ? 0 : Math.min(max - headerLength, maxPayload);
    }

    @Override
    public final boolean isCurrent() {
        return route.isCurrent();
    }

    @Override
    public final void send(PacketList packets, int trafficClass, int hopLimit) {
        if (packets.isEmpty()) {
            return;
        }
        counters.sent.add(packets.size());
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            assert p.segmentSize() == 0 || p.length() <= maxSuperSegment() : "the link does not cut super-segments";
            checksum.complete(p);
            writeHeader(p, trafficClass, hopLimit);
            p.markNetworkHeader();
        }
        nic.transmit(packets, nextHop);
    }

    /// Puts the IP header in front of a packet that starts at its transport header.
    abstract void writeHeader(Packet packet, int trafficClass, int hopLimit);

    /// How many wire packets a packet stands for.
    static int wirePackets(Packet packet) {
        int size = packet.segmentSize();
        return size == 0 ? 1 : (packet.length() + size - 1) / size;
    }
}
