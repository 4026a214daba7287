package dev.millrace.wire.buffer;

import java.util.List;
import java.util.stream.Stream;

/// How many packets and buffers of the JVM are in use: tests compare the figure before and after.
public final class Leaks {
    private Leaks() {
    }

    /// Packets that were allocated and not released. Exact only while nothing moves.
    public static long packets() {
        return Packet.outstandingPackets();
    }

    /// Buffers of which somebody still holds a reference. Exact only while nothing moves.
    public static long buffers() {
        return Buffer.outstandingBuffers();
    }

    /// Where the packets and buffers in use were allocated; empty unless the JVM runs with
    /// `-Dmillrace.buffers.debug=true`.
    public static List<Throwable> owners() {
        return Stream.concat(Packet.packetOwners().stream(), Buffer.bufferOwners().stream()).toList();
    }
}
