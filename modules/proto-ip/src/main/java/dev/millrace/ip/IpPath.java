package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.NextHop;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// What the paths of both versions have in common. Sending allocates nothing and reads the payload once, for the
/// checksum, if at all; only packets that have to be cut are copied, into their fragments.
abstract class IpPath implements Path {
    /// The code point of transports that understand marks (RFC 3168 §5).
    private static final int ECT_0 = 2;

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
    /// Packets with more bytes than this are cut, [Integer#MAX_VALUE] for none. A path whose MTU has changed is not current,
    /// so that it is looked up once.
    private final int cutAbove;
    /// Written by any thread; whoever sees an old value looks once more.
    private int mtusSeen;

    IpPath(Route route, IpAddress local, IpAddress remote, int protocol, int headerLength, int maxPayload,
            IpCounters counters, PathMtus mtus, boolean mayCut) {
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
        cutAbove = mayCut && mtu() >= fragmentHeaderLength() + 8 ? mtu() : Integer.MAX_VALUE;
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
    public final NicPort nic() {
        return nic;
    }

    @Override
    public final int mtu() {
        int ofLink = nic.mtu(local.version());
        int ipMtu = learned == null ? ofLink : Math.min(ofLink, learned.mtu());
        return Math.min(ipMtu - headerLength, maxPayload);
    }

    @Override
    public final int largestDatagram() {
        return cutAbove == Integer.MAX_VALUE ? mtu() : maxPayload;
    }

    @Override
    public final Path unfragmented() {
        return cutAbove == Integer.MAX_VALUE ? this : unfragmented(route);
    }

    /// This path over its route, for packets that nobody cuts.
    abstract Path unfragmented(Route same);

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
        if (mtus != null) {
            mtus.learn(remote, toldMtu, nic.mtu(local.version()));
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
        if (!route.allows(local)) {
            // The address was removed while somebody still had the path (RFC 4862 §5.5.4): it may be another host's by now.
            Packet p;
            while ((p = packets.poll()) != null) {
                counters.dropSent(p, DropReason.NO_ROUTE);
            }
            return;
        }
        counters.sent.add(packets.size());
        for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
            assert p.segmentSize() == 0 || p.length() <= maxSuperSegment() : "the link does not cut super-segments";
            if (p.length() > cutAbove) {
                sendFrom(p, packets, trafficClass, hopLimit);
                return;
            }
            checksum.complete(p);
            writeHeader(p, marked(p, trafficClass), hopLimit);
            p.markNetworkHeader();
        }
        nextHop.transmit(packets);
    }

    /// The traffic class of one packet: whether it may be marked is its own affair, not that of those sent with it.
    private static int marked(Packet p, int trafficClass) {
        return p.isEcnCapable() ? trafficClass & ~3 | ECT_0 : trafficClass;
    }

    /// Sends packets of which `large` is the first to be cut; those before it have their headers.
    private void sendFrom(Packet large, PacketList packets, int trafficClass, int hopLimit) {
        var out = new PacketList();
        try {
            while (packets.peek() != large) {
                out.add(packets.poll());
            }
            Packet p;
            while ((p = packets.poll()) != null) {
                if (p.length() > cutAbove && p.segmentSize() == 0) {
                    cut(p, out, marked(p, trafficClass), hopLimit);
                } else {
                    out.add(p);
                    checksum.complete(p);
                    writeHeader(p, marked(p, trafficClass), hopLimit);
                    p.markNetworkHeader();
                }
            }
        } catch (Throwable t) {
            // No memory for a fragment; the others of its packet are of no use.
            out.releaseAll();
            packets.releaseAll();
            throw t;
        }
        try {
            nextHop.transmit(out);
        } catch (Throwable t) {
            out.releaseAll();
            throw t;
        }
    }

    /// Cuts a packet that starts at its transport header into fragments with headers, and releases it.
    private void cut(Packet packet, PacketList out, int trafficClass, int hopLimit) {
        try {
            // Over all of it, whatever the link does with checksums: no link knows what it is part of.
            checksum.compute(packet);
            int length = packet.length();
            int most = (cutAbove - fragmentHeaderLength()) / 8 * 8;
            int id = nextIdentification();
            int label = flowLabel(packet);
            int n = 0;
            for (int from = 0; from < length; from += most) {
                int size = Math.min(most, length - from);
                Packet piece = Packet.allocate(Packet.HEADROOM, size);
                out.add(piece);
                packet.copyTo(from, piece.memory(), piece.append(size), size);
                writeFragmentHeaders(piece, from, from + size < length, id, label, trafficClass, hopLimit);
                piece.markNetworkHeader();
                n++;
            }
            counters.count("fragmented", 1);
            counters.count("fragments-sent", n);
        } finally {
            packet.release();
        }
    }

    /// Puts the IP header in front of a packet that starts at its transport header.
    abstract void writeHeader(Packet packet, int trafficClass, int hopLimit);

    /// The bytes of the header that a fragment has beside the IP header.
    abstract int fragmentHeaderLength();

    /// What the fragments of one packet have in common.
    abstract int nextIdentification();

    /// The flow label of a packet that starts at its transport header, or 0 if the version has none.
    abstract int flowLabel(Packet packet);

    /// Puts the headers in front of a fragment that starts at its payload.
    ///
    /// @param from where its payload belongs, bytes
    /// @param more whether others follow
    abstract void writeFragmentHeaders(Packet piece, int from, boolean more, int id, int label, int trafficClass, int hopLimit);

    /// How many wire packets a packet stands for.
    static int wirePackets(Packet packet) {
        int size = packet.segmentSize();
        return size == 0 ? 1 : (packet.length() + size - 1) / size;
    }
}
