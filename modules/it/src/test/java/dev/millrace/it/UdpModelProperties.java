package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// UDP sockets under any sequence of calls, datagrams and errors: each datagram reaches the socket that a naive model names,
/// in order, with its sender, whom it asked, its length and as much of it as there is room for, or nobody.
class UdpModelProperties {
    private static final String[] OWN = {"10.9.0.2", "10.9.0.3", "fd09::2"};
    private static final String[] PEERS = {"10.9.0.1", "10.9.0.7", "fd09::1"};
    private static final int PORTS = 3;

    private Vnic wire;
    private final List<Model> sockets = new ArrayList<>();
    private Random random;
    private ManualStack stack;

    private record Message(InetSocketAddress from, InetAddress asked, byte[] data) {
    }

    /// What a socket should know.
    private static final class Model {
        final UdpSocket socket;
        final InetAddress local;
        final int port;
        /// The address that it sends to its peer from.
        InetAddress connectedLocal;
        InetSocketAddress peer;
        boolean refused;
        final ArrayDeque<Message> queue = new ArrayDeque<>();

        Model(UdpSocket socket, InetAddress local, int port) {
            this.socket = socket;
            this.local = local;
            this.port = port;
        }

        boolean isConnection(InetAddress to, int toPort, InetSocketAddress from) {
            return port == toPort && from.equals(peer) && to.equals(connectedLocal);
        }
    }

    private static InetAddress address(String text) throws IOException {
        return InetAddress.getByName(text);
    }

    private String any(String[] of) {
        return of[random.nextInt(of.length)];
    }

    private int anyPort() {
        return 5000 + random.nextInt(PORTS);
    }

    @Property(tries = 150)
    void datagramsReachTheSocketThatTheModelNames(@ForAll long seed) throws IOException {
        long before = Leaks.packets();
        random = new Random(seed);
        sockets.clear();
        wire = new Vnic(1500);
        stack = Stack.builder().nic("n", wire, n -> n.address("10.9.0.2/24").address("10.9.0.3/24").address("fd09::2/64")).manual(1);
        for (int i = 0; i < 200; i++) {
            switch (random.nextInt(8)) {
                case 0 -> bind();
                case 1 -> connectOrDisconnect();
                case 2, 3, 4 -> arrive();
                case 5 -> refuse();
                case 6 -> receive();
                default -> closeOne();
            }
            assertEquals(sockets.size(), stack.udp().socketCount());
        }
        while (!sockets.isEmpty()) {
            receiveAllAndClose(sockets.removeLast());
        }
        stack.close();
        assertEquals(before, Leaks.packets(), "packets leaked");
    }

    private void bind() throws IOException {
        int kind = random.nextInt(4);
        InetAddress local = kind == 3 ? null : address(OWN[kind]);
        int port = anyPort();
        boolean taken = sockets.stream().anyMatch(m -> m.port == port && (local == null || m.local == null || local.equals(m.local)));
        var at = local == null ? new InetSocketAddress(port) : new InetSocketAddress(local, port);
        if (taken) {
            assertThrows(BindException.class, () -> stack.udp().bind(at));
        } else {
            sockets.add(new Model(stack.udp().bind(at), local, port));
        }
    }

    private Model anySocket() {
        return sockets.isEmpty() ? null : sockets.get(random.nextInt(sockets.size()));
    }

    private void connectOrDisconnect() throws IOException {
        Model m = anySocket();
        if (m == null) {
            return;
        }
        if (random.nextBoolean()) {
            m.socket.disconnect();
            m.peer = null;
            m.connectedLocal = null;
        } else {
            InetAddress remote = address(any(PEERS));
            if (m.local != null && m.local.getAddress().length != remote.getAddress().length) {
                return;
            }
            var peer = new InetSocketAddress(remote, anyPort());
            m.socket.connect(peer);
            m.peer = peer;
            m.connectedLocal = m.socket.localAddress().getAddress();
            assertTrue(m.local == null || m.local.equals(m.connectedLocal), "another source than the one bound to");
        }
        m.refused = false;
        assertEquals(m.peer, m.socket.remoteAddress());
    }

    private Model receiver(InetAddress to, int port, InetSocketAddress from) {
        for (Model m : sockets) {
            if (m.isConnection(to, port, from)) {
                return m;
            }
        }
        for (Model m : sockets) {
            if (m.port == port && (m.local == null || m.local.equals(to))) {
                // At most one: others would overlap.
                return m.peer == null || m.peer.equals(from) ? m : null;
            }
        }
        return null;
    }

    private void arrive() throws IOException {
        int version = random.nextInt(3);
        String to = version == 2 ? OWN[2] : OWN[random.nextInt(2)];
        String from = version == 2 ? PEERS[2] : PEERS[random.nextInt(2)];
        byte[] data = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(600)];
        random.nextBytes(data);
        int port = anyPort();
        var sender = new InetSocketAddress(address(from), anyPort());
        Model m = receiver(address(to), port, sender);
        long unwanted = stack.counters().get("drops").getOrDefault("no-socket", 0L);
        wire.inject(PacketBuilder.between(from, to).udp(sender.getPort(), port, data));
        assertEquals(unwanted + (m == null ? 1 : 0), stack.counters().get("drops").getOrDefault("no-socket", 0L));
        if (m != null) {
            m.queue.add(new Message(sender, address(to), data));
        }
    }

    /// A peer says that nobody listens there, about a datagram that some socket may have sent.
    private void refuse() throws IOException {
        boolean v6 = random.nextInt(3) == 2;
        String local = v6 ? OWN[2] : OWN[random.nextInt(2)];
        String remote = v6 ? PEERS[2] : PEERS[random.nextInt(2)];
        int port = anyPort();
        var peer = new InetSocketAddress(address(remote), anyPort());
        byte[] about = PacketBuilder.between(local, remote).udp(port, peer.getPort(), new byte[10]);
        wire.inject(PacketBuilder.between(remote, local).icmp(v6 ? 1 : 3, v6 ? 4 : 3, 0, about));
        for (Model m : sockets) {
            m.refused |= m.isConnection(address(local), port, peer);
        }
    }

    private void receive() throws IOException {
        Model m = anySocket();
        if (m != null) {
            receive(m);
        }
    }

    /// Receives once, in one of two ways; returns whether there was something.
    private boolean receive(Model m) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(random.nextInt(700));
        if (m.queue.isEmpty()) {
            if (m.refused) {
                m.refused = false;
                assertThrows(PortUnreachableException.class, () -> m.socket.tryReceive(b));
                return true;
            }
            assertNull(m.socket.tryReceive(b));
            return false;
        }
        Message expected = m.queue.poll();
        if (random.nextBoolean()) {
            assertEquals(expected.from(), m.socket.tryReceive(b));
        } else {
            UdpSocket.Datagram got = m.socket.tryReceiveDatagram(b);
            assertNotNull(got);
            assertEquals(expected.from(), got.sender());
            assertEquals(expected.asked(), got.local());
            assertEquals(expected.data().length, got.length());
        }
        byte[] data = Arrays.copyOf(expected.data(), Math.min(expected.data().length, b.capacity()));
        assertArrayEquals(data, Arrays.copyOf(b.array(), b.position()));
        return true;
    }

    private void closeOne() throws IOException {
        Model m = anySocket();
        if (m != null && random.nextInt(4) == 0) {
            sockets.remove(m);
            m.socket.close();
        }
    }

    private void receiveAllAndClose(Model m) throws IOException {
        while (receive(m)) {
            assertTrue(m.socket.isOpen());
        }
        m.socket.close();
    }
}
