package dev.millrace.spi;

import dev.millrace.ErrorCode;
import dev.millrace.wire.IpAddress;

/// An ICMP error about a packet that this stack is said to have sent.
///
/// @param kind what the matter is
/// @param protocol the transport protocol's number of the quoted packet
/// @param local the source address of the quoted packet
/// @param remote its destination address
/// @param quoted the first bytes of its transport header, at least 8
/// @param mtu the next hop's MTU in bytes for [Kind#PACKET_TOO_BIG], else 0
/// @param from who sent the error
public record IcmpError(
        Kind kind, int protocol, IpAddress local, IpAddress remote, byte[] quoted, int mtu, IpAddress from) {
    /// What an ICMP error says. Hard errors end a connection attempt; on an established connection all but
    /// port and protocol unreachable are soft (RFC 9293 §3.9.2.2).
    public enum Kind {
        /// Network unreachable, or unreachable for a reason like it.
        NETWORK_UNREACHABLE(ErrorCode.NETWORK_UNREACHABLE),
        /// Host or address unreachable.
        HOST_UNREACHABLE(ErrorCode.HOST_UNREACHABLE),
        /// The peer does not run the protocol.
        PROTOCOL_UNREACHABLE(ErrorCode.PROTOCOL_UNREACHABLE),
        /// Nobody listens on the port.
        PORT_UNREACHABLE(ErrorCode.PORT_UNREACHABLE),
        /// Forbidden by an administrator.
        PROHIBITED(ErrorCode.HOST_UNREACHABLE),
        /// The packet is larger than the next link's MTU (IPv4: with DF set).
        PACKET_TOO_BIG(ErrorCode.MESSAGE_TOO_LONG),
        /// TTL or hop limit ran out.
        TIME_EXCEEDED(ErrorCode.HOST_UNREACHABLE),
        /// A header field was not understood.
        PARAMETER_PROBLEM(ErrorCode.PROTOCOL_UNREACHABLE);

        private final ErrorCode code;

        Kind(ErrorCode code) {
            this.code = code;
        }

        /// What a program is told.
        public ErrorCode code() {
            return code;
        }
    }
}
