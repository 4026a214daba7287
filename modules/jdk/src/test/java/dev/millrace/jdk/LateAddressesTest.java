package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What addresses decide where a channel chooses late, and what was asked of it before.
@Timeout(60)
class LateAddressesTest extends TwoStacks {
    private static int unused() throws IOException {
        try (var s = new ServerSocket(0)) {
            return s.getLocalPort();
        }
    }

    /// Has a channel of the JVM's provider listen at an address, where one of the stack connects.
    private void reaches(Stack stack, InetSocketAddress at) throws IOException {
        try (ServerSocketChannel s = provider.openServerSocketChannel(); Socket c = StackSockets.of(stack).socket()) {
            s.bind(at);
            c.connect(s.getLocalAddress());
            assertTrue(c.isConnected());
        }
    }

    @Test
    void aProgramMayBindToAnothersAddress() throws IOException {
        StackSockets.of(lab).call(() -> {
            reaches(other, OTHER);
            return null;
        });
    }

    @Test
    void ofSeveralThatHaveAnAddressAProgramsOwnCounts() throws IOException {
        try (Stack twin = stack("twin", "10.8.0.1/24")) {
            String both = assertThrows(IllegalStateException.class, () -> reaches(lab, LAB)).getMessage();
            assertEquals("2 open stacks have the address 10.8.0.1: [lab, twin]", both);
            for (Stack own : List.of(lab, twin)) {
                StackSockets.of(own).call(() -> {
                    reaches(own, LAB);
                    return null;
                });
            }
        }
    }

    @Test
    void whatAProgramThatIsOverHasOpenedIsNobodys() throws IOException {
        SocketChannel c;
        try (Stack gone = stack("gone", "10.10.0.1/24")) {
            c = StackSockets.of(gone).call(provider::openSocketChannel);
        }
        try (c; ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.bind(LAB);
            assertTrue(c.connect(s.getLocalAddress()));
        }
    }

    /// As `new Socket(host, port, null, 0)` and factories do.
    @Test
    void toBeBoundToAnythingDecidesNothing() throws IOException {
        try (ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.bind(LAB);
            int port = s.socket().getLocalPort();
            try (Socket c = LateEnd.jvmSocket()) {
                c.bind(null);
                assertTrue(c.isBound());
                assertTrue(c.getLocalAddress().isAnyLocalAddress());
                c.connect(s.getLocalAddress(), 10_000);
                assertEquals(LAB.getAddress(), c.getLocalAddress());
            }
            try (Socket c = new StackSocketFactory().createSocket(LAB.getAddress(), port, null, 0)) {
                assertEquals(LAB.getAddress(), c.getLocalAddress());
            }
        }
    }

    @Test
    void aPortAndWhoWantsToKnowOneDecide() throws IOException {
        try (Socket c = LateEnd.jvmSocket()) {
            int free = unused();
            c.bind(new InetSocketAddress(free));
            assertEquals(free, c.getLocalPort());
        }
        try (Socket c = LateEnd.jvmSocket()) {
            c.bind(null);
            int own = c.getLocalPort();
            assertTrue(own > 0, "it is " + own);
            assertEquals(own, c.getLocalPort());
        }
        try (SocketChannel c = provider.openSocketChannel()) {
            c.bind(null);
            assertThrows(AlreadyBoundException.class, () -> c.bind(null));
            assertThrows(AlreadyBoundException.class, () -> c.bind(LAB));
        }
    }

    /// What a channel becomes that is bound to any address and port, once this is done with it.
    private String becomes(Step<DatagramChannel> step) throws IOException {
        return ofNew(d -> {
            d.bind(null);
            step.take(d);
        });
    }

    private String ofNew(Step<DatagramChannel> step) throws IOException {
        try (DatagramChannel d = provider.openDatagramChannel(StandardProtocolFamily.INET)) {
            int labs = lab.udp().socketCount();
            step.take(d);
            return lab.udp().socketCount() > labs ? "lab" : ((LateDatagramChannel) d).kernelChannel() != null ? "kernel" : "nothing";
        }
    }

    private interface Step<T> {
        void take(T channel) throws IOException;
    }

    /// As for streams: whom it sends to, decides.
    @Test
    void aDatagramChannelThatIsBoundToAnythingChoosesWhenItMust() throws IOException {
        InetSocketAddress to = new InetSocketAddress(LAB.getAddress(), 9);
        ByteBuffer byteOfData = ByteBuffer.allocate(1);
        assertEquals("lab", becomes(d -> d.connect(to)));
        assertEquals("lab", becomes(d -> d.send(byteOfData, to)));
        assertEquals("lab", becomes(d -> d.socket().connect(to)));
        assertEquals("lab", becomes(d -> d.socket().send(new DatagramPacket(new byte[1], 1, to))));
        assertEquals("kernel", becomes(d -> d.connect(new InetSocketAddress(HERE.getAddress(), 9))));
        assertEquals("nothing", becomes(d -> assertTrue(d.socket().isBound())));
        assertEquals("nothing", becomes(d -> assertTrue(d.socket().getLocalAddress().isAnyLocalAddress())));
        assertEquals("kernel", becomes(d -> assertTrue(((InetSocketAddress) d.getLocalAddress()).getPort() > 0)));
        assertEquals("kernel", becomes(d -> assertTrue(d.socket().getLocalPort() > 0)));
        assertEquals("kernel", becomes(d -> assertNotNull(d.socket().getLocalSocketAddress())));
        NetworkInterface nic = NetworkInterface.getByName("lo");
        assertEquals("kernel", becomes(d -> d.join(InetAddress.ofLiteral("239.1.2.3"), nic)));
        assertEquals("kernel", becomes(d -> d.setOption(StandardSocketOptions.IP_MULTICAST_IF, nic)));
        assertEquals("kernel", becomes(d -> assertNull(d.getOption(StandardSocketOptions.IP_MULTICAST_IF))));
    }

    /// A program's own stack comes before the one that has the address: there is nothing to wait for.
    @Test
    void whoIsBoundToAnythingByAProgramIsItsStacks() throws IOException {
        assertEquals("lab", ofNew(d -> StackSockets.of(lab).call(() -> d.bind(null))));
        assertEquals("lab", ofNew(d -> StackSockets.of(lab).call(() -> {
            d.configureBlocking(false);
            return d.receive(ByteBuffer.allocate(1));
        })));
        try (SocketChannel c = provider.openSocketChannel(); ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.bind(OTHER);
            StackSockets.of(lab).call(() -> c.bind(null));
            assertThrows(IOException.class, () -> c.connect(s.getLocalAddress()), "the lab has no way to the other's address");
        }
    }

    @Test
    void aDatagramChannelIsBoundOnce() throws IOException {
        try (DatagramChannel d = provider.openDatagramChannel()) {
            d.bind(null);
            assertThrows(AlreadyBoundException.class, () -> d.bind(null));
            assertThrows(AlreadyBoundException.class, () -> d.bind(LAB));
            assertEquals("Already bound", assertThrows(SocketException.class, () -> d.socket().bind(LAB)).getMessage());
            d.connect(new InetSocketAddress(LAB.getAddress(), 9));
            assertThrows(AlreadyBoundException.class, () -> d.bind(null));
        }
    }

    /// As an event loop does, which looks for what has come before it has sent anything.
    @Test
    void whoLooksForWhatCannotHaveComeChoosesNothing() throws IOException {
        for (boolean bound : new boolean[] {false, true}) {
            try (DatagramChannel server = provider.openDatagramChannel(); DatagramChannel d = provider.openDatagramChannel();
                 Selector selector = provider.openSelector()) {
                server.bind(LAB);
                d.configureBlocking(false);
                if (bound) {
                    d.bind(null);
                }
                SelectionKey key = d.register(selector, SelectionKey.OP_READ);
                assertEquals(0, selector.selectNow());
                assertNull(d.receive(ByteBuffer.allocate(1)));
                assertTrue(d.socket().isBound());
                d.send(ByteBuffer.allocate(1), server.getLocalAddress());
                server.send(ByteBuffer.allocate(1), server.receive(ByteBuffer.allocate(1)));
                assertEquals(1, selector.select());
                assertTrue(key.isReadable());
                assertEquals(server.getLocalAddress(), d.receive(ByteBuffer.allocate(1)));
            }
        }
    }

    @Test
    void whatAnyAddressOfAnotherVersionIsIsHeardAtOnce() throws IOException {
        var six = new InetSocketAddress("::", 0);
        try (DatagramChannel d = provider.openDatagramChannel(StandardProtocolFamily.INET);
             SocketChannel c = provider.openSocketChannel(StandardProtocolFamily.INET)) {
            assertThrows(UnsupportedAddressTypeException.class, () -> d.bind(six));
            assertThrows(UnsupportedAddressTypeException.class, () -> c.bind(six));
            assertFalse(d.socket().isBound());
            assertFalse(c.socket().isBound());
        }
    }

    @Test
    void aServersSocketTellsTheAddressThatItWasAskedFor() throws IOException {
        try (var jdks = new ServerSocket(0); ServerSocket s = LateEnd.jvmServer()) {
            s.bind(null);
            assertEquals(jdks.getInetAddress(), s.getInetAddress());
        }
    }

    @Test
    void whatOnlyTheSocketKnowsHoldsHoweverItConnects() throws IOException {
        for (InetSocketAddress at : List.of(LAB, HERE)) {
            for (boolean byChannel : new boolean[] {false, true}) {
                try (ServerSocketChannel s = provider.openServerSocketChannel(); SocketChannel c = provider.openSocketChannel()) {
                    s.bind(at);
                    c.socket().setOOBInline(true);
                    if (byChannel) {
                        c.connect(s.getLocalAddress());
                    } else {
                        c.socket().connect(s.getLocalAddress());
                    }
                    assertTrue(c.socket().getOOBInline());
                }
            }
        }
    }

    @Test
    void aForgottenChannelOfAStackIsLeftToIt() throws IOException {
        try (ServerSocketChannel s = provider.openServerSocketChannel(); SocketChannel c = provider.openSocketChannel()) {
            s.bind(LAB);
            c.connect(s.getLocalAddress());
            ((LateSocketChannel) c).closeIfKernels();
            ((LateServerSocketChannel) s).closeIfKernels();
            assertTrue(c.isOpen() && s.isOpen());
        }
    }
}
