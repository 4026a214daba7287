package dev.millrace.plot;

import dev.millrace.wire.pcap.CaptureReader;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The connections of a capture.
final class Trace {
    /// More would not fit into memory, or into anybody's head.
    static final int MAX_CONNECTIONS = 100_000;
    static final long MAX_PACKETS = 20_000_000;
    /// What is shown of the names in a file, which anybody may have written: no line breaks, no control characters of terminals.
    private static final Pattern HOST_NAME = Pattern.compile("[\\p{L}\\p{N}._/-]{1,80}");

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
            trace.name(reader.names());
        }
        return trace;
    }

    /// Gives the ends of connections the names that the capture has for their addresses, wherever in it they stand.
    private void name(Map<InetAddress, List<String>> names) {
        for (Connection c : connections) {
            c.name(end -> names.getOrDefault(end.getAddress(), List.of()).stream().filter(n -> HOST_NAME.matcher(n).matches())
                    .findFirst().map(n -> named(n, end)).orElse(end));
        }
    }

    private static InetSocketAddress named(String name, InetSocketAddress end) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(name, end.getAddress().getAddress()), end.getPort());
        } catch (UnknownHostException e) {
            throw new AssertionError("the bytes are those of an address", e);
        }
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
