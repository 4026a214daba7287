package dev.millrace.jdk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Set;

/// A channel for datagrams that chooses late, as a socket: what it has become answers, and before that one that is not bound. Only
/// what binds, connects or uses it makes it choose.
final class LateDatagramSocket extends OptionDatagramSocket {
    private final LateDatagramChannel channel;
    private final Options options;
    private volatile int timeoutMs;

    LateDatagramSocket(LateDatagramChannel channel) {
        this.channel = channel;
        options = new Options(channel::supportedOptions, channel::setOption, channel::getOption);
    }

    @Override
    Options options() {
        return options;
    }

    /// The socket of what the channel has become, or `null`.
    private DatagramSocket chosen() {
        DatagramChannel c = channel.chosen();
        return c == null ? null : c.socket();
    }

    /// As [#chosen()], for who wants to know where it is bound.
    private DatagramSocket bound() {
        try {
            DatagramChannel c = channel.bound();
            return c == null ? null : c.socket();
        } catch (IOException e) {
            // It could not be, and is not.
            return null;
        }
    }

    private interface Call {
        void of(DatagramSocket chosen) throws IOException;
    }

    /// Whatever has closed what the channel has become closes the channel.
    private void ask(DatagramChannel c, Call call) throws IOException {
        try {
            call.of(c.socket());
        } finally {
            if (!c.isOpen()) {
                channel.close();
            }
        }
    }

    @Override
    public DatagramChannel getChannel() {
        return channel;
    }

    @Override
    public void bind(SocketAddress wanted) throws SocketException {
        checkOpen();
        if (wanted != null && !(wanted instanceof InetSocketAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        InetSocketAddress local = Addresses.local(wanted);
        try {
            channel.bind(local);
        } catch (AlreadyBoundException e) {
            throw new SocketException("Already bound", e);
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }

    @Override
    public void connect(InetAddress address, int port) {
        if (address == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        try {
            connect(new InetSocketAddress(address, port));
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void connect(SocketAddress remote) throws SocketException {
        if (remote == null) {
            throw new IllegalArgumentException("Address can't be null");
        }
        if (!(remote instanceof InetSocketAddress to)) {
            throw new UnsupportedAddressTypeException();
        }
        if (to.isUnresolved()) {
            throw new SocketException("Unresolved address");
        }
        if (isClosed()) {
            // As the JDK's, which says nothing.
            return;
        }
        try {
            channel.connect(to, chosen -> ask(chosen, s -> s.connect(to)));
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }

    @Override
    public void disconnect() {
        DatagramSocket s = chosen();
        if (s != null) {
            s.disconnect();
        }
    }

    @Override
    public boolean isBound() {
        DatagramSocket s = chosen();
        return channel.wasBoundAnywhere() || s != null && s.isBound();
    }

    @Override
    public boolean isConnected() {
        DatagramSocket s = chosen();
        return s != null && s.isConnected();
    }

    @Override
    public InetAddress getInetAddress() {
        DatagramSocket s = chosen();
        return s == null ? null : s.getInetAddress();
    }

    @Override
    public int getPort() {
        DatagramSocket s = chosen();
        return s == null ? -1 : s.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        DatagramSocket s = chosen();
        return s == null ? null : s.getRemoteSocketAddress();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        DatagramSocket s = bound();
        return s == null || isClosed() ? null : s.getLocalSocketAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        DatagramSocket s = chosen();
        return isClosed() ? null : s == null ? Addresses.any() : s.getLocalAddress();
    }

    @Override
    public int getLocalPort() {
        DatagramSocket s = bound();
        return isClosed() ? -1 : s == null ? 0 : s.getLocalPort();
    }

    private void checkOpenToTraffic() throws SocketException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.CLOSED);
        }
    }

    @Override
    public void send(DatagramPacket p) throws IOException {
        checkOpenToTraffic();
        InetAddress to;
        int port;
        synchronized (p) {
            to = p.getAddress();
            port = to == null ? 0 : p.getPort();
        }
        if (to == null && chosen() == null) {
            throw new IllegalArgumentException("Address not set");
        }
        ask(to == null ? channel.chosen() : channel.forSending(new InetSocketAddress(to, port)), s -> s.send(p));
    }

    @Override
    public void receive(DatagramPacket p) throws IOException {
        checkOpenToTraffic();
        ask(channel.forReceiving(), s -> {
            s.setSoTimeout(timeoutMs);
            s.receive(p);
        });
    }

    @Override
    public void joinGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        checkOpen();
        ask(channel.forReceiving(), s -> s.joinGroup(group, nic));
    }

    @Override
    public void leaveGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        checkOpen();
        ask(channel.forReceiving(), s -> s.leaveGroup(group, nic));
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
        channel.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return channel.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return channel.supportedOptions();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
