package dev.millrace.jdk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Objects;

/// A channel as a socket: what [SocketChannel#socket()] tells. Its state is the channel's.
final class ChannelSocket extends StackSocket {
    private final StackSocketChannel channel;
    private volatile int timeoutMs;

    private ChannelSocket(StackSocketChannel channel) throws SocketException {
        super(channel.tcpSocket(), true);
        this.channel = channel;
    }

    static Socket of(StackSocketChannel channel) {
        try {
            return new ChannelSocket(channel);
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public SocketChannel getChannel() {
        return channel;
    }

    interface Binding {
        void to(SocketAddress local) throws IOException;
    }

    /// Binds a channel for its socket, which says in words of `java.net` what is wrong.
    static void bind(Binding channel, SocketAddress local) throws IOException {
        try {
            channel.to(local);
        } catch (AlreadyBoundException e) {
            throw new SocketException("Already bound", e);
        } catch (UnsupportedAddressTypeException e) {
            throw new SocketException("Unsupported address type", e);
        } catch (UnresolvedAddressException e) {
            throw new SocketException("Unresolved address", e);
        }
    }

    // What a channel throws, its socket throws: unlike the JDK's other sockets those of channels know them.

    @Override
    public void bind(SocketAddress local) throws IOException {
        bind(channel::bind, local);
    }

    @Override
    public void connect(SocketAddress remote, int timeout) throws IOException {
        InetSocketAddress to = checkConnect(this, remote, timeout);
        channel.connection().connect(ChannelExceptions.peer(to), timeout);
    }

    /// What the socket of a channel finds wrong before it connects.
    static InetSocketAddress checkConnect(Socket socket, SocketAddress remote, int timeout) throws IOException {
        if (remote == null) {
            throw new IllegalArgumentException("connect: The address can't be null");
        }
        if (timeout < 0) {
            throw new IllegalArgumentException("connect: timeout can't be negative");
        }
        if (socket.isConnected()) {
            throw new SocketException("Already connected");
        }
        if (!(remote instanceof InetSocketAddress to)) {
            throw new SocketException("Unsupported address type");
        }
        if (to.isUnresolved()) {
            socket.close();
            throw new UnknownHostException(remote.toString());
        }
        if (socket.isClosed()) {
            throw new AsynchronousCloseException();
        }
        return to;
    }

    @Override
    public boolean isBound() {
        return channel.connection().local() != null;
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public InetAddress getInetAddress() {
        InetSocketAddress remote = channel.connection().remote();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public int getPort() {
        InetSocketAddress remote = channel.connection().remote();
        return remote == null ? 0 : remote.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return channel.connection().remote();
    }

    @Override
    public InetAddress getLocalAddress() {
        InetSocketAddress local = channel.connection().local();
        return local == null || isClosed() ? Addresses.any() : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = channel.connection().local();
        return local == null ? -1 : local.getPort();
    }

    // ---- streams

    @Override
    InputStream newInput() {
        return new Input();
    }

    @Override
    OutputStream newOutput() {
        return new Output();
    }

    private void checkBlocking() throws IOException {
        channel.checkOpen();
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    private final class Input extends ArrayInput {
        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            Objects.checkFromIndexSize(off, len, b.length);
            if (len == 0) {
                return 0;
            }
            checkBlocking();
            return channel.read(ByteBuffer.wrap(b, off, len), timeoutMs);
        }

        @Override
        public int available() throws IOException {
            channel.checkOpen();
            return isInputShutdown() ? 0 : tcpSocket().available();
        }

        @Override
        public void close() throws IOException {
            ChannelSocket.this.close();
        }
    }

    private final class Output extends ArrayOutput {
        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            Objects.checkFromIndexSize(off, len, b.length);
            if (len == 0) {
                return;
            }
            checkBlocking();
            if (isOutputShutdown()) {
                throw new ClosedChannelException();
            }
            channel.write(ByteBuffer.wrap(b, off, len));
        }

        @Override
        public void close() throws IOException {
            ChannelSocket.this.close();
        }
    }

    @Override
    public void shutdownInput() throws IOException {
        try {
            channel.shutdownInput();
        } catch (NotYetConnectedException e) {
            throw new SocketException("Socket is not connected", e);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        try {
            channel.shutdownOutput();
        } catch (NotYetConnectedException e) {
            throw new SocketException("Socket is not connected", e);
        }
    }

    @Override
    public boolean isInputShutdown() {
        return channel.isInputShut();
    }

    @Override
    public boolean isOutputShutdown() {
        return channel.isOutputShut();
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        if (channel.writeUrgent((byte) data) == 0) {
            throw new IOException("Socket buffer full");
        }
    }

    // ---- options

    /// Holds for the streams: a channel knows no time-outs.
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
    public void close() throws IOException {
        channel.close();
    }
}
