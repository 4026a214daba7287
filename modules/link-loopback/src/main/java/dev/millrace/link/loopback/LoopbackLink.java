package dev.millrace.link.loopback;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Hands what it is given to its own sink, on the same thread. It has no queue and no thread of its own: the NIC's
/// delivery loop keeps it from recursing.
final class LoopbackLink implements Link {
    private final int mtu;
    private final boolean checksums;
    private volatile Sink sink;
    private volatile boolean closed;

    LoopbackLink(int mtu, boolean checksums) {
        this.mtu = mtu;
        this.checksums = checksums;
    }

    @Override
    public Medium medium() {
        return Medium.IP;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean isLoopback() {
        return true;
    }

    @Override
    public boolean vouchesForChecksums() {
        return !checksums;
    }

    @Override
    public void attach(Sink newSink) {
        if (sink != null) {
            throw new IllegalStateException("the link has a NIC already");
        }
        sink = newSink;
    }

    @Override
    public void transmit(PacketList packets) {
        Sink s = sink;
        if (!closed && s != null) {
            s.deliver(packets);
            return;
        }
        Packet p;
        while ((p = packets.poll()) != null) {
            if (s == null) {
                p.release();
            } else {
                s.drop(p, DropReason.LINK_CLOSED);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
