package dev.millrace.ip;

import dev.millrace.spi.Link;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;

/// Completes the checksums that endpoints left to be computed, as far as the link needs it. One for each path.
final class TransportChecksum {
    private enum Offload {
        /// The link takes the packet as it is: nobody will look at the checksum.
        LEAVE,
        /// The link computes it, once the field holds the sum of the pseudo header.
        PARTIAL,
        /// It is computed here.
        COMPUTE
    }

    private final Offload offload;
    private final boolean udp;
    private final long pseudoHeader;

    TransportChecksum(Link link, IpAddress local, IpAddress remote, int protocol) {
        offload = link.vouchesForChecksums() ? Offload.LEAVE
                : link.completesChecksums() ? Offload.PARTIAL : Offload.COMPUTE;
        udp = protocol == IpProtocol.UDP;
        // ICMP for IPv4 has no pseudo header (RFC 792).
        pseudoHeader = protocol == IpProtocol.ICMP && local.isV4() ? -1
                : Checksum.pseudoHeader(local.hi(), local.lo(), remote.hi(), remote.lo(), protocol, 0);
    }

    /// Completes the checksum of a packet that starts at its transport header.
    void complete(Packet packet) {
        if (packet.checksumming() != Packet.Checksumming.WANTED || offload == Offload.LEAVE) {
            return;
        }
        if (offload == Offload.COMPUTE) {
            compute(packet);
            return;
        }
        BigEndian.put16(packet.memory(), packet.checksumField(), Checksum.fold(pseudo(packet)));
        packet.setChecksumming(Packet.Checksumming.PARTIAL);
    }

    private long pseudo(Packet packet) {
        return pseudoHeader < 0 ? 0 : pseudoHeader + packet.length() - (packet.checksumStart() - packet.start());
    }

    /// Completes the checksum, if it is wanted, whatever the link would do.
    void compute(Packet packet) {
        if (packet.checksumming() != Packet.Checksumming.WANTED) {
            return;
        }
        int from = packet.checksumStart();
        int field = packet.checksumField();
        BigEndian.put16(packet.memory(), field, 0);
        int sum = Checksum.finish(pseudo(packet) + Checksum.sum(packet, from));
        // RFC 768: a computed zero is sent as all ones, since zero says that there is no checksum.
        BigEndian.put16(packet.memory(), field, udp && sum == 0 ? 0xffff : sum);
        packet.setChecksumming(Packet.Checksumming.ON_WIRE);
    }
}
