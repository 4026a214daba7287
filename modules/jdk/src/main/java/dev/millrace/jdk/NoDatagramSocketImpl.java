package dev.millrace.jdk;

import java.net.DatagramPacket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;

/// What [java.net.DatagramSocket] wants to be given, and what nobody calls, since all that would is overridden.
@SuppressWarnings("removal")
final class NoDatagramSocketImpl extends DatagramSocketImpl {
    private static UnsupportedOperationException nobodyCalls() {
        return new UnsupportedOperationException("a socket of a stack has no DatagramSocketImpl");
    }

    @Override
    protected void create() {
        // When it is made.
    }

    @Override
    protected void bind(int port, InetAddress address) {
        throw nobodyCalls();
    }

    @Override
    protected void send(DatagramPacket p) {
        throw nobodyCalls();
    }

    @Override
    protected int peek(InetAddress address) {
        throw nobodyCalls();
    }

    @Override
    protected int peekData(DatagramPacket p) {
        throw nobodyCalls();
    }

    @Override
    protected void receive(DatagramPacket p) {
        throw nobodyCalls();
    }

    @Override
    protected void setTTL(byte ttl) {
        throw nobodyCalls();
    }

    @Override
    protected byte getTTL() {
        throw nobodyCalls();
    }

    @Override
    protected void setTimeToLive(int ttl) {
        throw nobodyCalls();
    }

    @Override
    protected int getTimeToLive() {
        throw nobodyCalls();
    }

    @Override
    protected void join(InetAddress group) {
        throw nobodyCalls();
    }

    @Override
    protected void leave(InetAddress group) {
        throw nobodyCalls();
    }

    @Override
    protected void joinGroup(SocketAddress group, NetworkInterface nic) {
        throw nobodyCalls();
    }

    @Override
    protected void leaveGroup(SocketAddress group, NetworkInterface nic) {
        throw nobodyCalls();
    }

    @Override
    protected void close() {
        // There is nothing to close.
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
