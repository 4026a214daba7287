package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.spi.OpenStacks;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Blocking sockets and selectors of the JDK on simulated hosts, in simulated time.
@Timeout(60)
class JdkSocketsTest {
    private static final Duration DELAY = Duration.ofSeconds(2);

    private static Internet twoHosts() throws IOException {
        Internet net = Internet.virtualTime(7);
        net.host("client", "10.0.0.1");
        net.host("server", "10.0.0.2");
        net.link("client", "server", LinkConditions.perfect().delay(DELAY));
        return net;
    }

    private static Host host(Internet net, String name) {
        return net.host(name).orElseThrow();
    }

    @Test
    void blockingSocketsWaitInSimulatedTime() throws Exception {
        try (Internet net = twoHosts()) {
            Host server = host(net, "server");
            server.run(() -> {
                try (ServerSocket s = server.sockets().serverSocketFactory().createServerSocket(80); Socket accepted = s.accept()) {
                    accepted.getOutputStream().write(accepted.getInputStream().read());
                }
            });
            Host client = host(net, "client");
            Duration took = client.call(() -> {
                Duration begin = net.now();
                try (Socket s = client.sockets().socketFactory().createSocket(server.address(), 80)) {
                    s.getOutputStream().write(42);
                    s.setSoTimeout(1);
                    assertThrows(SocketTimeoutException.class, () -> s.getInputStream().read());
                    s.setSoTimeout(0);
                    assertEquals(42, s.getInputStream().read());
                }
                return net.now().minus(begin);
            }).get();
            assertEquals(2 * 2 * DELAY.toSeconds(), took.toSeconds());
        }
    }

    @Test
    void namesAreThoseOfHosts() throws Exception {
        try (Internet net = twoHosts()) {
            Host client = host(net, "client");
            var factory = client.sockets().socketFactory();
            // Nobody listens: it has got there.
            client.call(() -> assertThrows(ConnectException.class, () -> factory.createSocket("server", 80))).get();
            client.call(() -> assertThrows(ConnectException.class, () -> factory.createSocket("10.0.0.2", 80))).get();
            String unknown = client.call(() -> assertThrows(UnknownHostException.class, () -> factory.createSocket("servr", 80))).get().getMessage();
            assertEquals("servr: no host of this Internet has that name", unknown);
            net.nameServer("10.0.0.53");
            client.call(() -> assertThrows(ConnectException.class, () -> factory.createSocket("server", 80))).get();
        }
    }

    @Test
    void aSelectorWaitsInSimulatedTime() throws Exception {
        try (Internet net = twoHosts()) {
            Host server = host(net, "server");
            server.run(() -> {
                SelectorProvider provider = server.sockets().selectorProvider();
                try (Selector selector = provider.openSelector(); ServerSocketChannel s = provider.openServerSocketChannel()) {
                    s.bind(new InetSocketAddress(80)).configureBlocking(false);
                    s.register(selector, SelectionKey.OP_ACCEPT);
                    for (int served = 0; served < 1;) {
                        selector.select();
                        for (SelectionKey key : selector.selectedKeys()) {
                            served += serve(key);
                        }
                        selector.selectedKeys().clear();
                    }
                }
            });
            Host client = host(net, "client");
            Duration took = client.call(() -> {
                Duration begin = net.now();
                try (SocketChannel c = client.sockets().selectorProvider().openSocketChannel()) {
                    c.connect(new InetSocketAddress(server.address(), 80));
                    ByteBuffer one = ByteBuffer.wrap(new byte[] {42});
                    c.write(one);
                    assertEquals(1, c.read(one.clear()));
                }
                return net.now().minus(begin);
            }).get();
            assertEquals(2 * 2 * DELAY.toSeconds(), took.toSeconds());
        }
    }

    private static int serve(SelectionKey key) throws IOException {
        if (key.isAcceptable()) {
            SocketChannel accepted = ((ServerSocketChannel) key.channel()).accept();
            accepted.configureBlocking(false);
            accepted.register(key.selector(), SelectionKey.OP_READ);
            return 0;
        }
        var channel = (SocketChannel) key.channel();
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one);
        channel.write(one.flip());
        channel.close();
        return 1;
    }

    @Test
    void aSelectionEndsWhenItsTimeIsOver() throws Exception {
        try (Internet net = twoHosts()) {
            Host client = host(net, "client");
            Duration took = client.call(() -> {
                Duration begin = net.now();
                try (Selector selector = client.sockets().selectorProvider().openSelector()) {
                    assertEquals(0, selector.select(90_000));
                }
                return net.now().minus(begin);
            }).get();
            assertEquals(90, took.toSeconds());
        }
    }

    @Test
    void aProgramBelongsToItsHostsStack() throws Exception {
        try (Internet net = twoHosts()) {
            Host client = host(net, "client");
            assertEquals(client.stack(), client.call(() -> OpenStacks.running().orElseThrow()).get());
            assertEquals(client.stack(), client.call(() -> {
                var onThread = client.<Stack>future();
                client.threads().newThread(() -> onThread.complete(OpenStacks.running().orElseThrow())).start();
                return onThread.get();
            }).get());
            assertTrue(OpenStacks.running().isEmpty());
            assertEquals(client.stack(), OpenStacks.owning(client.address()).orElseThrow());
        }
    }

    private static String refused(Host client, String name) throws Exception {
        IOException e = client.call(() -> assertThrows(IOException.class, () -> client.sockets().socketFactory().createSocket(name, 80))).get();
        Class<?> type = e.getClass();
        while (!type.getName().startsWith("java.")) {
            type = type.getSuperclass();
        }
        return type.getName();
    }

    /// RFC 4343, RFC 6761 §6.3: as the JVM's resolver finds them.
    @Test
    void namesAreComparedAsDnsDoes() throws Exception {
        try (Internet net = twoHosts()) {
            net.host("b\u00fccher", "10.0.0.3");
            Host client = host(net, "client");
            for (boolean withServer : new boolean[] {false, true}) {
                for (String name : List.of("server", "SERVER", "Server.", "localhost", "b\u00fccher", "B\u00dcCHER.", "xn--bcher-kva")) {
                    assertEquals("java.net.ConnectException", refused(client, name), name);
                }
                assertEquals("java.net.UnknownHostException", refused(client, "servr"));
                if (!withServer) {
                    net.nameServer("10.0.0.53");
                }
            }
        }
    }

    @Test
    void aHostIsToldTheAddressesThatItSpeaksFirst() throws Exception {
        try (Internet net = Internet.virtualTime(7)) {
            Host six = net.host("six", "2001:db8::1");
            Host four = net.host("four", "10.0.0.1");
            net.host("server", "10.0.0.2", "2001:db8::2");
            net.host("other", "2001:db8::3", "10.0.0.3");
            for (String name : List.of("server", "other")) {
                assertEquals("java.net.ConnectException", refused(six, name));
                assertEquals("java.net.ConnectException", refused(four, name));
            }
        }
    }

    @Test
    void whatWasAskedWhileAHostStartsAgainAsksByItsNewStack() throws Exception {
        try (Internet net = Internet.virtualTime(7)) {
            net.nameServer("10.0.0.53");
            net.host("server", "10.0.0.2");
            var self = new AtomicReference<Host>();
            Host client = net.host("client", 1500, List.of("10.0.0.1"), _ -> {
                if (self.get() != null) {
                    self.get().resolver();
                }
            });
            self.set(client);
            assertEquals(List.of(InetAddress.ofLiteral("10.0.0.2")), client.call(() -> client.resolve("server")).get());
            client.restart();
            // Not what it has heard before: nobody has to be asked for that.
            net.host("other", "10.0.0.3");
            assertEquals(List.of(InetAddress.ofLiteral("10.0.0.3")), client.call(() -> client.resolve("other")).get());
        }
    }

    /// Else the JVM would ask the world's name servers for it.
    @Test
    void aHostThatHasNoAddressYetIsKnown() throws Exception {
        try (Internet net = Internet.virtualTime(7)) {
            net.host("mute", NicPlan.on(net.ethernet("lan"), "nic"));
            assertEquals(Optional.of(List.of()), OpenStacks.addressesOfHost("mute"));
            assertEquals(Optional.empty(), OpenStacks.addressesOfHost("mut"));
            Host client = net.host("client", "10.0.0.1");
            String told = client.call(() -> assertThrows(UnknownHostException.class,
                    () -> client.sockets().socketFactory().createSocket("mute", 80))).get().getMessage();
            assertEquals("mute has no address yet", told);
        }
    }
}
