package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Channels that choose late, where the choice fails or cannot be used.
@Timeout(60)
class LateFailuresTest extends TwoStacks {
    /// The stack of the running program is closed: there is nobody to connect by.
    private void inAClosedStack(Runnable program) throws IOException {
        Stack closed = stack("closed", "10.7.0.1/24");
        closed.close();
        StackSockets.of(closed).run(program);
    }

    @Test
    void aConnectionForWhichThereIsNoStackHasFailedAsAnyOther() throws IOException {
        inAClosedStack(() -> {
            try (SocketChannel c = provider.openSocketChannel(); Socket s = provider.openSocketChannel().socket()) {
                // Nobody else's stack is used instead, though one has the address.
                assertEquals("Stack closed", assertThrows(IOException.class, () -> c.connect(LAB)).getMessage());
                assertFalse(c.isOpen());
                assertEquals("Stack closed", assertThrows(IOException.class, () -> s.connect(LAB)).getMessage());
                assertTrue(s.isClosed());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void aSelectorOfAStackTakesNoChannelThatMayBecomeTheKernels() throws IOException {
        try (Selector selector = StackSockets.of(lab).selectorProvider().openSelector();
             ServerSocketChannel before = provider.openServerSocketChannel(); ServerSocketChannel after = provider.openServerSocketChannel();
             DatagramChannel d = provider.openDatagramChannel()) {
            for (SelectableChannel c : List.of(before, after, d)) {
                c.configureBlocking(false);
            }
            after.bind(HERE);
            assertThrows(IllegalSelectorException.class, () -> before.register(selector, SelectionKey.OP_ACCEPT));
            assertThrows(IllegalSelectorException.class, () -> after.register(selector, SelectionKey.OP_ACCEPT));
            assertThrows(IllegalSelectorException.class, () -> d.register(selector, SelectionKey.OP_READ));
            assertEquals(0, selector.keys().size());
            before.bind(HERE);
            assertTrue(before.socket().isBound());
        }
    }

    @Test
    void whatNoSelectorOfTheKernelCanWatchIsNotChosen() throws IOException {
        var failures = new AtomicInteger(1);
        try (Selector able = provider.openSelector(); var selector = new StackSelector(provider, Waiting.real(), () -> {
            if (failures.getAndDecrement() > 0) {
                throw new IOException("Too many open files");
            }
            return LateBinding.kernelSide();
        }); ServerSocketChannel s = provider.openServerSocketChannel()) {
            s.configureBlocking(false);
            // The other's part has to be taken back then.
            s.register(able, SelectionKey.OP_ACCEPT);
            s.register(selector, SelectionKey.OP_ACCEPT);
            assertEquals("Too many open files", assertThrows(IOException.class, () -> s.bind(HERE)).getMessage());
            assertTrue(s.isOpen());
            assertNull(s.getLocalAddress());
            s.bind(HERE);
            try (SocketChannel c = SocketChannel.open(s.getLocalAddress())) {
                assertTrue(c.isConnected());
                assertEquals(1, selector.select());
                assertEquals(1, able.select());
            }
        }
    }

    @Test
    void whatIsClosedChoosesNothing() throws IOException {
        try (SocketChannel shell = provider.openSocketChannel()) {
            var choice = new LateChoice<SocketChannel>(shell, new Audience((LateSocketChannel) shell, Waiting.real()), Set.of());
            choice.close();
            assertThrows(AsynchronousCloseException.class, () -> choice.choose(() -> {
                throw new AssertionError("it is closed");
            }));
            assertNull(choice.chosen());
        }
    }

    @Test
    void aBindingThatFailsTakesNothingFromWhoConnectsMeanwhile() throws Exception {
        try (SocketChannel shell = provider.openSocketChannel()) {
            var audience = new Audience((LateSocketChannel) shell, Waiting.real());
            var choice = new LateChoice<SocketChannel>(shell, audience, Set.of());
            var other = new AtomicReference<Thread>();
            var chosen = new CompletableFuture<SocketChannel>();
            assertThrows(BindException.class, () -> choice.chooseBy(SocketChannel::open, _ -> {
                other.set(Thread.ofPlatform().start(() -> {
                    try {
                        chosen.complete(choice.choose(SocketChannel::open));
                    } catch (Throwable t) {
                        chosen.completeExceptionally(t);
                    }
                }));
                Thread t = other.get();
                while (!chosen.isDone() && t.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
                throw new BindException("taken");
            }));
            try (SocketChannel c = World.of(chosen)) {
                assertTrue(c.isOpen());
                assertSame(c, choice.chosen());
            }
        }
    }

    /// A library's thread, once started by a program of a stack that is closed now, serves the channels of others.
    @Test
    void aThreadOfAClosedStackServesWhoOpenedTheChannel() throws Exception {
        var work = new CompletableFuture<Runnable>();
        Thread shared;
        try (Stack gone = stack("gone", "10.7.0.1/24")) {
            shared = StackSockets.of(gone).callWithThreads(() -> Thread.ofPlatform().start(() -> work.join().run()));
        }
        try (ServerSocketChannel s = StackSockets.of(lab).call(provider::openServerSocketChannel)) {
            var bound = new CompletableFuture<Void>();
            work.complete(() -> {
                try {
                    s.bind(new InetSocketAddress(0));
                    bound.complete(null);
                } catch (Throwable t) {
                    bound.completeExceptionally(t);
                }
            });
            World.of(bound);
            shared.join();
            try (SocketChannel c = StackSockets.of(lab).selectorProvider().openSocketChannel()) {
                assertTrue(c.connect(new InetSocketAddress("10.8.0.1", s.socket().getLocalPort())));
            }
        }
    }

    @Test
    void anAttemptToConnectThatFailsChoosesNothing() throws IOException {
        var everybody = new InetSocketAddress("255.255.255.255", 9);
        var to = new InetSocketAddress(LAB.getAddress(), 9);
        for (boolean bound : new boolean[] {false, true}) {
            try (DatagramChannel d = provider.openDatagramChannel(StandardProtocolFamily.INET);
                 DatagramChannel ofSocket = provider.openDatagramChannel(StandardProtocolFamily.INET)) {
                if (bound) {
                    d.bind(null);
                    ofSocket.bind(null);
                }
                // Not without SO_BROADCAST.
                assertThrows(IOException.class, () -> d.connect(everybody));
                assertThrows(IOException.class, () -> ofSocket.socket().connect(everybody));
                assertEquals(0, lab.udp().socketCount());
                d.connect(to);
                ofSocket.socket().connect(to);
                assertEquals(2, lab.udp().socketCount());
            }
        }
    }

    @Test
    void aMembershipIsTheChannelsThatHasJoined() throws IOException {
        InetAddress group = InetAddress.ofLiteral("239.1.2.3");
        for (boolean ofKernel : new boolean[] {false, true}) {
            NetworkInterface nic = ofKernel ? NetworkInterface.getByName("lo") : null;
            try (DatagramChannel d = provider.openDatagramChannel(StandardProtocolFamily.INET)) {
                d.bind(ofKernel ? new InetSocketAddress(0) : LAB);
                MembershipKey key = d.join(group, nic);
                assertSame(d, key.channel());
                assertSame(key, d.join(group, nic));
                assertEquals(group, key.group());
                assertEquals(nic, key.networkInterface());
                assertNull(key.sourceAddress());
                assertTrue(key.isValid());
                key.drop();
                assertFalse(key.isValid());
                assertTrue(d.join(group, nic).isValid());
            }
        }
    }

    /// A socket whose attempt to connect ends by what is no exception.
    private static TcpSocket withoutMemory(TcpSocket real, String... calls) {
        return (TcpSocket) Proxy.newProxyInstance(TcpSocket.class.getClassLoader(), new Class<?>[] {TcpSocket.class}, (_, m, args) -> {
            if (List.of(calls).contains(m.getName())) {
                throw new OutOfMemoryError("here");
            }
            try {
                return m.invoke(real, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    @Test
    void whoHasNoMemoryToConnectIsClosedToo() throws IOException {
        var to = new InetSocketAddress("10.8.0.1", 9);
        for (String call : List.of("connect", "startConnect", "finishConnect")) {
            TcpSocket real = lab.tcp().open();
            try (var c = new StackSocketChannel(provider, withoutMemory(real, call), Waiting.of(lab))) {
                c.configureBlocking(call.equals("connect"));
                if (call.equals("finishConnect")) {
                    c.connect(to);
                }
                assertThrows(OutOfMemoryError.class, () -> {
                    if (c.isConnectionPending()) {
                        c.finishConnect();
                    } else {
                        c.connect(to);
                    }
                });
                assertFalse(c.isOpen());
                assertFalse(real.isOpen());
            }
        }
    }

    @Test
    void theVersionOfIpThatWasAskedForIsTheKernels() throws IOException {
        try (ServerSocketChannel s = provider.openServerSocketChannel(StandardProtocolFamily.INET);
             SocketChannel c = provider.openSocketChannel(StandardProtocolFamily.INET)) {
            s.bind(null);
            assertEquals("0.0.0.0", ((InetSocketAddress) s.getLocalAddress()).getAddress().getHostAddress());
            assertThrows(UnsupportedAddressTypeException.class, () -> c.connect(new InetSocketAddress("::1", 9)));
        }
        ProtocolFamily none = () -> "NONE";
        assertThrows(UnsupportedOperationException.class, () -> provider.openSocketChannel(none));
        assertThrows(UnsupportedOperationException.class, () -> provider.openServerSocketChannel(none));
        assertThrows(UnsupportedOperationException.class, () -> provider.openDatagramChannel(none));
    }
}
