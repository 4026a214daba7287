package dev.millrace.wire;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A packet or frame as one line of text, for people: `tcp 10.0.0.1:8080 -> 10.0.0.2:40000 len:0 id:0x1a2b flags: S  A
/// seqnum:1 ack:2 win:65535 xsum:0x1c46 options: {MSS:1460 WS:7 TS:true TSVal:3 TSEcr:4 SACKPermitted:true}`, or `arp
/// who-has 10.0.0.1 tell 10.0.0.2 at 02:00:00:00:00:02`.
///
/// Any bytes give a line of bounded length; what is cut off or malformed is said. Nothing but printable ASCII is in it.
public final class Dissector {
    private Dissector() {
    }

    /// The line for an IP packet.
    ///
    /// @param packet the bytes kept of it
    /// @param originalLength the bytes it had on the wire
    public static String ip(MemorySegment packet, int originalLength) {
        return new IpLine(Objects.requireNonNull(packet, "packet"), originalLength, 0).text(0);
    }

    /// The line for an IP packet that may stand for several on the wire.
    ///
    /// @param segmentSize the payload bytes of each of them, shown as `gso:`, or 0 if the packet is one
    public static String ip(MemorySegment packet, int originalLength, int segmentSize) {
        return ip(packet, originalLength) + (segmentSize > 0 ? " gso:" + segmentSize : "");
    }

    /// The line for an IP packet that is there whole.
    public static String ip(byte[] packet) {
        return ip(MemorySegment.ofArray(packet), packet.length);
    }

    /// The line for an Ethernet frame: its VLAN tags and what it carries; its addresses only if that is not IP or ARP.
    ///
    /// @param frame the bytes kept of it, without the check sequence
    /// @param originalLength the bytes it had on the wire
    public static String ethernet(MemorySegment frame, int originalLength) {
        return new EthernetLine(Objects.requireNonNull(frame, "frame"), originalLength, 0).text();
    }
}
