package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.IpAddress;
import java.util.List;

/// A packet as it was on the wire.
///
/// @param source who has sent it
/// @param destination to whom
/// @param trafficClass the byte of TOS or traffic class
/// @param ttl TTL or hop limit
/// @param flowLabel of IPv6, 0 over IPv4
/// @param protocol the number of what is behind the IP header
/// @param body what that is
/// @param bytes all of it, from its IP header on
public record LivePacket(IpAddress source, IpAddress destination, int trafficClass, int ttl, int flowLabel, int protocol, Body body,
        byte[] bytes) {
    /// What is behind the IP header.
    public sealed interface Body {
        /// The bytes of its payload.
        int length();
    }

    /// A TCP segment.
    ///
    /// @param sourcePort of who has sent it
    /// @param destinationPort of who gets it
    /// @param seq the sequence number
    /// @param ack the acknowledgement number, whether ACK is set or not
    /// @param flags of [dev.millrace.wire.TcpHeader]
    /// @param window the field as it is
    /// @param urgent the urgent pointer
    /// @param options in order
    /// @param payload its bytes
    public record Tcp(int sourcePort, int destinationPort, int seq, int ack, int flags, int window, int urgent, List<TcpOption> options,
            byte[] payload) implements Body {
        @Override
        public int length() {
            return payload.length;
        }

        /// Whether all these flags are set.
        public boolean has(int wanted) {
            return (flags & wanted) == wanted;
        }

        /// The timestamps, or `null`.
        public TcpOption.Timestamps timestamps() {
            return (TcpOption.Timestamps) options.stream().filter(o -> o instanceof TcpOption.Timestamps).findFirst().orElse(null);
        }
    }

    /// A UDP datagram.
    ///
    /// @param sourcePort of who has sent it
    /// @param destinationPort of who gets it
    /// @param payload its bytes
    public record Udp(int sourcePort, int destinationPort, byte[] payload) implements Body {
        @Override
        public int length() {
            return payload.length;
        }
    }

    /// An ICMP message.
    ///
    /// @param type its type
    /// @param code its code
    /// @param word the four bytes behind the checksum
    /// @param data what follows them
    public record Icmp(int type, int code, int word, byte[] data) implements Body {
        @Override
        public int length() {
            return data.length;
        }
    }

    /// Of another protocol, or a fragment.
    ///
    /// @param length the bytes behind the IP header
    public record Other(int length) implements Body {
    }

    /// 4 or 6.
    public int version() {
        return bytes[0] >>> 4 & 0xf;
    }
}
