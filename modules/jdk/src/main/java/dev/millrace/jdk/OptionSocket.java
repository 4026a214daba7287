package dev.millrace.jdk;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Objects;
import java.util.Set;

/// A socket's options: the setters that [Socket] has for some, and the methods that it has for all.
abstract sealed class OptionSocket extends Socket permits StackSocket, LateSocket {
    private static final int MAX_LINGER = 65_535;

    /// Whether it is a channel's: those have other words for what is wrong.
    private final boolean ofChannel;

    /// Without one of the kernel's: whatever [Socket] does is overridden, and its own state is never used.
    OptionSocket(boolean ofChannel) throws SocketException {
        super((SocketImpl) null);
        this.ofChannel = ofChannel;
    }

    /// Where they are kept.
    abstract Options options();

    void checkOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
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
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        checkOpen();
        if (on && seconds < 0 && !ofChannel) {
            throw new IllegalArgumentException("invalid value for SO_LINGER");
        }
        set(StandardSocketOptions.SO_LINGER, on && seconds >= 0 ? Math.min(seconds, MAX_LINGER) : -1);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return get(StandardSocketOptions.SO_LINGER);
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException(ofChannel ? "Invalid send size" : "negative send size");
        }
        set(StandardSocketOptions.SO_SNDBUF, size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        if (size <= 0) {
            throw new IllegalArgumentException(ofChannel ? "Invalid receive size" : "invalid receive size");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
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
    public void setTrafficClass(int tc) throws SocketException {
        if (ofChannel) {
            checkOpen();
        }
        if (tc < 0 || tc > 255) {
            throw new IllegalArgumentException(ofChannel ? "Invalid IP_TOS value" : "tc is not in range 0 -- 255");
        }
        set(StandardSocketOptions.IP_TOS, tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        if (isClosed() && !ofChannel) {
            // The JDK has another word for it here.
            throw new SocketException(SocketExceptions.CLOSED);
        }
        return get(StandardSocketOptions.IP_TOS);
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    private <T> void set(SocketOption<T> option, T value) throws SocketException {
        checkOpen();
        options().set(option, value);
    }

    private <T> T get(SocketOption<T> option) throws SocketException {
        checkOpen();
        return options().get(option);
    }

    @Override
    public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
        Objects.requireNonNull(name);
        if (ofChannel) {
            getChannel().setOption(name, value);
        } else {
            set(name, value);
        }
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Objects.requireNonNull(name);
        return ofChannel ? getChannel().getOption(name) : get(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return options().supported();
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        // A hint, and there is nothing to choose from.
    }
}
