package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes all packets of an Internet to a pcapng file: an interface for each NIC of a host, with what it sends and receives, and
/// one for each other node, with what ends there. What is lost says so in a comment. Used in the turns of the clockwork.
final class NetworkCapture implements NetworkObserver {
    private final Clockwork clockwork;
    private final PcapngWriter writer;
    private final Map<Point, Integer> interfaces = new HashMap<>();
    private long recorded;
    private IOException failure;

    /// A node may have both kinds of packets, as one between an Ethernet and a router has.
    private record Point(Node node, boolean frames) {
    }

    NetworkCapture(Clockwork clockwork, PcapngWriter writer) {
        this.clockwork = clockwork;
        this.writer = writer;
    }

    /// Tells the file the host's name, so that readers show it.
    @Override
    public void host(Host host) {
        attempt(() -> {
            for (InetAddress address : host.addresses()) {
                writer.name(address, List.of(host.name()));
            }
        });
    }

    @Override
    public void left(Node from, Packet packet, boolean frame, String remark) {
        write(new Point(from, frame), Direction.OUTBOUND, packet, remark);
    }

    @Override
    public void arrived(Node at, Packet packet, boolean frame) {
        write(new Point(at, frame), Direction.INBOUND, packet, null);
    }

    @Override
    public void lost(Node at, Packet packet, boolean frame, String remark) {
        write(new Point(at, frame), Direction.UNKNOWN, packet, remark.startsWith("dropped") ? remark : "dropped: " + remark);
    }

    @Override
    public void note(String what) {
        // A capture is of packets.
    }

    private void write(Point at, Direction direction, Packet packet, String remark) {
        attempt(() -> {
            Integer id = interfaces.get(at);
            if (id == null) {
                id = writer.addInterface(new CaptureInterface(at.node.name(), "", at.frames ? LinkType.ETHERNET : LinkType.RAW, 0));
                interfaces.put(at, id);
            }
            PacketBytes.complete(packet);
            byte[] bytes = packet.toBytes();
            writer.packet(id, clockwork.epochNanos(), direction, bytes, bytes.length, remark);
            recorded++;
        });
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void attempt(Writing writing) {
        if (failure == null) {
            try {
                writing.run();
            } catch (IOException e) {
                failure = e;
            }
        }
    }

    long recorded() {
        return recorded;
    }

    void flush() throws IOException {
        if (failure == null) {
            writer.flush();
        }
    }

    /// @throws IOException if the file failed, now or earlier
    void close() throws IOException {
        writer.close();
        if (failure != null) {
            throw failure;
        }
    }
}
