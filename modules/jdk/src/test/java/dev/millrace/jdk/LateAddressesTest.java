package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What addresses decide where a channel chooses late, and what was asked of it before.
@Timeout(60)
class LateAddressesTest {
    private static final InetSocketAddress LAB = new InetSocketAddress("10.8.0.1", 0);
    private static final InetSocketAddress OTHER = new InetSocketAddress("10.9.0.1", 0);
    private static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 0);

    private final SelectorProvider provider = JvmSelectorProvider.ANY;
    private LeakCheck leaks;
    private Stack lab;
    private Stack other;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        lab = stack("lab", "10.8.0.1/24");
        other = stack("other", "10.9.0.1/24");
    }

    private static Stack stack(String name, String address) throws IOException {
        return Stack.builder().name(name).nic("lo", "loopback:", "127.0.0.1/8", address).option("stack", "close-timeout", "0").open();
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
        other.close();
        leaks.close();
    }

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
