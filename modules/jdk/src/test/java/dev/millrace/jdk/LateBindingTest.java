package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A JVM's own provider: who chooses which stack, and one selector over channels of stacks and of the kernel.
@Timeout(60)
class LateBindingTest extends TwoStacks {
    private static int connections(Stack s) {
        return s.tcp().connectionCount();
    }

    /// Connects to a server that is bound there, and back come the stacks that have more connections then: `lab`, `other` or none.
    private List<String> between(InetSocketAddress server) throws IOException {
        // Those in TIME-WAIT are counted as well.
        Map<Stack, Integer> before = Map.of(lab, connections(lab), other, connections(other));
        try (ServerSocketChannel s = provider.openServerSocketChannel(); SocketChannel c = provider.openSocketChannel()) {
            s.bind(server);
            c.connect(s.getLocalAddress());
            try (SocketChannel accepted = s.accept()) {
                c.write(ByteBuffer.wrap(new byte[] {42}));
                ByteBuffer got = ByteBuffer.allocate(1);
                accepted.read(got);
                assertEquals(42, got.get(0));
                return List.of(lab, other).stream().filter(x -> connections(x) > before.get(x)).map(Stack::name).toList();
            }
        }
    }

    @Test
    void anAddressOfAStackIsThatStacks() throws IOException {
        assertEquals(List.of("lab"), between(LAB));
        assertEquals(List.of("other"), between(OTHER));
    }

    @Test
    void whatNobodyClaimsIsTheKernels() throws IOException {
        assertEquals(List.of(), between(HERE));
    }

    @Test
    void aProgramsOwnStackHasLoopbackAndAnyAddress() throws IOException {
        assertEquals(List.of("lab"), StackSockets.of(lab).call(() -> between(HERE)));
        StackSockets.of(other).call(() -> {
            try (ServerSocketChannel s = provider.openServerSocketChannel()) {
                s.bind(new InetSocketAddress(0));
                try (Socket c = StackSockets.of(other).socket()) {
                    c.connect(new InetSocketAddress("10.9.0.1", s.socket().getLocalPort()));
                }
            }
            return null;
        });
    }

    /// What is found on a thread that this one starts.
    private List<String> onAnotherThread(Thread.Builder builder, Callable<List<String>> what) throws Exception {
        var found = new CompletableFuture<List<String>>();
        builder.start(() -> {
            try {
                found.complete(what.call());
            } catch (Throwable t) {
                found.completeExceptionally(t);
            }
        });
        return found.get(60, TimeUnit.SECONDS);
    }

    @Test
    void threadsThatAProgramStartsAreOfItsStackWhereItIsToldSo() throws Exception {
        Callable<List<String>> here = () -> between(HERE);
        StackSockets.of(other).callWithThreads(() -> {
            assertEquals(List.of("other"), between(HERE));
            for (Thread.Builder b : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                assertEquals(List.of("other"), onAnotherThread(b, here));
                assertEquals(List.of("other"), onAnotherThread(b, () -> onAnotherThread(b, here)));
                assertEquals(List.of("lab"), onAnotherThread(b, () -> StackSockets.of(lab).call(() -> between(HERE))));
            }
            assertEquals(List.of(), onAnotherThread(Thread.ofPlatform().inheritInheritableThreadLocals(false), here));
            assertEquals(List.of("lab"), StackSockets.of(lab).callWithThreads(() -> onAnotherThread(Thread.ofPlatform(), here)));
            assertEquals(List.of("other"), onAnotherThread(Thread.ofPlatform(), here));
            return null;
        });
        assertEquals(List.of(), onAnotherThread(Thread.ofPlatform(), here));
        assertEquals(List.of(), StackSockets.of(other).call(() -> onAnotherThread(Thread.ofPlatform(), here)));
    }

    @Test
    void theStackThatTheJvmWasToldOfComesLast() throws IOException {
        System.setProperty(LateBinding.PROPERTY, "other");
        assertEquals(List.of("other"), between(HERE));
        assertEquals(List.of("lab"), between(LAB));
    }

    @Test
    void aNameThatIsNoneListsThoseThatThereAre() {
        String message = assertThrows(IllegalArgumentException.class, () -> Stack.named("lap")).getMessage();
        assertTrue(message.startsWith("no open stack is named \"lap\"; open are: "), message);
        assertTrue(message.contains("lab") && message.contains("other"), message);
        other.close();
        assertThrows(IllegalArgumentException.class, () -> Stack.named("other"));
        assertEquals(lab, Stack.named("lab"));
    }

    @Test
    void aFactoryByNameFindsTheStackWhenItIsNeeded() throws IOException {
        var factory = new StackSocketFactory("later");
        assertThrows(IllegalArgumentException.class, factory::createSocket);
        try (Stack later = stack("later", "10.10.0.1/24"); Socket s = factory.createSocket()) {
            assertFalse(s.isConnected());
            assertEquals("later", later.name());
        }
    }

    @Test
    void beforeItChoosesItIsAsAnyNewChannel() throws IOException {
        try (SocketChannel c = provider.openSocketChannel(); ServerSocketChannel s = provider.openServerSocketChannel();
             DatagramChannel d = provider.openDatagramChannel()) {
            assertNull(c.getLocalAddress());
            assertNull(c.getRemoteAddress());
            assertNull(s.getLocalAddress());
            assertNull(d.getLocalAddress());
            assertFalse(c.isConnected());
            assertFalse(c.isConnectionPending());
            assertThrows(NotYetConnectedException.class, () -> c.read(ByteBuffer.allocate(1)));
            assertThrows(NotYetConnectedException.class, () -> d.write(ByteBuffer.allocate(1)));
            assertThrows(NotYetBoundException.class, s::accept);
            assertEquals(false, c.getOption(StandardSocketOptions.TCP_NODELAY));
            assertThrows(UnsupportedOperationException.class, () -> c.setOption(StandardSocketOptions.SO_BROADCAST, true));
            assertFalse(c.socket().isBound());
            assertEquals(-1, c.socket().getLocalPort());
        }
    }

    @Test
    void optionsThatWereSetBeforeHoldAfterwards() throws IOException {
        for (InetSocketAddress at : List.of(LAB, HERE)) {
            try (ServerSocketChannel s = provider.openServerSocketChannel(); SocketChannel c = provider.openSocketChannel()) {
                s.bind(at);
                c.setOption(StandardSocketOptions.TCP_NODELAY, true);
                c.socket().setKeepAlive(true);
                c.socket().setSoTimeout(5000);
                c.connect(s.getLocalAddress());
                assertTrue(c.getOption(StandardSocketOptions.TCP_NODELAY));
                assertTrue(c.socket().getKeepAlive());
                assertEquals(5000, c.socket().getSoTimeout());
                assertTrue(c.isConnected());
                assertEquals(s.getLocalAddress(), c.getRemoteAddress());
            }
        }
    }

    /// Echoes by one selector, over a stack and over the kernel, with channels that were registered before they had chosen.
    @Test
    void oneSelectorWatchesStacksAndTheKernel() throws IOException {
        try (Selector selector = provider.openSelector()) {
            Map<SocketChannel, Integer> back = new HashMap<>();
            for (InetSocketAddress at : List.of(LAB, HERE, OTHER)) {
                ServerSocketChannel s = provider.openServerSocketChannel();
                s.configureBlocking(false);
                s.register(selector, SelectionKey.OP_ACCEPT);
                s.bind(at);
                SocketChannel c = provider.openSocketChannel();
                c.configureBlocking(false);
                c.register(selector, SelectionKey.OP_CONNECT);
                back.put(c, 0);
                if (c.connect(s.getLocalAddress())) {
                    connected(c.keyFor(selector));
                }
            }
            while (back.values().stream().anyMatch(n -> n < 3)) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    serve(key, back);
                }
                selector.selectedKeys().clear();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.selectNow();
            assertEquals(0, selector.keys().size());
        }
    }

    private static void connected(SelectionKey key) throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        ((SocketChannel) key.channel()).write(ByteBuffer.wrap(new byte[] {7}));
    }

    private static void serve(SelectionKey key, Map<SocketChannel, Integer> back) throws IOException {
        if (key.isAcceptable()) {
            SocketChannel accepted = ((ServerSocketChannel) key.channel()).accept();
            if (accepted != null) {
                accepted.configureBlocking(false);
                accepted.register(key.selector(), SelectionKey.OP_READ);
            }
        } else if (key.isConnectable()) {
            assertTrue(((SocketChannel) key.channel()).finishConnect());
            connected(key);
        } else if (key.isReadable()) {
            var c = (SocketChannel) key.channel();
            ByteBuffer b = ByteBuffer.allocate(16);
            if (c.read(b) > 0) {
                back.computeIfPresent(c, (_, n) -> n + 1);
                c.write(b.flip());
            }
        }
    }

    /// As the JDK's HTTP server does between requests.
    @Test
    void aKernelsChannelIsBlockingAgainOnceItsKeyIsCancelled() throws IOException {
        try (Selector selector = provider.openSelector(); ServerSocketChannel s = provider.openServerSocketChannel();
             SocketChannel c = provider.openSocketChannel()) {
            s.bind(HERE);
            c.connect(s.getLocalAddress());
            for (int i = 0; i < 3; i++) {
                c.configureBlocking(false);
                SelectionKey key = c.register(selector, SelectionKey.OP_WRITE);
                assertEquals(1, selector.select());
                assertTrue(key.isWritable());
                key.cancel();
                c.configureBlocking(true);
                selector.selectNow();
            }
            try (SocketChannel accepted = s.accept()) {
                assertInstanceOf(LateSocketChannel.class, accepted);
            }
        }
    }

    /// Both ends of a connection over the kernel's loopback, made late.
    private SocketChannel[] pair() throws IOException {
        try (ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.bind(HERE);
            SocketChannel c = provider.openSocketChannel();
            c.connect(s.getLocalAddress());
            return new SocketChannel[] {c, s.accept()};
        }
    }

    private static void close(SocketChannel[] pair) throws IOException {
        pair[0].close();
        pair[1].close();
    }

    @Test
    void aSelectionEndsWhenWhatTheKernelTellsOfIsCancelled() throws Exception {
        SocketChannel[] c = pair();
        try (Selector selector = provider.openSelector()) {
            c[0].configureBlocking(false);
            SelectionKey key = c[0].register(selector, SelectionKey.OP_READ);
            var selected = new CompletableFuture<Integer>();
            Thread selecting = Thread.ofPlatform().daemon().start(() -> {
                try {
                    selected.complete(selector.select());
                } catch (Throwable t) {
                    selected.completeExceptionally(t);
                }
            });
            // Before that it would find the key cancelled and wait, as the JDK's does.
            Await.until(() -> Arrays.stream(selecting.getStackTrace()).anyMatch(f -> f.getClassName().equals("sun.nio.ch.EPoll")
                    && f.getMethodName().equals("wait")), () -> "it waits in " + Arrays.toString(selecting.getStackTrace()));
            key.cancel();
            c[1].write(ByteBuffer.allocate(1));
            assertEquals(0, World.of(selected));
        } finally {
            close(c);
        }
    }

    @Test
    void closingDoesNotWaitForWhoWaitsForAReader() throws Exception {
        SocketChannel[] c = pair();
        CompletableFuture<Integer> reader = World.waiting(() -> c[0].read(ByteBuffer.allocate(1)));
        var configurer = Thread.ofPlatform().daemon().start(() -> {
            try {
                c[0].configureBlocking(false);
            } catch (IOException e) {
                // Closed.
                return;
            }
        });
        c[0].close();
        assertThrows(ClosedChannelException.class, () -> World.of(reader));
        configurer.join();
        close(c);
    }

    @Test
    void whatWasWatchedBeforeItConnectedIsReadyWhenItStands() throws IOException {
        for (InetSocketAddress at : List.of(LAB, HERE)) {
            try (ServerSocketChannel s = provider.openServerSocketChannel(); Selector selector = provider.openSelector();
                 SocketChannel c = provider.openSocketChannel()) {
                s.bind(at);
                c.configureBlocking(false);
                SelectionKey key = c.register(selector, SelectionKey.OP_CONNECT);
                selector.selectNow();
                if (!c.connect(s.getLocalAddress())) {
                    while (!c.finishConnect()) {
                        Thread.onSpinWait();
                    }
                }
                selector.selectedKeys().clear();
                key.interestOps(SelectionKey.OP_WRITE);
                assertEquals(1, selector.select());
                assertTrue(key.isWritable());
            }
        }
    }

    @Test
    void aBindingThatFailsChoosesNothing() throws IOException {
        try (ServerSocketChannel busy = provider.openServerSocketChannel(); ServerSocketChannel s = provider.openServerSocketChannel()) {
            busy.bind(HERE);
            assertThrows(BindException.class, () -> s.bind(busy.getLocalAddress()));
            assertNull(s.getLocalAddress());
            s.bind(LAB);
            assertEquals(LAB.getAddress(), ((InetSocketAddress) s.getLocalAddress()).getAddress());
        }
    }

    @Test
    void threadsOfALibraryBindForTheProgramThatOpened() throws Exception {
        try (ServerSocketChannel s = StackSockets.of(lab).call(provider::openServerSocketChannel)) {
            Thread.ofPlatform().start(() -> {
                try {
                    s.bind(new InetSocketAddress(0));
                } catch (IOException e) {
                    // Seen below.
                    return;
                }
            }).join();
            try (SocketChannel c = StackSockets.of(lab).selectorProvider().openSocketChannel()) {
                assertTrue(c.connect(new InetSocketAddress("10.8.0.1", s.socket().getLocalPort())));
            }
        }
    }

    @Test
    void closingAStreamOrBeingInterruptedClosesTheChannel() throws Exception {
        SocketChannel[] c = pair();
        c[0].socket().getInputStream().close();
        assertFalse(c[0].isOpen());
        assertTrue(c[0].socket().isClosed());
        close(c);
        try (ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.bind(HERE);
            var accepted = new CompletableFuture<Socket>();
            World.waiting(() -> s.socket().accept(), accepted).interrupt();
            assertThrows(IOException.class, () -> World.of(accepted));
            assertFalse(s.isOpen());
        }
    }

    /// As Netty does, whose channels set options of the socket before they are bound.
    @Test
    void askingForADatagramChannelsSocketChoosesNothing() throws IOException {
        try (DatagramChannel d = provider.openDatagramChannel(); DatagramChannel peer = provider.openDatagramChannel()) {
            d.socket().setReuseAddress(true);
            d.socket().setBroadcast(true);
            assertTrue(d.socket().getBroadcast());
            assertFalse(d.socket().isBound());
            assertEquals(0, d.socket().getLocalPort());
            d.socket().bind(LAB);
            assertEquals(LAB.getAddress(), d.socket().getLocalAddress());
            assertEquals(1, lab.udp().socketCount());
            peer.bind(LAB);
            peer.socket().connect(d.socket().getLocalSocketAddress());
            peer.socket().send(new DatagramPacket(new byte[] {42}, 1));
            var p = new DatagramPacket(new byte[8], 8);
            d.socket().setSoTimeout(10_000);
            d.socket().receive(p);
            assertEquals(1, p.getLength());
            assertEquals(peer.getLocalAddress(), p.getSocketAddress());
            assertEquals(d, d.socket().getChannel());
            d.socket().close();
            assertFalse(d.isOpen());
            assertEquals(1, lab.udp().socketCount());
        }
    }
}
