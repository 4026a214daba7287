package dev.millrace;

import dev.millrace.spi.IcmpError;
import java.io.IOException;
import java.net.InetAddress;

/// What became of one echo request.
public sealed interface PingEvent {
    /// The request's number, from 1.
    int sequence();

    /// A reply came.
    ///
    /// @param from who sent it: the destination, or one of many if that is a broadcast or multicast address
    /// @param bytes of ICMP header and data
    /// @param ttl the TTL or hop limit that it had when it came
    /// @param roundTripNs nanoseconds since the request was sent, on the stack's clock
    /// @param duplicate whether the request had been answered before
    /// @param intact whether the data is that of the request
    record Reply(int sequence, InetAddress from, int bytes, int ttl, long roundTripNs, boolean duplicate, boolean intact)
            implements PingEvent {
    }

    /// An ICMP error about the request came, or the neighbour on the way does not answer.
    ///
    /// @param from who says so; the stack's own address if it is the stack that found no neighbour
    /// @param kind what the matter is
    /// @param mtu the next link's MTU in bytes for [IcmpError.Kind#PACKET_TOO_BIG], else 0
    record Failed(int sequence, InetAddress from, IcmpError.Kind kind, int mtu) implements PingEvent {
    }

    /// No reply came in time.
    record Unanswered(int sequence) implements PingEvent {
    }

    /// The request could not be sent.
    ///
    /// @param reason why, with an [ErrorCode]
    /// @param mtu the path's MTU in bytes, with the IP header, for [ErrorCode#MESSAGE_TOO_LONG], else 0
    record NotSent(int sequence, IOException reason, int mtu) implements PingEvent {
    }
}
