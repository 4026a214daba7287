package dev.millrace.internet;

import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;

/// Lets the bytes of a packet say all that is known of it, before somebody reads or rewrites them.
final class PacketBytes {
    private PacketBytes() {
    }

    /// Finishes the checksum that the host left undone; from then on the bytes count.
    static void complete(Packet p) {
        if (p.checksumming() == Checksumming.PARTIAL) {
            // The field holds the sum of the pseudo header, and is summed with the rest.
            int sum = Checksum.finish(Checksum.sum(p, p.checksumStart()));
            boolean udp = p.checksumField() - p.checksumStart() == 6;
            BigEndian.put16(p.memory(), p.checksumField(), udp && sum == 0 ? 0xffff : sum);
        }
        p.setChecksumming(Checksumming.ON_WIRE);
    }

    /// The packet with all its bytes in memory that is its own: itself, or a copy in its place, and then it is released.
    static Packet linear(Packet p) {
        if (p.fragmentCount() == 0 || p.makeLinear(p.length())) {
            return p;
        }
        Packet copy = p.copy();
        copy.setCaptureRecord(p.detachCapture());
        p.release();
        return copy;
    }
}
