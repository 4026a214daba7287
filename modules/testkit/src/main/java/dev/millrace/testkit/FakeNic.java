package dev.millrace.testkit;

import dev.millrace.spi.Link;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayList;
import java.util.List;

/// A NIC and its link that keep what is sent, as bytes, and release it. One thread at a time.
public final class FakeNic implements NicPort, Link {
    private final int mtu;
    private final boolean loopback;
    private final boolean vouches;
    private final int maxSuperSegment;
    private final List<byte[]> sent = new ArrayList<>();
    private final List<Packet.Checksumming> checksums = new ArrayList<>();
    private boolean recording = true;
    private IpAddress lastNextHop;
    private long transmitted;

    /// A NIC on a plain link.
    ///
    /// @param mtu the largest packet in bytes
    public FakeNic(int mtu) {
        this(mtu, false, false, 0);
    }

    /// A NIC.
    ///
    /// @param mtu the largest packet in bytes
    /// @param loopback what [Link#isLoopback] says
    /// @param vouches what [Link#vouchesForChecksums] says
    /// @param maxSuperSegment what [Link#maxSuperSegment] says
    public FakeNic(int mtu, boolean loopback, boolean vouches, int maxSuperSegment) {
        this.mtu = mtu;
        this.loopback = loopback;
        this.vouches = vouches;
        this.maxSuperSegment = maxSuperSegment;
    }

    /// What was sent, each packet with its IP header.
    public List<byte[]> sent() {
        return sent;
    }

    /// The state of the checksum of each packet of [#sent()].
    public List<Packet.Checksumming> checksums() {
        return checksums;
    }

    /// Forgets what was sent.
    public void clear() {
        sent.clear();
        checksums.clear();
    }

    /// Whether what is sent is kept; if not it is only counted, and sending allocates nothing here.
    public void setRecording(boolean value) {
        recording = value;
    }

    /// The number of packets sent.
    public long transmitted() {
        return transmitted;
    }

    /// The neighbour that the last packets were for.
    public IpAddress lastNextHop() {
        return lastNextHop;
    }

    @Override
    public void transmit(PacketList packets, IpAddress nextHop) {
        lastNextHop = nextHop;
        transmit(packets);
    }

    @Override
    public void transmit(PacketList packets, int etherType, long station) {
        transmit(packets);
    }

    @Override
    public void transmit(PacketList packets) {
        Packet p;
        while ((p = packets.poll()) != null) {
            transmitted++;
            if (recording) {
                sent.add(p.toBytes());
                checksums.add(p.checksumming());
            }
            p.release();
        }
    }

    @Override
    public String name() {
        return "fake";
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
    public Link link() {
        return this;
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public boolean isLoopback() {
        return loopback;
    }

    @Override
    public boolean vouchesForChecksums() {
        return vouches;
    }

    @Override
    public int maxSuperSegment() {
        return maxSuperSegment;
    }

    @Override
    public void attach(Sink sink) {
        throw new UnsupportedOperationException("a fake NIC delivers nothing by itself");
    }

    @Override
    public void close() {
        // Nothing was opened.
    }
}
