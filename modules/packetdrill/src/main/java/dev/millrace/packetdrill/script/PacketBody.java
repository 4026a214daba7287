package dev.millrace.packetdrill.script;

import java.util.List;

/// What stands behind the IP header in a script.
public sealed interface PacketBody {
    /// Two ports, as they are on the wire.
    ///
    /// @param source of who sends the packet
    /// @param destination of who gets it
    record Ports(int source, int destination) {
    }

    /// Sequence numbers as a script says them: `first:last(length)`.
    ///
    /// @param first the number of the first byte, or of a SYN
    /// @param length the bytes of the payload
    record Sequence(int first, int length) {
        /// The number behind the payload.
        public int last() {
            return first + length;
        }
    }

    /// A TCP segment.
    ///
    /// @param ports or `null` for those of the connection
    /// @param flags of [dev.millrace.wire.TcpHeader]
    /// @param seq its place in the stream
    /// @param ack the acknowledgement, or `null`
    /// @param window the field as it is on the wire, or -1
    /// @param urgent the urgent pointer, or -1
    /// @param options in order; `null` if they are not looked at
    record Tcp(Ports ports, int flags, Sequence seq, Integer ack, int window, int urgent, List<TcpOption> options)
            implements PacketBody {
    }

    /// A UDP datagram.
    ///
    /// @param ports or `null` for those of the socket
    /// @param length the bytes of the payload
    record Udp(Ports ports, int length) implements PacketBody {
    }

    /// An ICMP message.
    ///
    /// @param at where its type is
    /// @param type such as `unreachable`
    /// @param codeAt where its code is, or `null`
    /// @param code such as `port_unreachable`; empty if none is said
    /// @param mtu the next hop's, or -1
    /// @param id of an echo message, or -1
    /// @param quoted what is behind the first 8 bytes, or `null`
    record Icmp(Position at, String type, Position codeAt, String code, long mtu, int id, Quoted quoted) implements PacketBody {
    }

    /// What an ICMP message carries: the beginning of a packet of the connection, or bytes.
    ///
    /// @param kind of what
    /// @param seq of a segment
    /// @param length of a datagram or of raw bytes
    record Quoted(Kind kind, Sequence seq, int length) {
        /// Of what the quoted packet is.
        public enum Kind {
            /// A segment of the connection.
            TCP,
            /// A datagram of the socket.
            UDP,
            /// Bytes.
            RAW
        }
    }
}
