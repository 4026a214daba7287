package dev.millrace;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/// A raw IP socket; see [Raw#ip].
public interface RawSocket extends RawReceiver<RawSocket.Received> {
    /// A packet that came.
    ///
    /// @param source who sent it
    /// @param destination to whom: an address of the stack, or a broadcast or multicast address
    /// @param hopLimit its TTL or hop limit
    /// @param trafficClass its TOS or traffic class byte
    /// @param timeNs when it came, on the stack's clock
    /// @param bytes what is behind the IP header and extension headers; fragments are reassembled. A checksum that the
    ///     link left to be computed is complete
    record Received(InetAddress source, InetAddress destination, int hopLimit, int trafficClass, long timeNs, byte[] bytes) {
    }

    /// How a packet is sent.
    ///
    /// @param source the address to send from, one of the stack's; `null` leaves it to the stack
    /// @param hopLimit TTL or hop limit, 1 to 255, or 0 for the stack's own
    /// @param trafficClass the TOS or traffic class byte
    /// @param dontFragment whether nobody may fragment it
    record Sending(InetAddress source, int hopLimit, int trafficClass, boolean dontFragment) {
        /// As the stack would.
        public static final Sending DEFAULT = new Sending(null, 0, 0, false);

        /// Checks the ranges.
        public Sending {
            if (hopLimit < 0 || hopLimit > 255 || trafficClass < 0 || trafficClass > 255) {
                throw new IllegalArgumentException("hopLimit " + hopLimit + ", trafficClass " + trafficClass);
            }
        }

        /// With this hop limit.
        public Sending hopLimit(int hops) {
            return new Sending(source, hops, trafficClass, dontFragment);
        }

        /// From this address.
        public Sending source(InetAddress address) {
            return new Sending(address, hopLimit, trafficClass, dontFragment);
        }

        /// So that nobody fragments it.
        public Sending dontFragment(boolean value) {
            return new Sending(source, hopLimit, trafficClass, value);
        }
    }

    /// Sends what remains in `payload` behind an IP header that the stack writes. Checksums are the program's, but for
    /// ICMPv6, whose checksum the stack computes (RFC 3542 §3.1).
    ///
    /// @throws java.net.SocketException `Message too long` if it is longer than IP can have it or, with
    ///     [Sending#dontFragment], than fits into a packet of the path; `Network is unreachable`
    /// @throws java.net.BindException if the source is not an address of the stack
    void send(ByteBuffer payload, InetAddress to, Sending how) throws IOException;

    /// As [#send(ByteBuffer, InetAddress, Sending)] with [Sending#DEFAULT].
    default void send(ByteBuffer payload, InetAddress to) throws IOException {
        send(payload, to, Sending.DEFAULT);
    }

    /// Sends what remains in `packet` as it is, from its IP header on, to the destination that the header names. The stack
    /// sets the length and IPv4's header checksum, and nothing else: source address, checksums and fragments are the
    /// program's own.
    ///
    /// @throws IllegalArgumentException if it begins with no header of the socket's IP version
    /// @throws java.net.SocketException `Message too long` if it is longer than the NIC's MTU; `Network is unreachable`
    void sendWithHeader(ByteBuffer packet) throws IOException;

    /// Of ICMP, receives these types only; none means all (RFC 3542 §3.2).
    ///
    /// @param types 0 to 255
    /// @throws IllegalStateException if the socket's protocol is neither ICMP nor ICMPv6
    void setIcmpTypes(int... types);

    /// Receives only what `filter` lets through; `null` for all. It is called by whoever delivers packets, several threads
    /// at once, with what would be received, and must be quick; what it throws is counted (`failures`), and the packet left out.
    void setFilter(Predicate<? super Received> filter);
}
