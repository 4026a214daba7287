package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Of what chooses late and has chosen the kernel no descriptor of the kernel's stays, whatever became of it.
@Timeout(60)
class LateLeaksTest {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 0);
    private static final int OFTEN = 10;
    private static final SelectorProvider PROVIDER = JvmSelectorProvider.ANY;

    private interface Body {
        void run() throws Exception;
    }

    private enum Fate {
        PORTS_ARE_TAKEN(LateLeaksTest::portsAreTaken),
        NOBODY_LISTENS(LateLeaksTest::nobodyListens),
        CLOSED_WHILE_REGISTERED(LateLeaksTest::closedWhileRegistered),
        SELECTOR_CLOSED_FIRST(LateLeaksTest::selectorClosedFirst),
        NOT_WATCHED(LateLeaksTest::notWatched),
        ACCEPTED_IN_PLACE_OF_ANOTHER(LateLeaksTest::acceptedInPlaceOfAnother),
        CLOSED_BEFORE(LateLeaksTest::closedBefore),
        INTERRUPTED(LateLeaksTest::interrupted);

        final Body body;

        Fate(Body body) {
            this.body = body;
        }
    }

    @BeforeEach
    void open() {
        assumeTrue(Files.isDirectory(DESCRIPTORS));
    }

    /// Of sockets and selectors: others come and go with the virtual machine.
    private static long descriptors() throws IOException {
        long n = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path p : all) {
                try {
                    String to = Files.readSymbolicLink(p).toString();
                    n += to.startsWith("socket:") || to.startsWith("anon_inode:") ? 1 : 0;
                } catch (IOException e) {
                    // The one of this stream, or of another thread's file.
                    continue;
                }
            }
        }
        return n;
    }

    @ParameterizedTest
    @EnumSource
    void nothingStays(Fate fate) throws Exception {
        // What the virtual machine opens once.
        fate.body.run();
        long before = descriptors();
        for (int i = 0; i < OFTEN; i++) {
            fate.body.run();
        }
        assertEquals(before, descriptors());
    }

    private static void portsAreTaken() throws IOException {
        try (var tcp = new ServerSocket(0, 1, HERE.getAddress()); var udp = new java.net.DatagramSocket(HERE);
             ServerSocketChannel s = PROVIDER.openServerSocketChannel(); SocketChannel c = PROVIDER.openSocketChannel();
             DatagramChannel d = PROVIDER.openDatagramChannel()) {
            assertThrows(IOException.class, () -> s.bind(tcp.getLocalSocketAddress()));
            assertThrows(IOException.class, () -> c.bind(tcp.getLocalSocketAddress()));
            assertThrows(IOException.class, () -> d.bind(udp.getLocalSocketAddress()));
            // None that was made in vain stays even while these are open.
            assertTrue(Stream.of(s, c, d).allMatch(SelectableChannel::isOpen));
            s.bind(HERE);
        }
    }

    private static SocketAddress nobody() throws IOException {
        try (var s = new ServerSocket(0, 1, HERE.getAddress())) {
            return s.getLocalSocketAddress();
        }
    }

    private static void nobodyListens() throws IOException {
        // None is closed here: that is what becomes of an attempt that fails.
        SocketChannel c = PROVIDER.openSocketChannel();
        assertThrows(IOException.class, () -> c.connect(nobody()));
        Socket s = PROVIDER.openSocketChannel().socket();
        assertThrows(IOException.class, () -> s.connect(nobody()));
        Socket jvms = LateEnd.jvmSocket();
        assertThrows(IOException.class, () -> jvms.connect(nobody()));
        assertThrows(IOException.class, () -> new StackSocketFactory().createSocket(HERE.getAddress(), ((InetSocketAddress) nobody()).getPort()));
    }

    private static List<SelectableChannel> registered(Selector selector) throws IOException {
        ServerSocketChannel s = PROVIDER.openServerSocketChannel();
        SocketChannel c = PROVIDER.openSocketChannel();
        DatagramChannel d = PROVIDER.openDatagramChannel();
        for (SelectableChannel each : List.of(s, c, d)) {
            each.configureBlocking(false);
            each.register(selector, each.validOps());
        }
        s.bind(HERE);
        c.connect(s.getLocalAddress());
        d.bind(HERE);
        selector.select();
        return List.of(s, c, d);
    }

    private static void closedWhileRegistered() throws IOException {
        try (Selector selector = PROVIDER.openSelector()) {
            for (SelectableChannel c : registered(selector)) {
                c.close();
            }
            selector.selectNow();
            assertEquals(0, selector.keys().size());
        }
    }

    private static void selectorClosedFirst() throws IOException {
        List<SelectableChannel> all;
        try (Selector selector = PROVIDER.openSelector()) {
            all = registered(selector);
        }
        for (SelectableChannel c : all) {
            c.close();
        }
    }

    private static void notWatched() throws IOException {
        try (var selector = new StackSelector(PROVIDER, Waiting.real(), () -> {
            throw new IOException("Too many open files");
        })) {
            // It is not closed here, though never used again.
            ServerSocketChannel s = PROVIDER.openServerSocketChannel();
            s.configureBlocking(false);
            s.register(selector, SelectionKey.OP_ACCEPT);
            assertThrows(IOException.class, () -> s.bind(HERE));
        }
    }

    private static void acceptedInPlaceOfAnother() throws IOException {
        try (ServerSocket server = LateEnd.jvmServer()) {
            server.bind(HERE);
            var accepted = new Socket[1];
            try (Socket c = new Socket(HERE.getAddress(), server.getLocalPort())) {
                assertTrue(c.isConnected());
                try (Socket s = server.accept()) {
                    accepted[0] = s;
                }
            }
            assertTrue(accepted[0].isClosed());
        }
        // A socket that has become the kernel's already.
        var server = new BoundAcceptor();
        try (server) {
            server.bind(HERE);
            try (Socket c = new Socket(HERE.getAddress(), server.getLocalPort()); Socket s = server.accept()) {
                assertEquals(c.getLocalPort(), s.getPort());
            }
        }
    }

    private static final class BoundAcceptor extends ServerSocket {
        BoundAcceptor() {
            super(JvmSocketImpl.ofServer());
        }

        @Override
        public Socket accept() throws IOException {
            Socket s = LateEnd.jvmSocket();
            s.bind(HERE);
            implAccept(s);
            return s;
        }
    }

    private static void closedBefore() throws IOException {
        ServerSocketChannel s = PROVIDER.openServerSocketChannel();
        DatagramChannel d = PROVIDER.openDatagramChannel();
        s.close();
        d.close();
        assertThrows(IOException.class, () -> s.bind(HERE));
        assertThrows(IOException.class, () -> d.socket().send(new DatagramPacket(new byte[1], 1, HERE.getAddress(), 9)));
    }

    private static void interrupted() throws Exception {
        try (ServerSocketChannel s = PROVIDER.openServerSocketChannel()) {
            s.bind(HERE);
            Thread.currentThread().interrupt();
            SocketChannel c = PROVIDER.openSocketChannel();
            assertThrows(IOException.class, () -> c.connect(s.getLocalAddress()));
            assertThrows(IOException.class, s::accept);
        } finally {
            Thread.interrupted();
        }
    }

    /// As of the JDK's own sockets.
    @Test
    void whatIsForgottenIsGivenBack() throws Exception {
        forget();
        long before = descriptors();
        for (int i = 0; i < OFTEN; i++) {
            forget();
        }
        Await.until(() -> {
            System.gc();
            return descriptors() <= before;
        }, () -> descriptors() + " descriptors, and there were " + before);
    }

    private static void forget() throws IOException {
        ServerSocket server = LateEnd.jvmServer();
        server.bind(HERE);
        Socket client = LateEnd.jvmSocket();
        client.connect(server.getLocalSocketAddress());
        assertTrue(server.accept().isConnected());
    }
}
