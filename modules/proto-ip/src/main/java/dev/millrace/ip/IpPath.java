package dev.millrace.ip;

import dev.millrace.spi.NextHop;
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
    private final NextHop nextHop;
    private final TransportChecksum checksum;
    private final int headerLength;
    private final int maxPayload;
    private final IpCounters counters;
    /// What routers tell about the way, or `null` if it does not matter: packets that may be fragmented, and what stays in
    /// this stack.
    private final PathMtus mtus;
    private final PathMtus.Entry learned;
    /// Written by any thread; whoever sees an old value looks once more.
    private int mtusSeen;

    IpPath(Route route, IpAddress local, IpAddress remote, int protocol, int headerLength, int maxPayload,
            IpCounters counters, PathMtus mtus) {
        this.route = route;
        this.local = local;
        this.remote = remote;
        this.headerLength = headerLength;
        this.maxPayload = maxPayload;
        this.counters = counters;
        nic = route.nic();
        nextHop = nic.toward(route.nextHop(remote));
        checksum = new TransportChecksum(nic.link(), local, remote, protocol);
        this.mtus = route.local() ? null : mtus;
        // Before the look-up, so that what is learned in between is found by the first isCurrent().
        mtusSeen = mtus == null ? 0 : mtus.generation();
        learned = this.mtus == null ? null : mtus.find(remote);
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
        int ipMtu = learned == null ? nic.mtu() : Math.min(nic.mtu(), learned.mtu());
        return Math.min(ipMtu - headerLength, maxPayload);
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
        return route.isCurrent() && (mtus == null || mtuIsCurrent());
    }

    private boolean mtuIsCurrent() {
        int generation = mtus.generation();
        if (generation != mtusSeen) {
            if (mtus.find(remote) != learned) {
                return false;
            }
            mtusSeen = generation;
        }
        return learned == null || !mtus.isExpired(learned);
    }

    @Override
    public final void packetTooBig(int toldMtu) {
        if (mtus != null && mtus.learn(remote, toldMtu, nic.mtu())) {
            counters.countPathMtu();
        }
    }

    /// Whether a router wants smaller packets than this stack is willing to send.
    final boolean isNarrow() {
        return learned != null && learned.isNarrow();
    }

    @Override
    public final void confirm() {
        nextHop.confirm();
    }

    @Override
    public final void doubt() {
        nextHop.doubt();
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
        nextHop.transmit(packets);
    }

    /// Puts the IP header in front of a packet that starts at its transport header.
    abstract void writeHeader(Packet packet, int trafficClass, int hopLimit);

    /// How many wire packets a packet stands for.
    static int wirePackets(Packet packet) {
        int size = packet.segmentSize();
        return size == 0 ? 1 : (packet.length() + size - 1) / size;
    }
}
