package dev.millrace.jdk;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.Set;

/// What the JDK's `Socket` or `ServerSocket` is made of where [JvmSockets] are installed: a socket that chooses late. The JDK's class around
/// it checks arguments and states.
final class JvmSocketImpl extends SocketImpl {
    /// The JDK's sockets give the kernel's back when nobody has them any more, and so do these. Its channels do not.
    private static final Cleaner CLEANER = Cleaner.create();

    private final boolean ofServer;
    /// `null` in a server's, and until it has accepted in one that is to be accepted.
    private Socket socket;
    /// `null` in a client's.
    private ServerSocket server;
    /// What a server's is to be bound to as soon as it listens: the JDK does both at once.
    private InetSocketAddress wanted;
    /// What is done when nobody has this any more; `null` if it is a stack's for certain.
    private Cleaner.Cleanable forgotten;

    private JvmSocketImpl(boolean ofServer) {
        this.ofServer = ofServer;
    }

    static JvmSocketImpl ofClient() {
        return new JvmSocketImpl(false);
    }

    static JvmSocketImpl ofServer() {
        return new JvmSocketImpl(true);
    }

    @Override
    protected void create(boolean stream) throws IOException {
        if (!stream) {
            throw new SocketException("there are no datagrams here: open a DatagramSocket");
        }
        if (ofServer) {
            var late = (LateServerSocketChannel) JvmSelectorProvider.ANY.openServerSocketChannel();
            server = late.socket();
            forgotten = CLEANER.register(this, late::closeIfKernels);
        } else {
            become(JvmSelectorProvider.ANY.openSocketChannel().socket());
        }
    }

    private void become(Socket made) {
        socket = made;
        if (made.getChannel() instanceof LateSocketChannel late) {
            forgotten = CLEANER.register(this, late::closeIfKernels);
        }
    }

    private Socket socket() throws SocketException {
        if (socket == null) {
            throw new SocketException(SocketExceptions.CLOSED);
        }
        return socket;
    }

    private Socket open() throws SocketException {
        if (socket().isClosed()) {
            throw new SocketException(SocketExceptions.CLOSED);
        }
        return socket;
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress address, int port) throws IOException {
        connect(new InetSocketAddress(address, port), 0);
    }

    @Override
    protected void connect(SocketAddress address, int timeout) throws IOException {
        if (address instanceof InetSocketAddress to && to.isUnresolved()) {
            throw new UnknownHostException(to.getHostName());
        }
        try {
            socket().connect(address, timeout);
        } catch (IOException e) {
            throw told(e);
        }
    }

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        if (ofServer) {
            wanted = new InetSocketAddress(host, port);
        } else {
            socket().bind(new InetSocketAddress(host, port));
        }
    }

    @Override
    protected void listen(int backlog) throws IOException {
        server.bind(wanted, backlog);
    }

    @Override
    protected void accept(SocketImpl into) throws IOException {
        if (!(into instanceof JvmSocketImpl ours)) {
            throw new IOException("a socket of " + into.getClass() + " cannot be accepted here: JvmSockets are installed");
        }
        Socket accepted;
        try {
            accepted = server.accept();
        } catch (IOException e) {
            throw told(e);
        } finally {
            Reference.reachabilityFence(this);
        }
        Socket before = ours.socket;
        ours.become(accepted);
        if (before != null) {
            before.close();
        }
    }

    /// What the JDK's class around this is to be thrown. An interrupted virtual thread's it closes itself for, and says so.
    private static IOException told(IOException e) {
        return e instanceof ClosedByInterruptException && Thread.currentThread().isVirtual() ? new InterruptedIOException()
                : SocketExceptions.of(e);
    }

    @Override
    protected InputStream getInputStream() throws IOException {
        return new Input(socket().getInputStream());
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        return new Output(socket(), socket().getOutputStream());
    }

    /// Speaks as a socket that has no channel.
    private final class Input extends ArrayInput {
        private final InputStream in;

        Input(InputStream channels) {
            in = channels;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            try {
                return in.read(b, off, len);
            } catch (IOException e) {
                throw told(e);
            } finally {
                Reference.reachabilityFence(JvmSocketImpl.this);
            }
        }

        @Override
        public int available() throws IOException {
            try {
                return in.available();
            } catch (IOException e) {
                throw SocketExceptions.of(e);
            }
        }
    }

    private final class Output extends ArrayOutput {
        private final Socket socket;
        private final OutputStream out;

        Output(Socket socket, OutputStream channels) {
            this.socket = socket;
            out = channels;
        }

        @Override
        public void close() throws IOException {
            out.close();
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            try {
                out.write(b, off, len);
            } catch (ClosedByInterruptException e) {
                throw told(e);
            } catch (ClosedChannelException e) {
                // Whose output alone was shut is told what the system says of it.
                throw socket.isClosed() ? SocketExceptions.of(e) : SocketExceptions.because("Broken pipe", e);
            } catch (SocketException e) {
                throw e;
            } catch (IOException e) {
                throw SocketExceptions.because(e.getMessage(), e);
            } finally {
                Reference.reachabilityFence(JvmSocketImpl.this);
            }
        }
    }

    @Override
    protected int available() throws IOException {
        return getInputStream().available();
    }

    @Override
    protected void shutdownInput() throws IOException {
        socket().shutdownInput();
    }

    @Override
    protected void shutdownOutput() throws IOException {
        socket().shutdownOutput();
    }

    @Override
    protected boolean supportsUrgentData() {
        return true;
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        Socket s = open();
        if (!s.isConnected()) {
            throw new SocketException("Not connected");
        }
        if (s.isOutputShutdown()) {
            throw new IOException("Broken pipe");
        }
        try {
            s.sendUrgentData(data);
        } catch (IOException e) {
            throw SocketExceptions.ofUrgent(e);
        }
    }

    @Override
    protected void close() throws IOException {
        try {
            if (socket != null) {
                socket.close();
            }
            if (server != null) {
                server.close();
            }
        } finally {
            if (forgotten != null) {
                forgotten.clean();
            }
        }
    }

    // ---- where it is

    @Override
    protected FileDescriptor getFileDescriptor() {
        return null;
    }

    @Override
    protected InetAddress getInetAddress() {
        return ofServer ? bound() : socket == null ? null : socket.getInetAddress();
    }

    /// Of all addresses a channel of the kernel's tells that of both versions, and a socket the one that it was asked for.
    private InetAddress bound() {
        InetAddress told = server.getInetAddress();
        return told != null && told.isAnyLocalAddress() ? wanted.getAddress() : told;
    }

    @Override
    protected int getPort() {
        return socket == null ? 0 : socket.getPort();
    }

    @Override
    protected int getLocalPort() {
        return ofServer ? server.getLocalPort() : socket == null ? -1 : socket.getLocalPort();
    }

    @Override
    public String toString() {
        return String.valueOf(ofServer ? server : socket);
    }

    // ---- options

    @Override
    protected <T> void setOption(SocketOption<T> name, T value) throws IOException {
        if (ofServer) {
            server.setOption(name, value);
        } else {
            socket().setOption(name, value);
        }
    }

    @Override
    protected <T> T getOption(SocketOption<T> name) throws IOException {
        return ofServer ? server.getOption(name) : socket().getOption(name);
    }

    @Override
    protected Set<SocketOption<?>> supportedOptions() {
        return ofServer ? server.supportedOptions() : socket == null ? Set.of() : socket.supportedOptions();
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        if (ofServer) {
            switch (option) {
                case SocketOptions.SO_TIMEOUT -> server.setSoTimeout((Integer) value);
                case SocketOptions.SO_REUSEADDR -> server.setReuseAddress((Boolean) value);
                case SocketOptions.SO_RCVBUF -> server.setReceiveBufferSize((Integer) value);
                default -> throw unknown(option);
            }
            return;
        }
        Socket s = open();
        switch (option) {
            case SocketOptions.SO_TIMEOUT -> s.setSoTimeout((Integer) value);
            case SocketOptions.TCP_NODELAY -> s.setTcpNoDelay((Boolean) value);
            // The JDK says `false` for none, and a number else.
            case SocketOptions.SO_LINGER -> s.setSoLinger(value instanceof Integer, value instanceof Integer i ? i : 0);
            case SocketOptions.SO_SNDBUF -> s.setSendBufferSize((Integer) value);
            case SocketOptions.SO_RCVBUF -> s.setReceiveBufferSize((Integer) value);
            case SocketOptions.SO_KEEPALIVE -> s.setKeepAlive((Boolean) value);
            case SocketOptions.SO_OOBINLINE -> s.setOOBInline((Boolean) value);
            case SocketOptions.SO_REUSEADDR -> s.setReuseAddress((Boolean) value);
            case SocketOptions.IP_TOS -> s.setTrafficClass((Integer) value);
            default -> throw unknown(option);
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        if (ofServer) {
            try {
                return switch (option) {
                    case SocketOptions.SO_TIMEOUT -> server.getSoTimeout();
                    case SocketOptions.SO_REUSEADDR -> server.getReuseAddress();
                    case SocketOptions.SO_RCVBUF -> server.getReceiveBufferSize();
                    default -> throw unknown(option);
                };
            } catch (IOException e) {
                throw SocketExceptions.ofSocket(e);
            }
        }
        Socket s = open();
        return switch (option) {
            case SocketOptions.SO_TIMEOUT -> s.getSoTimeout();
            case SocketOptions.TCP_NODELAY -> s.getTcpNoDelay();
            case SocketOptions.SO_LINGER -> s.getSoLinger();
            case SocketOptions.SO_SNDBUF -> s.getSendBufferSize();
            case SocketOptions.SO_RCVBUF -> s.getReceiveBufferSize();
            case SocketOptions.SO_KEEPALIVE -> s.getKeepAlive();
            case SocketOptions.SO_OOBINLINE -> s.getOOBInline();
            case SocketOptions.SO_REUSEADDR -> s.getReuseAddress();
            case SocketOptions.IP_TOS -> s.getTrafficClass();
            case SocketOptions.SO_BINDADDR -> s.getLocalAddress();
            default -> throw unknown(option);
        };
    }

    private static SocketException unknown(int option) {
        return new SocketException("unknown option: " + option);
    }
}
