package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A factory that libraries make themselves, knowing its class alone, and who answers names for it.
@Timeout(60)
class StackSocketFactoryTest {
    private LeakCheck leaks;
    private Stack lab;
    private ServerSocket server;

    @BeforeEach
    void open() throws IOException {
        leaks = new LeakCheck();
        lab = Stack.builder().name("lab").nic("lo", "loopback:", "127.0.0.1/8", "10.8.0.1/24").option("stack", "close-timeout", "0").open();
        server = StackSockets.of(lab).serverSocketFactory().createServerSocket(8080);
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        lab.close();
        leaks.close();
    }

    private static Socket connected(SocketFactory factory, String host) throws IOException {
        return factory.createSocket(host, 8080);
    }

    @Test
    void whatNobodyNamedIsWhereItConnects() throws IOException {
        try (Socket s = connected(new StackSocketFactory(), "10.8.0.1")) {
            assertEquals(server.getLocalPort(), s.getPort());
            assertEquals(1, lab.tcp().connectionCount() / 2);
        }
        try (Socket s = StackSocketFactory.getDefault().createSocket()) {
            s.connect(new InetSocketAddress("10.8.0.1", 8080));
            assertTrue(s.isConnected());
        }
    }

    @Test
    void andTheKernelsWhereNoStackIs() throws IOException {
        try (var kernel = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket s = new StackSocketFactory().createSocket(InetAddress.getLoopbackAddress(), kernel.getLocalPort())) {
            assertTrue(s.isConnected());
            assertEquals(0, lab.tcp().connectionCount());
        }
    }

    @Test
    void namesAreAnsweredByWhomTheStackSays() throws IOException {
        lab.setNames(host -> {
            if (host.equals("bank.example")) {
                return List.of(InetAddress.ofLiteral("10.8.0.1"));
            }
            throw new UnknownHostException(host + ": the lab knows none");
        });
        try (Socket s = connected(StackSockets.of(lab).socketFactory(), "bank.example")) {
            assertTrue(s.isConnected());
        }
        try (Socket s = connected(new StackSocketFactory("lab"), "bank.example")) {
            assertTrue(s.isConnected());
        }
        try (Socket s = StackSockets.of(lab).call(() -> connected(new StackSocketFactory(), "bank.example"))) {
            assertTrue(s.isConnected());
        }
        var e = assertThrows(UnknownHostException.class, () -> connected(new StackSocketFactory("lab"), "other.example"));
        assertEquals("other.example: the lab knows none", e.getMessage());
        lab.setNames(null);
        assertTrue(lab.names().isEmpty());
    }

    /// Who answers names may know nothing of addresses, nor of the ways to say nothing.
    @Test
    void whatIsNoNameIsNotAskedFor() throws IOException {
        lab.setNames(host -> {
            throw new UnknownHostException(host + ": nobody is to ask for this");
        });
        for (SocketFactory f : List.of(StackSockets.of(lab).socketFactory(), new StackSocketFactory("lab"))) {
            for (String host : List.of("10.8.0.1", "127.0.0.1", "localhost", "LOCALHOST", "", "::1", "[::1]")) {
                try (Socket s = connected(f, host)) {
                    assertTrue(s.isConnected(), host);
                }
            }
            try (Socket s = connected(f, null)) {
                assertTrue(s.isConnected());
            }
        }
        try (Socket s = StackSockets.of(lab).call(() -> connected(new StackSocketFactory(), "localhost"))) {
            assertTrue(s.isConnected());
        }
    }

    @Test
    void whoAnswersNothingKnowsNothing() {
        lab.setNames(_ -> List.of());
        var e = assertThrows(UnknownHostException.class, () -> connected(StackSockets.of(lab).socketFactory(), "bank.example"));
        assertEquals("bank.example", e.getMessage());
        lab.setNames(_ -> null);
        assertThrows(UnknownHostException.class, () -> connected(new StackSocketFactory("lab"), "bank.example"));
    }

    @Test
    void hostileNamesAreUnknownHosts() {
        for (String host : List.of("a\0b", "bank example", "b\u00fccher.invalid", "x".repeat(100_000), ".", "a..b", "1.2.3.4.5.6", "1.2.3.4.5", "[", "[]",
                "fe80::1%nosuchnic")) {
            assertThrows(UnknownHostException.class, () -> connected(StackSockets.of(lab).socketFactory(), host), host);
        }
    }
}
