package dev.millrace.jdk;

import java.net.DatagramSocket;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;

/// A datagram socket's options: the setters that [DatagramSocket] has for some.
abstract sealed class OptionDatagramSocket extends DatagramSocket permits StackDatagramSocket, LateDatagramSocket {
    /// Without one of the kernel's: whatever [DatagramSocket] does is overridden, and its own state is never used.
    OptionDatagramSocket() {
        super(new NoDatagramSocketImpl());
    }

    /// Where they are kept.
    abstract Options options();

    final void checkOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        checkOpen();
        if (size <= 0) {
            throw new IllegalArgumentException("Invalid send size");
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
            throw new IllegalArgumentException("Invalid receive size");
        }
        set(StandardSocketOptions.SO_RCVBUF, size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    /// Before it is bound: sockets that have it may share an address and a port.
    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_REUSEADDR, on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return get(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    public void setBroadcast(boolean on) throws SocketException {
        set(StandardSocketOptions.SO_BROADCAST, on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return get(StandardSocketOptions.SO_BROADCAST);
    }

    @Override
    public void setTrafficClass(int tc) throws SocketException {
        if (tc < 0 || tc > 255) {
            throw new IllegalArgumentException("Invalid IP_TOS value");
        }
        set(StandardSocketOptions.IP_TOS, tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return get(StandardSocketOptions.IP_TOS);
    }

    <T> void set(SocketOption<T> option, T value) throws SocketException {
        checkOpen();
        options().set(option, value);
    }

    <T> T get(SocketOption<T> option) throws SocketException {
        checkOpen();
        return options().get(option);
    }
}
