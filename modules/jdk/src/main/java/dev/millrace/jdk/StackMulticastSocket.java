package dev.millrace.jdk;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.util.Objects;
import java.util.Set;

/// A multicast socket of a stack: a [StackDatagramSocket], for those who want it to be of this class, and what only this class has.
/// It overrides all that [MulticastSocket] does.
final class StackMulticastSocket extends MulticastSocket {
    private final StackDatagramSocket socket;
    /// Held by who sends with a TTL of its own, which is an option of the socket meanwhile.
    private final Object ttlLock = new Object();

    StackMulticastSocket(DatagramPort port) throws IOException {
        super((SocketAddress) null);
        // Each constructor of the class opens a socket of the kernel's.
        super.close();
        socket = new StackDatagramSocket(port, null);
    }

    private void checkOpen() throws SocketException {
        if (isClosed()) {
            throw new SocketException(SocketExceptions.IS_CLOSED);
        }
    }

    // ---- what only this class has

    @Override
    public void setTimeToLive(int ttl) throws IOException {
        socket.set(StandardSocketOptions.IP_MULTICAST_TTL, ttl);
    }

    @Override
    public int getTimeToLive() throws IOException {
        return socket.get(StandardSocketOptions.IP_MULTICAST_TTL);
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    public void setTTL(byte ttl) throws IOException {
        setTimeToLive(Byte.toUnsignedInt(ttl));
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    public byte getTTL() throws IOException {
        return (byte) getTimeToLive();
    }

    @Override
    @Deprecated
    public void joinGroup(InetAddress group) throws IOException {
        socket.joinGroup(new InetSocketAddress(Objects.requireNonNull(group), 0), null);
    }

    @Override
    @Deprecated
    public void leaveGroup(InetAddress group) throws IOException {
        socket.leaveGroup(new InetSocketAddress(Objects.requireNonNull(group), 0), null);
    }

    /// Any address, which stands for the NIC that datagrams to the group leave by.
    @Override
    @Deprecated
    public void setInterface(InetAddress address) throws SocketException {
        checkOpen();
        if (address == null) {
            throw new SocketException("Invalid value 'null'");
        }
        if (!address.isAnyLocalAddress()) {
            throw DatagramPort.noInterface();
        }
    }

    @Override
    @Deprecated
    public InetAddress getInterface() throws SocketException {
        checkOpen();
        return Addresses.any();
    }

    @Override
    public void setNetworkInterface(NetworkInterface nic) throws SocketException {
        checkOpen();
        if (nic != null) {
            throw DatagramPort.noInterface();
        }
    }

    /// Always `null`, for a stack has none of the kernel's.
    @Override
    public NetworkInterface getNetworkInterface() throws SocketException {
        checkOpen();
        return null;
    }

    /// @param off whether those of this stack do not get what is sent, in spite of the name
    @Override
    @Deprecated
    public void setLoopbackMode(boolean off) throws SocketException {
        socket.set(StandardSocketOptions.IP_MULTICAST_LOOP, !off);
    }

    @Override
    @Deprecated
    public boolean getLoopbackMode() throws SocketException {
        return !socket.get(StandardSocketOptions.IP_MULTICAST_LOOP);
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    public void send(DatagramPacket p, byte ttl) throws IOException {
        checkOpen();
        synchronized (ttlLock) {
            synchronized (p) {
                if (p.getAddress() == null || !p.getAddress().isMulticastAddress()) {
                    // The TTL is of datagrams to groups.
                    socket.send(p);
                    return;
                }
                int before = getTimeToLive();
                setTTL(ttl);
                try {
                    socket.send(p);
                } finally {
                    setTimeToLive(before);
                }
            }
        }
    }

    // ---- what every datagram socket has

    @Override
    public void bind(SocketAddress local) throws SocketException {
        socket.bind(local);
    }

    @Override
    public void connect(InetAddress address, int remotePort) {
        socket.connect(address, remotePort);
    }

    @Override
    public void connect(SocketAddress remote) throws SocketException {
        socket.connect(remote);
    }

    @Override
    public void disconnect() {
        socket.disconnect();
    }

    @Override
    public boolean isBound() {
        return socket.isBound();
    }

    @Override
    public boolean isConnected() {
        return socket.isConnected();
    }

    @Override
    public InetAddress getInetAddress() {
        return socket.getInetAddress();
    }

    @Override
    public int getPort() {
        return socket.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return socket.getRemoteSocketAddress();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return socket.getLocalSocketAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return socket.getLocalAddress();
    }

    @Override
    public int getLocalPort() {
        return socket.getLocalPort();
    }

    @Override
    public void send(DatagramPacket p) throws IOException {
        socket.send(p);
    }

    @Override
    public void receive(DatagramPacket p) throws IOException {
        socket.receive(p);
    }

    @Override
    public void joinGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        socket.joinGroup(group, nic);
    }

    @Override
    public void leaveGroup(SocketAddress group, NetworkInterface nic) throws IOException {
        socket.leaveGroup(group, nic);
    }

    @Override
    public DatagramChannel getChannel() {
        return null;
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        socket.setSoTimeout(timeout);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        return socket.getSoTimeout();
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        socket.setSendBufferSize(size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return socket.getSendBufferSize();
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        socket.setReceiveBufferSize(size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return socket.getReceiveBufferSize();
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        socket.setReuseAddress(on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return socket.getReuseAddress();
    }

    @Override
    public void setBroadcast(boolean on) throws SocketException {
        socket.setBroadcast(on);
    }

    @Override
    public boolean getBroadcast() throws SocketException {
        return socket.getBroadcast();
    }

    @Override
    public void setTrafficClass(int tc) throws SocketException {
        socket.setTrafficClass(tc);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return socket.getTrafficClass();
    }

    @Override
    public <T> DatagramSocket setOption(SocketOption<T> name, T value) throws IOException {
        socket.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return socket.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return socket.supportedOptions();
    }

    @Override
    public boolean isClosed() {
        return socket.isClosed();
    }

    @Override
    public void close() {
        socket.close();
    }
}
