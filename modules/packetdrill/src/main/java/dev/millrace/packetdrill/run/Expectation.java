package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.packet.LivePacket;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.wire.TcpHeader;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/// Gathers the segments that a script means by one: as many in a row as its payload is long.
final class Expectation {
    /// What may differ between segments of one write: its last has PSH, or FIN; the first after a reduction has CWR.
    private static final int MAY_DIFFER = TcpHeader.PSH | TcpHeader.FIN | TcpHeader.CWR;

    private final int wanted;
    private final List<LivePacket> packets = new ArrayList<>();
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream();
    private int flags;

    /// @param strict whether a script's segment is one of the stack
    Expectation(PacketBody body, boolean strict) {
        wanted = !strict && body instanceof PacketBody.Tcp t ? t.seq().length() : 0;
    }

    /// Whether nothing more is needed.
    boolean isComplete() {
        return !packets.isEmpty() && payload.size() >= wanted;
    }

    /// Takes the packet if it goes on where the last one ended.
    boolean take(LivePacket p) {
        if (!packets.isEmpty() && !(p.body() instanceof LivePacket.Tcp t && continues(t))) {
            return false;
        }
        packets.add(p);
        if (p.body() instanceof LivePacket.Tcp t) {
            payload.writeBytes(t.payload());
            flags |= t.flags();
        }
        return true;
    }

    private boolean continues(LivePacket.Tcp t) {
        var first = (LivePacket.Tcp) packets.getFirst().body();
        var last = (LivePacket.Tcp) packets.getLast().body();
        return t.seq() == last.seq() + last.length() && t.length() > 0 && t.length() <= first.length() && last.length() == first.length()
                && t.sourcePort() == first.sourcePort() && t.destinationPort() == first.destinationPort() && t.ack() == first.ack()
                && (t.flags() & ~MAY_DIFFER) == (first.flags() & ~MAY_DIFFER);
    }

    /// All of it as one packet.
    LivePacket whole() {
        LivePacket first = packets.getFirst();
        if (packets.size() == 1) {
            return first;
        }
        var t = (LivePacket.Tcp) first.body();
        var joined = new LivePacket.Tcp(t.sourcePort(), t.destinationPort(), t.seq(), t.ack(), flags, t.window(), t.urgent(), t.options(),
                payload.toByteArray());
        return new LivePacket(first.source(), first.destination(), first.trafficClass(), first.ttl(), first.flowLabel(), first.protocol(),
                joined, first.bytes());
    }
}
