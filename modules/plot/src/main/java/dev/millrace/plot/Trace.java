package dev.millrace.plot;

import dev.millrace.wire.pcap.CaptureReader;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The connections of a capture.
final class Trace {
    /// More would not fit into memory, or into anybody's head.
    static final int MAX_CONNECTIONS = 100_000;
    static final long MAX_PACKETS = 20_000_000;

    final List<Connection> connections = new ArrayList<>();
    private final Map<Ends, Connection> open = new HashMap<>();
    long packets;
    long otherPackets;
    boolean isCut;
    private long startNs = CapturedPacket.NO_TIME;

    private record Ends(InetSocketAddress a, InetSocketAddress b) {
    }

    static Trace read(Path file) throws IOException {
        var trace = new Trace();
        try (CaptureReader reader = new CaptureReader(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            for (CapturedPacket p = reader.next(); p != null; p = reader.next()) {
                if (trace.packets >= MAX_PACKETS) {
                    trace.isCut = true;
                    break;
                }
                trace.add(p);
            }
        }
        return trace;
    }

    private void add(CapturedPacket p) {
        packets++;
        Segment s = Segment.of(p);
        if (s == null || p.epochNanos() == CapturedPacket.NO_TIME) {
            otherPackets++;
            return;
        }
        if (startNs == CapturedPacket.NO_TIME) {
            startNs = p.epochNanos();
        }
        boolean opens = s.has(Segment.SYN) && !s.has(Segment.ACK);
        var ends = new Ends(s.source, s.destination);
        Connection c = open.get(ends);
        if (c == null || opens && c.isOver()) {
            if (connections.size() >= MAX_CONNECTIONS) {
                isCut = true;
                return;
            }
            boolean answer = s.has(Segment.SYN) && s.has(Segment.ACK);
            c = answer ? new Connection(s.destination, s.source) : new Connection(s.source, s.destination);
            connections.add(c);
            open.put(ends, c);
            open.put(new Ends(s.destination, s.source), c);
        }
        boolean dropped = p.comments().stream().anyMatch(text -> text.startsWith("dropped"));
        c.add(p.epochNanos() - startNs, p.interfaceId(), p.direction(), dropped, s);
    }
}
