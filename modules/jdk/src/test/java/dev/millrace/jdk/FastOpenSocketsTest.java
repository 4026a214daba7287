package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpOptions;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Programs that know the JDK alone have Fast Open (RFC 7413) by the stack's configuration.
@Timeout(60)
class FastOpenSocketsTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress("10.8.0.1", 8080);

    private LeakCheck leaks;
    private Stack lab;
    private StackSockets sockets;
    private ServerSocket server;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        lab = Stack.builder().name("lab").nic("lo", "loopback:", "10.8.0.1/24").option("stack", "close-timeout", "0")
                .option("tcp", "fast-open", "both").open();
        sockets = StackSockets.of(lab);
        server = sockets.serverSocket();
        server.bind(SERVER);
        Thread.startVirtualThread(this::serve);
        // The first connection brings a cookie.
        assertEquals("first", ask("first"));
        assertEquals(0, opened());
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        lab.close();
        leaks.close();
    }

    /// Echoes, one connection after another.
    private void serve() {
        try {
            while (true) {
                try (Socket s = server.accept()) {
                    s.getInputStream().transferTo(s.getOutputStream());
                } catch (SocketException e) {
                    if (server.isClosed()) {
                        return;
                    }
                }
            }
        } catch (IOException e) {
            // Closed.
            return;
        }
    }

    private long opened() {
        return lab.counters().get("tcp").getOrDefault("fast-open-active", 0L);
    }

    private String ask(String question) throws IOException {
        try (Socket s = sockets.socket()) {
            s.connect(SERVER, 5_000);
            assertTrue(s.isConnected());
            assertEquals(SERVER, s.getRemoteSocketAddress());
            s.getOutputStream().write(question.getBytes());
            s.shutdownOutput();
            return new String(s.getInputStream().readAllBytes());
        }
    }

    @Test
    void aSocketsFirstWriteGoesWithTheSyn() throws IOException {
        assertEquals("second", ask("second"));
        assertEquals(1, opened());
        assertEquals("third", ask("third"));
        assertEquals(2, opened());
    }

    @Test
    void aChannelThatDoesNotBlockConnectsAsEver() throws IOException {
        try (SocketChannel c = sockets.selectorProvider().openSocketChannel(); Selector selector = sockets.selectorProvider().openSelector()) {
            c.configureBlocking(false);
            assertFalse(c.connect(SERVER), "as ever: some programs wait for OP_CONNECT whatever they are told here");
            SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT);
            assertEquals(1, selector.select());
            assertTrue(key.isConnectable() && c.finishConnect());
            key.interestOps(SelectionKey.OP_WRITE);
            selector.selectedKeys().clear();
            assertEquals(1, selector.select(), "what is written first goes with the SYN");
            byte[] question = "selected".getBytes();
            assertEquals(question.length, c.write(ByteBuffer.wrap(question)));
            key.interestOps(SelectionKey.OP_READ);
            selector.selectedKeys().clear();
            assertEquals(1, selector.select());
            ByteBuffer answer = ByteBuffer.allocate(question.length);
            while (answer.hasRemaining()) {
                selector.select(100);
                c.read(answer);
            }
            assertArrayEquals(question, answer.array());
        }
        assertEquals(1, opened());
    }

    /// A selector that only wants to read is no reason to write, and no read comes before it is told.
    @Test
    void aChannelThatOnlyReadsIsConnectedAllTheSame() throws Exception {
        try (SocketChannel c = sockets.selectorProvider().openSocketChannel(); Selector selector = sockets.selectorProvider().openSelector()) {
            c.connect(SERVER);
            c.configureBlocking(false);
            c.register(selector, SelectionKey.OP_READ);
            assertEquals(0, selector.selectNow());
            Await.until(() -> lab.counters().get("tcp-open").get("established") >= 2, () -> lab.counters().get("tcp-open").toString());
        }
    }

    @Test
    void thatNobodyListensIsToldByTheFirstReadOrWriteThatFollows() throws Exception {
        server.close();
        try (Socket s = sockets.socket()) {
            s.connect(SERVER);
            s.getOutputStream().write(1);
            var e = assertThrows(SocketException.class, () -> s.getInputStream().read());
            assertEquals("Connection refused", e.getMessage());
        }
        // And by connecting, from then on: Fast Open rests.
        try (Socket s = sockets.socket()) {
            assertThrows(java.net.ConnectException.class, () -> s.connect(SERVER));
        }
    }

    @Test
    void whoKnowsTheOptionMaySayOtherwise() throws IOException {
        try (Socket s = sockets.socket()) {
            assertTrue(s.getOption(TcpOptions.FAST_OPEN_CONNECT));
            s.setOption(TcpOptions.FAST_OPEN_CONNECT, false);
            s.connect(SERVER);
            s.getOutputStream().write(1);
            assertEquals(1, s.getInputStream().read());
        }
        assertEquals(256, server.getOption(TcpOptions.FAST_OPEN));
        assertEquals(0, opened());
    }
}
