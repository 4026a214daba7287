package dev.millrace.udp;

import dev.millrace.wire.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// Who sent a datagram, as programs get it from a socket: an address like any other, equal to any other, that knows to
/// which address of ours its datagram was sent. A server on all addresses that answers it needs no more to answer from the
/// address that was asked.
final class DatagramSender extends InetSocketAddress {
    private static final long serialVersionUID = 1;

    /// `null` in a copy that was serialized: it is another stack's or another life's.
    final transient IpAddress asked;
    final transient InetAddress local;

    DatagramSender(InetAddress address, int port, IpAddress asked, InetAddress local) {
        super(address, port);
        this.asked = asked;
        this.local = local;
    }
}
