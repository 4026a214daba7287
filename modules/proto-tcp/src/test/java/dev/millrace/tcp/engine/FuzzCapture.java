package dev.millrace.tcp.engine;

import dev.millrace.tcp.engine.FuzzStep.Who;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.InterfaceStatistics;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes what two fuzzed ends send, and what arrives, to a pcapng file: an interface for each end, and as comments what the
/// network does to a packet and what else happens before it.
final class FuzzCapture extends FuzzTrace implements Closeable {
    private static final long EPOCH_NS = 1_700_000_000_000_000_000L;

    private final PcapngWriter out;
    private final FuzzPlan plan;
    private final int ipHeader;
    private final IpAddress[] addresses;
    private final StringBuilder remarks = new StringBuilder();
    private int written;
    private long lastNs;
    private byte[] bytes = new byte[4096];

    FuzzCapture(Path file, FuzzPlan plan) throws IOException {
        this.plan = plan;
        out = new PcapngWriter(Files.newOutputStream(file), "Millrace's fuzz test, seed " + plan.seed());
        ipHeader = plan.v4() ? Ipv4Header.MIN_LENGTH : 40;
        addresses = plan.v4() ? new IpAddress[] {IpAddress.parse("192.0.2.1"), IpAddress.parse("192.0.2.2")}
                : new IpAddress[] {IpAddress.parse("2001:db8::1"), IpAddress.parse("2001:db8::2")};
        for (Who who : Who.values()) {
            out.addInterface(new CaptureInterface(who.toString(), plan.host(who).words(), LinkType.RAW, 0));
        }
        lastNs = plan.epochNs();
    }

    int written() {
        return written;
    }

    @Override
    void onWire(Who from, Packet p, long nowNs, String fate) {
        write(from, from, Direction.OUTBOUND, p, nowNs, fate);
    }

    @Override
    void arrives(Who to, Packet p, long nowNs) {
        write(to, to.other(), Direction.INBOUND, p, nowNs, null);
    }

    @Override
    void step(FuzzStep step, long nowNs) {
        remark(step.words());
    }

    @Override
    void fine(long nowNs) {
        remark("the network is fine from here on, and both programs finish");
    }

    void remark(String text) {
        remarks.append(remarks.isEmpty() ? "" : "; ").append(text);
    }

    private void write(Who at, Who from, Direction direction, Packet p, long nowNs, String fate) {
        if (fate != null) {
            remark(fate);
        }
        int length = ipHeader + p.length();
        if (bytes.length < length) {
            bytes = new byte[2 * length];
        }
        MemorySegment m = MemorySegment.ofArray(bytes);
        p.copyTo(0, m, ipHeader, p.length());
        IpAddress source = addresses[from.ordinal()];
        IpAddress destination = addresses[1 - from.ordinal()];
        int mark = p.trafficClass() != 0 ? p.trafficClass() : p.isEcnCapable() ? 2 : 0;
        if (plan.v4()) {
            Ipv4Header.write(m, 0, mark, length, written, Ipv4Header.DONT_FRAGMENT, 64, IpProtocol.TCP, (int) source.lo(), (int) destination.lo());
        } else {
            Ipv6Header.write(m, 0, mark, 0, p.length(), IpProtocol.TCP, 64, source.hi(), source.lo(), destination.hi(), destination.lo());
        }
        // The wire's checksum leaves the pseudo-header out; with it what was damaged stays so.
        int field = ipHeader + TcpHeader.CHECKSUM_OFFSET;
        long sum = (~BigEndian.u16(m, field) & 0xffff) + Checksum.pseudoHeader(source.hi(), source.lo(), destination.hi(), destination.lo(),
                IpProtocol.TCP, p.length());
        BigEndian.put16(m, field, Checksum.finish(sum));
        lastNs = nowNs;
        try {
            out.packet(at.ordinal(), EPOCH_NS + nowNs - plan.epochNs(), direction, m, 0, length, length, remarks.isEmpty() ? null : remarks.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        remarks.setLength(0);
        written++;
    }

    /// Ends the file; what was remarked and belongs to no packet stands at its end.
    @Override
    public void close() throws IOException {
        try (out) {
            for (Who who : Who.values()) {
                out.statistics(who.ordinal(), EPOCH_NS, new InterfaceStatistics(EPOCH_NS + lastNs - plan.epochNs(), written, -1,
                        who == Who.A ? remarks.toString() : ""));
            }
        }
    }
}
