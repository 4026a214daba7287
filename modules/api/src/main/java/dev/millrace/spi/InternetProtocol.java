package dev.millrace.spi;

import dev.millrace.Ping;
import dev.millrace.PingEvent;
import dev.millrace.PingRun;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.function.Consumer;

/// One version of IP in one stack. Any thread may call any method.
public interface InternetProtocol extends NetworkProtocol {
    /// Takes a packet that came in, starting at its IP header, and owns it from then on: checks it, answers what the
    /// protocol itself answers, and gives the rest to [NetworkContext#deliver].
    @Override
    void receive(NicPort nic, Packet packet);

    /// The version: 4 or 6.
    int version();

    /// A path for packets of one transport protocol between two addresses.
    ///
    /// @param route the route that the stack chose
    /// @param local the source address, one of the stack's
    /// @param remote the destination
    /// @param protocol the transport protocol's number
    Path path(Route route, IpAddress local, IpAddress remote, int protocol);

    /// Answers a packet that came in with an ICMP error, if the rules (RFC 1122 §3.2.2, RFC 4443 §2.4) and the rate
    /// limit allow it. The packet stays the caller's.
    void reject(Packet packet, Rejection why);

    /// Takes an ICMP error about an ICMP message that this protocol is said to have sent.
    default void onError(IcmpError error) {
    }

    /// Begins to send echo requests; see [Ping#start].
    ///
    /// @throws UnsupportedOperationException if this protocol sends none
    /// @throws IOException as [Ping#start]
    default PingRun ping(Ping ping, Consumer<? super PingEvent> listener) throws IOException {
        throw new UnsupportedOperationException("this IPv" + version() + " sends no echo requests");
    }

    /// Why a packet is rejected.
    enum Rejection {
        /// Nobody listens on the port.
        PORT_UNREACHABLE,
        /// No transport takes the protocol number.
        PROTOCOL_UNREACHABLE,
        /// An administrator forbids it.
        PROHIBITED
    }
}
