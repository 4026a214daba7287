package dev.millrace.cli.http;

import dev.millrace.TcpSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/// A connected socket of a stack as the `java.net` class that HttpCore and the JDK's TLS take.
///
/// Beside the time-out of each read it has a deadline for all of them together, so that a peer that sends a byte now and
/// then cannot hold a server's connection for ever.
final class StackSocket extends Socket {
    private static final long NEVER = Long.MAX_VALUE;

    private final TcpSocket socket;
    private volatile int timeoutMs;
    private volatile long deadlineNs = NEVER;
    private volatile long writingSinceNs = NEVER;
    private volatile Duration linger = Duration.ZERO;
    private volatile boolean lingered;

    StackSocket(TcpSocket socket) throws SocketException {
        super((SocketImpl) null);
        this.socket = socket;
    }

    /// Reads fail from this moment of [System#nanoTime()] on.
    void setReadDeadline(long nanoTime) {
        deadlineNs = nanoTime;
    }

    /// Lets reads take as long as the time-out of each allows.
    void clearReadDeadline() {
        deadlineNs = NEVER;
    }

    /// Has [#close()] send FIN first and read on for this long at most, so that an answer reaches a peer that still sends
    /// and is not overtaken by the RST that its bytes would cause (RFC 9112 §9.6).
    void lingerOnClose(Duration most) {
        linger = most;
    }

    /// Whether a piece of what is written has waited since before this moment of [System#nanoTime()]: the peer does not
    /// read.
    boolean isStuckSince(long nanoTime) {
        long since = writingSinceNs;
        return since != NEVER && since - nanoTime < 0;
    }

    /// Resets the connection.
    void abort() {
        socket.abort();
    }

    /// Where it leads to; also after closing.
    InetSocketAddress remote() {
        return socket.remoteAddress();
    }

    /// Notes when a write began, in pieces that a slow peer can take in time.
    private final class Output extends OutputStream {
        private static final int PIECE = 64 * 1024;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            try {
                for (int done = 0; done < len; done += PIECE) {
                    writingSinceNs = System.nanoTime();
                    socket.write(b, off + done, Math.min(PIECE, len - done));
                }
            } finally {
                writingSinceNs = NEVER;
            }
        }

        @Override
        public void close() throws IOException {
            StackSocket.this.close();
        }
    }

    private final class Input extends InputStream {
        private final InputStream in = socket.inputStream();
        private final byte[] one = new byte[1];

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            long ms = timeoutMs;
            if (deadlineNs != NEVER) {
                long left = (deadlineNs - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new SocketTimeoutException("Read timed out");
                }
                ms = ms == 0 ? left : Math.min(ms, left);
            }
            socket.setReadTimeout(Duration.ofMillis(ms));
            return in.read(b, off, len);
        }

        @Override
        public int available() throws IOException {
            return socket.available();
        }

        @Override
        public void close() throws IOException {
            StackSocket.this.close();
        }
    }

    @Override
    public InputStream getInputStream() {
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() {
        return new Output();
    }

    @Override
    public void setSoTimeout(int timeout) {
        timeoutMs = timeout;
    }

    @Override
    public int getSoTimeout() {
        return timeoutMs;
    }

    @Override
    public InetAddress getInetAddress() {
        return socket.remoteAddress().getAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return socket.localAddress().getAddress();
    }

    @Override
    public int getPort() {
        return socket.remoteAddress().getPort();
    }

    @Override
    public int getLocalPort() {
        return socket.localAddress().getPort();
    }

    @Override
    public InetSocketAddress getRemoteSocketAddress() {
        return socket.remoteAddress();
    }

    @Override
    public InetSocketAddress getLocalSocketAddress() {
        return socket.localAddress();
    }

    @Override
    public SocketChannel getChannel() {
        return null;
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        throw new SocketException("already connected");
    }

    @Override
    public void bind(SocketAddress bindpoint) throws IOException {
        throw new SocketException("already bound");
    }

    @Override
    public void shutdownInput() throws IOException {
        if (linger.isZero()) {
            socket.shutdownInput();
        }
    }

    @Override
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isBound() {
        return true;
    }

    @Override
    public boolean isClosed() {
        return !socket.isOpen();
    }

    @Override
    public boolean isInputShutdown() {
        return false;
    }

    @Override
    public boolean isOutputShutdown() {
        return false;
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        set(StandardSocketOptions.TCP_NODELAY, on);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException {
        return get(StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_KEEPALIVE, on);
    }

    @Override
    public boolean getKeepAlive() throws SocketException {
        return get(StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        if (on && seconds == 0) {
            // HttpCore's way to close at once.
            socket.abort();
        } else {
            set(StandardSocketOptions.SO_LINGER, on ? seconds : -1);
        }
    }

    @Override
    public int getSoLinger() throws SocketException {
        return get(StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        set(StandardSocketOptions.SO_SNDBUF, size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setTrafficClass(int tc) throws SocketException {
        set(StandardSocketOptions.IP_TOS, tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return get(StandardSocketOptions.IP_TOS);
    }

    @Override
    public void setReuseAddress(boolean on) {
        // Says something about binding, which has happened.
    }

    @Override
    public boolean getReuseAddress() {
        return false;
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        throw new SocketException("urgent data is not supported");
    }

    @Override
    public boolean getOOBInline() {
        return false;
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        throw new SocketException("urgent data is not supported");
    }

    private <T> void set(java.net.SocketOption<T> option, T value) throws SocketException {
        try {
            socket.setOption(option, value);
        } catch (IOException | RuntimeException e) {
            throw asSocketException(e);
        }
    }

    private <T> T get(java.net.SocketOption<T> option) throws SocketException {
        try {
            return socket.getOption(option);
        } catch (IOException | RuntimeException e) {
            throw asSocketException(e);
        }
    }

    private static SocketException asSocketException(Exception e) {
        return e instanceof SocketException s ? s : (SocketException) new SocketException(e.getMessage()).initCause(e);
    }

    @Override
    public void close() throws IOException {
        try {
            if (!linger.isZero() && !lingered && socket.isOpen()) {
                lingered = true;
                linger();
            }
        } catch (IOException e) {
            // The peer is gone, or goes on sending: it had its time.
        } finally {
            socket.close();
        }
    }

    private void linger() throws IOException {
        socket.shutdownOutput();
        setReadDeadline(System.nanoTime() + linger.toNanos());
        InputStream in = new Input();
        byte[] thrownAway = new byte[8192];
        int n;
        do {
            n = in.read(thrownAway, 0, thrownAway.length);
        } while (n >= 0);
    }

    @Override
    public String toString() {
        return "Socket[" + socket.localAddress() + " to " + socket.remoteAddress() + "]";
    }
}
