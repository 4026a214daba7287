package dev.millrace.jdk;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketImpl;

/// What [java.net.ServerSocket] wants to be given, and what nobody calls, since all that would is overridden.
final class NoSocketImpl extends SocketImpl {
    private static UnsupportedOperationException nobodyCalls() {
        return new UnsupportedOperationException("a socket of a stack has no SocketImpl");
    }

    @Override
    protected void create(boolean stream) {
        throw nobodyCalls();
    }

    @Override
    protected void connect(String host, int port) {
        throw nobodyCalls();
    }

    @Override
    protected void connect(InetAddress address, int port) {
        throw nobodyCalls();
    }

    @Override
    protected void connect(SocketAddress address, int timeout) {
        throw nobodyCalls();
    }

    @Override
    protected void bind(InetAddress host, int port) {
        throw nobodyCalls();
    }

    @Override
    protected void listen(int backlog) {
        throw nobodyCalls();
    }

    @Override
    protected void accept(SocketImpl s) {
        throw nobodyCalls();
    }

    @Override
    protected InputStream getInputStream() {
        throw nobodyCalls();
    }

    @Override
    protected OutputStream getOutputStream() {
        throw nobodyCalls();
    }

    @Override
    protected int available() {
        throw nobodyCalls();
    }

    @Override
    protected void close() {
        throw nobodyCalls();
    }

    @Override
    protected void sendUrgentData(int data) {
        throw nobodyCalls();
    }

    @Override
    public void setOption(int optID, Object value) {
        throw nobodyCalls();
    }

    @Override
    public Object getOption(int optID) {
        throw nobodyCalls();
    }
}
