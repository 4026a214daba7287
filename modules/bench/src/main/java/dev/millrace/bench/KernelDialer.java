package dev.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;

/// The kernel's sockets, as NIO channels: the baseline, for example over a veth pair.
final class KernelDialer implements Dialer {
    @Override
    public Network.Connection connect(InetSocketAddress remote) throws IOException {
        return new KernelNetwork.Channel(SocketChannel.open(remote));
    }

    @Override
    public Network.Datagrams datagrams(InetSocketAddress remote) throws IOException {
        return new KernelNetwork.Datagram(DatagramChannel.open().connect(remote), true);
    }

    @Override
    public AutoCloseable pingPong(InetSocketAddress remote, Runnable onByte) {
        throw new UnsupportedOperationException("the kernel's sockets have no callbacks");
    }

    @Override
    public boolean hasCallbacks() {
        return false;
    }

    @Override
    public long packets() {
        return 0;
    }

    @Override
    public String variant() {
        return "channels";
    }
}
