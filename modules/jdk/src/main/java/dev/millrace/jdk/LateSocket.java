package dev.millrace.jdk;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;

/// A channel that chooses late, as a socket: what it has become answers, and before that one that is not connected.
final class LateSocket extends OptionSocket {
    private final LateSocketChannel channel;
    private final Options options;
    private volatile int timeoutMs;
    /// What was asked for before there was one to ask.
    private volatile boolean urgentInline;

    private LateSocket(LateSocketChannel channel) throws SocketException {
        super(true);
        this.channel = channel;
        options = new Options(channel::supportedOptions, channel::setOption, channel::getOption);
    }

    static LateSocket of(LateSocketChannel channel) {
        try {
            return new LateSocket(channel);
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    Options options() {
        return options;
    }

    /// Gives what the channel is about to become what no channel has an option for.
    void prepare(SocketChannel made) throws IOException {
        if (urgentInline) {
            made.socket().setOOBInline(true);
        }
    }

    /// The socket of what the channel has become, or `null`.
    private Socket chosen() {
        SocketChannel c = channel.chosen();
        return c == null ? null : c.socket();
    }

    private Socket connectedOrFail() throws SocketException {
        checkOpen();
        Socket s = chosen();
        if (s == null) {
            throw new SocketException("Socket is not connected");
        }
        return s;
    }

    @Override
    public SocketChannel getChannel() {
        return channel;
    }

    @Override
    public void bind(SocketAddress local) throws IOException {
        ChannelSocket.bind(channel::bind, local);
    }

    @Override
    public void connect(SocketAddress remote) throws IOException {
        connect(remote, 0);
    }

    @Override
    public void connect(SocketAddress remote, int timeout) throws IOException {
        InetSocketAddress to = ChannelSocket.checkConnect(this, remote, timeout);
        SocketChannel c = channel.forConnecting(to);
        try {
            c.socket().connect(to, timeout);
        } finally {
            closeIfChosenIs();
        }
        // The chosen one's audience hears of it, and the channel's not.
        channel.audience().tell();
    }

    @Override
    public InetAddress getInetAddress() {
        Socket s = chosen();
        return s == null ? null : s.getInetAddress();
    }

    @Override
    public int getPort() {
        Socket s = chosen();
        return s == null ? 0 : s.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        Socket s = chosen();
        return s == null ? null : s.getRemoteSocketAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        Socket s = chosen();
        return s == null ? Addresses.any() : s.getLocalAddress();
    }

    @Override
    public int getLocalPort() {
        Socket s = bound();
        return s == null ? -1 : s.getLocalPort();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        Socket s = bound();
        return s == null ? null : s.getLocalSocketAddress();
    }

    /// As [#chosen()], for who wants to know where it is bound.
    private Socket bound() {
        try {
            SocketChannel c = channel.bound();
            return c == null ? null : c.socket();
        } catch (IOException e) {
            // It could not be, and is not.
            return null;
        }
    }

    @Override
    public boolean isBound() {
        Socket s = chosen();
        return channel.wasBoundAnywhere() || s != null && s.isBound();
    }

    @Override
    public boolean isConnected() {
        Socket s = chosen();
        return s != null && s.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        Socket s = connectedOrFail();
        s.setSoTimeout(timeoutMs);
        return new Input(s.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new Output(connectedOrFail().getOutputStream());
    }

    /// Whatever has closed what the channel has become closes the channel.
    private void closeIfChosenIs() throws IOException {
        SocketChannel c = channel.chosen();
        if (c != null && !c.isOpen()) {
            channel.close();
        }
    }

    private final class Input extends ArrayInput {
        private final InputStream in;

        Input(InputStream chosen) {
            in = chosen;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            try {
                return in.read(b, off, len);
            } finally {
                closeIfChosenIs();
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private final class Output extends ArrayOutput {
        private final OutputStream out;

        Output(OutputStream chosen) {
            out = chosen;
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            try {
                out.write(b, off, len);
            } finally {
                closeIfChosenIs();
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
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
        Socket s = chosen();
        return s != null && s.isInputShutdown();
    }

    @Override
    public boolean isOutputShutdown() {
        Socket s = chosen();
        return s != null && s.isOutputShutdown();
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        if (isClosed()) {
            throw new ClosedChannelException();
        }
        Socket s = chosen();
        if (s == null) {
            throw new NotYetConnectedException();
        }
        s.sendUrgentData(data);
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        checkOpen();
        urgentInline = on;
        Socket s = chosen();
        if (s != null) {
            s.setOOBInline(on);
        }
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        checkOpen();
        Socket s = chosen();
        return s == null ? urgentInline : s.getOOBInline();
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        checkOpen();
        if (timeout < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        timeoutMs = timeout;
        Socket s = chosen();
        if (s != null) {
            s.setSoTimeout(timeout);
        }
    }

    @Override
    public int getSoTimeout() throws SocketException {
        checkOpen();
        return timeoutMs;
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // A hint, and there is nothing to choose from.
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        Socket s = chosen();
        return s == null ? "Socket[unconnected]" : s.toString();
    }
}
