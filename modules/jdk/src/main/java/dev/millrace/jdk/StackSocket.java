package dev.millrace.jdk;

import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// A socket of the JDK over a [TcpSocket], made by [StackSockets]; or by a program that has the latter already and wants its streams to
/// do something more than to read and write. Any thread may call any method.
public non-sealed class StackSocket extends OptionSocket {
    private final TcpSocket socket;
    private final Options options;
    // As those of the JDK these stay when the socket is closed.
    private volatile boolean bound;
    private volatile boolean connected;
    private volatile boolean inputShut;
    private volatile boolean outputShut;
    private volatile int timeoutMs;
    private volatile InputStream input;
    private volatile OutputStream output;

    /// A socket over one that is new, or connected, or was accepted, which belongs to it from now on.
    ///
    /// @throws SocketException never
    public StackSocket(TcpSocket socket) throws SocketException {
        this(socket, false);
    }

    StackSocket(TcpSocket socket, boolean ofChannel) throws SocketException {
        super(ofChannel);
        this.socket = socket;
        options = new Options(socket::supportedOptions, socket::setOption, socket::getOption);
        bound = socket.isConnected();
        connected = bound;
        if (!connected && !ofChannel) {
            // As the kernel's; what was accepted has it from its listener.
            options.set(TcpOptions.URGENT_INLINE, false);
        }
    }

    /// The stack's own, which knows more of the connection ([TcpSocket#info()]).
    public final TcpSocket tcpSocket() {
        return socket;
    }

    @Override
    final Options options() {
        return options;
    }

    // ---- binding and connecting

    @Override
    public void bind(SocketAddress local) throws IOException {
        checkOpen();
        if (isBound()) {
            throw new SocketException("Already bound");
        }
        try {
            socket.bind(Addresses.local(local));
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
        bound = true;
    }

    @Override
    public void connect(SocketAddress remote) throws IOException {
        connect(remote, 0);
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
            throw new IllegalArgumentException("Unsupported address type");
        }
        try {
            if (to.isUnresolved()) {
                throw new UnknownHostException(to.getHostName());
            }
            socket.connect(to, Duration.ofMillis(timeout));
        } catch (IOException e) {
            // A socket that could not be connected is of no use, and the JDK's own is closed as well.
            socket.close();
            throw SocketExceptions.of(e);
        }
        connected = true;
        bound = true;
    }

    @Override
    public boolean isBound() {
        return bound;
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public InetAddress getInetAddress() {
        return isConnected() ? socket.remoteAddress().getAddress() : null;
    }

    @Override
    public int getPort() {
        return isConnected() ? socket.remoteAddress().getPort() : 0;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return isConnected() ? socket.remoteAddress() : null;
    }

    @Override
    public InetAddress getLocalAddress() {
        InetSocketAddress local = socket.localAddress();
        return local == null || isClosed() ? Addresses.any() : local.getAddress();
    }

    @Override
    public int getLocalPort() {
        InetSocketAddress local = socket.localAddress();
        // Bound to any address and port, it has none yet.
        return !isBound() ? -1 : local == null ? 0 : local.getPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return isBound() ? new InetSocketAddress(getLocalAddress(), getLocalPort()) : null;
    }

    /// Always `null`, as for every socket that was not made by a channel.
    @Override
    public SocketChannel getChannel() {
        return null;
    }

    // ---- streams

    @Override
    public InputStream getInputStream() throws IOException {
        checkUsable();
        if (isInputShutdown()) {
            throw new SocketException("Socket input is shutdown");
        }
        InputStream in = input;
        if (in == null) {
            in = newInput();
            input = in;
        }
        return in;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        checkUsable();
        if (isOutputShutdown()) {
            throw new SocketException("Socket output is shutdown");
        }
        OutputStream out = output;
        if (out == null) {
            out = newOutput();
            output = out;
        }
        return out;
    }

    InputStream newInput() {
        return new SocketInput(this, socket);
    }

    OutputStream newOutput() {
        return new SocketOutput(this, socket);
    }

    private void checkUsable() throws SocketException {
        checkOpen();
        if (!isConnected()) {
            throw new SocketException("Socket is not connected");
        }
    }

    @Override
    public void shutdownInput() throws IOException {
        checkUsable();
        if (isInputShutdown()) {
            throw new SocketException("Socket input is already shutdown");
        }
        try {
            socket.shutdownInput();
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
        inputShut = true;
    }

    @Override
    public void shutdownOutput() throws IOException {
        checkUsable();
        if (isOutputShutdown()) {
            throw new SocketException("Socket output is already shutdown");
        }
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
        outputShut = true;
    }

    @Override
    public boolean isInputShutdown() {
        return inputShut;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShut;
    }

    /// Sends one byte, the lowest of `data`, as urgent data (RFC 9293 §3.8.5), and waits for room where needed. RFC 6093 §5 advises
    /// new programs against it.
    @Override
    public void sendUrgentData(int data) throws IOException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.CLOSED);
        }
        if (!isConnected()) {
            throw new SocketException("Not connected");
        }
        try {
            socket.writeUrgent(ByteBuffer.wrap(new byte[] {(byte) data}));
        } catch (IOException e) {
            throw SocketExceptions.ofUrgent(e);
        }
    }

    // ---- options

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout can't be negative");
        }
        timeoutMs = timeout;
        socket.setReadTimeout(Duration.ofMillis(timeout));
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeoutMs;
    }

    /// Whether the last byte of urgent data is read as any other ([TcpOptions#URGENT_INLINE]); else it is left out, as is the default
    /// here but for connected sockets that were made elsewhere.
    @Override
    public void setOOBInline(boolean on) throws SocketException {
        checkOpen();
        options.set(TcpOptions.URGENT_INLINE, on);
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        checkOpen();
        return options.get(TcpOptions.URGENT_INLINE);
    }

    // ---- the end

    @Override
    public boolean isClosed() {
        return !socket.isOpen();
    }

    @Override
    public void close() throws IOException {
        try {
            socket.close();
        } catch (IOException e) {
            throw SocketExceptions.of(e);
        }
    }

    @Override
    public String toString() {
        return isConnected() ? "Socket[addr=" + getInetAddress() + ",port=" + getPort() + ",localport=" + getLocalPort() + "]"
                : "Socket[unconnected]";
    }
}
