package dev.millrace.jdk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/// A channel as a socket: what [SocketChannel#socket()] tells. Its state is the channel's.
final class ChannelSocket extends StackSocket {
    private final StackSocketChannel channel;
    private volatile int timeoutMs;

    private ChannelSocket(StackSocketChannel channel) throws SocketException {
        super(channel.tcpSocket());
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

    @Override
    public void bind(SocketAddress local) throws IOException {
        checkOpen();
        InetSocketAddress wanted = Addresses.local(local);
        try {
            channel.bind(wanted);
        } catch (AlreadyBoundException e) {
            throw new SocketException("Already bound", e);
        } catch (ConnectionPendingException e) {
            throw new SocketException("Connection pending", e);
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public void connect(SocketAddress remote, int timeout) throws IOException {
        if (remote == null) {
            throw new IllegalArgumentException("connect: The address can't be null");
        }
        if (timeout < 0) {
            throw new IllegalArgumentException("connect: timeout can't be negative");
        }
        checkOpen();
        if (isConnected()) {
            throw new SocketException("Already connected");
        }
        if (!(remote instanceof InetSocketAddress to)) {
            throw new SocketException("Unsupported address type");
        }
        if (to.isUnresolved()) {
            close();
            throw new UnknownHostException(to.getHostName());
        }
        try {
            channel.connect(to, timeout);
        } catch (AlreadyConnectedException e) {
            throw new SocketException("Already connected", e);
        } catch (ConnectionPendingException e) {
            throw new SocketException("Connection pending", e);
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public boolean isBound() {
        return tcpSocket().localAddress() != null;
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
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

    private void checkBlocking() {
        if (!channel.isBlocking()) {
            throw new IllegalBlockingModeException();
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            Objects.checkFromIndexSize(off, len, b.length);
            if (len == 0) {
                return 0;
            }
            checkBlocking();
            try {
                int timeout = timeoutMs;
                if (timeout > 0 && !channel.awaitReadable(channel.audience().waiting().deadline(timeout))) {
                    throw new SocketTimeoutException("Read timed out");
                }
                return channel.read(ByteBuffer.wrap(b, off, len));
            } catch (IOException e) {
                throw SocketExceptions.of(e);
            }
        }

        @Override
        public int available() throws IOException {
            try {
                return isInputShutdown() ? 0 : tcpSocket().available();
            } catch (IOException e) {
                throw SocketExceptions.of(e);
            }
        }

        @Override
        public void close() throws IOException {
            ChannelSocket.this.close();
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            Objects.checkFromIndexSize(off, len, b.length);
            if (len == 0) {
                return;
            }
            checkBlocking();
            try {
                channel.write(ByteBuffer.wrap(b, off, len));
            } catch (IOException e) {
                throw SocketExceptions.of(e);
            }
        }

        @Override
        public void close() throws IOException {
            ChannelSocket.this.close();
        }
    }

    @Override
    public void shutdownInput() throws IOException {
        checkConnected();
        if (isInputShutdown()) {
            throw new SocketException("Socket input is already shutdown");
        }
        try {
            channel.shutdownInput();
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        checkConnected();
        if (isOutputShutdown()) {
            throw new SocketException("Socket output is already shutdown");
        }
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    private void checkConnected() throws SocketException {
        checkOpen();
        if (!isConnected()) {
            throw new SocketException("Socket is not connected");
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
