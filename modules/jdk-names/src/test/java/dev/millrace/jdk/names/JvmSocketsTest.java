package dev.millrace.jdk.names;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.jdk.JvmSockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Programs that say `new Socket()`, in a JVM all of whose sockets choose where they belong.
@Timeout(60)
class JvmSocketsTest {
    @BeforeAll
    static void install() throws IOException {
        JvmSockets.install();
        JvmSockets.install();
    }

    /// Answers one request.
    private static void serve(ServerSocket server) throws IOException {
        try (Socket s = server.accept();
                var in = new BufferedReader(new InputStreamReader(s.getInputStream(), UTF_8))) {
            String first = in.readLine();
            while (!in.readLine().isEmpty()) {
                // The headers say nothing.
            }
            s.getOutputStream().write(("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + first).getBytes(UTF_8));
        }
    }

    private static String get(String url) throws IOException {
        var c = (HttpURLConnection) URI.create(url).toURL().openConnection();
        try (var in = c.getInputStream()) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void anUnmodifiedClientAndServerInSimulatedTime() throws Exception {
        try (Internet net = Internet.builder().virtualTime(7).conditions(LinkConditions.perfect().delay(Duration.ofMillis(100))).open()) {
            Host client = net.host("client", "198.18.0.1");
            Host bank = net.host("bank.example", "198.18.0.2");
            bank.run(() -> {
                try (var server = new ServerSocket(8080)) {
                    serve(server);
                }
            });
            var got = client.call(() -> get("http://bank.example:8080/balance"));
            var refused = client.call(() -> assertThrows(SocketException.class, () -> new Socket("bank.example", 81)).getMessage());
            assertEquals("GET /balance HTTP/1.1", got.get());
            assertEquals("Connection refused", refused.get());
            assertTrue(net.now().toMillis() >= 400, "two round trips take " + net.now());
        }
    }

    @Test
    void timeOutsAreSimulatedAsWell() throws Exception {
        try (Internet net = Internet.virtualTime(7)) {
            Host client = net.host("client", "198.18.0.1");
            Host bank = net.host("bank.example", "198.18.0.2");
            bank.run(() -> {
                try (var server = new ServerSocket(8080); Socket s = server.accept()) {
                    s.getInputStream().read();
                }
            });
            var told = client.call(() -> {
                try (var s = new Socket("bank.example", 8080)) {
                    s.setSoTimeout(3_600_000);
                    return assertThrows(SocketTimeoutException.class, () -> s.getInputStream().read()).getMessage();
                }
            });
            assertEquals("Read timed out", told.get());
            assertTrue(net.now().compareTo(Duration.ofHours(1)) >= 0);
        }
    }

    @Test
    void theKernelsSocketsAreThereForAllElse() throws Exception {
        try (var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var served = CompletableFuture.runAsync(() -> {
                try {
                    serve(server);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertEquals("GET / HTTP/1.1", get("http://127.0.0.1:" + server.getLocalPort() + "/"));
            served.join();
        }
    }

    @Test
    void aSimulatedHostThatIsDownIsNotSearchedInTheWorld() throws Exception {
        try (Internet net = Internet.virtualTime(7)) {
            Host bank = net.host("bank.example", "198.18.0.2");
            bank.crash();
            try (var s = new Socket()) {
                var e = assertThrows(NoRouteToHostException.class, () -> s.connect(new InetSocketAddress("198.18.0.2", 80)));
                assertTrue(e.getMessage().startsWith("198.18.0.2 is the simulated host \"bank.example\", which is not in operation"),
                        e.getMessage());
            }
        }
    }

    /// What a program meets that goes on though its host does not, when it wants to connect somewhere.
    private static String afterTheEndOfItsHost(Internet net, Host client, java.util.function.Consumer<Host> end, InetSocketAddress to)
            throws Exception {
        var begun = new CompletableFuture<Void>();
        var ended = new CompletableFuture<Void>();
        var met = new CompletableFuture<String>();
        client.run(() -> {
            begun.complete(null);
            while (!ended.isDone()) {
                // An interrupt, which is what tells it of the end, does not stop it.
                Thread.interrupted();
                Thread.onSpinWait();
            }
            Thread.interrupted();
            try (var s = new Socket()) {
                s.connect(to);
                met.complete("connected");
            } catch (Throwable t) {
                met.complete(t instanceof IOException ? "IOException" : "" + t);
            }
        });
        begun.get();
        end.accept(client);
        ended.complete(null);
        return met.get();
    }

    @Test
    void aProgramWhoseHostIsGoneGetsNowhere() throws Exception {
        try (Internet net = Internet.realTime(); var kernel = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Host bank = net.host("bank.example", "198.18.0.2");
            var listening = new CompletableFuture<Void>();
            bank.run(() -> {
                try (var server = new ServerSocket(8080)) {
                    listening.complete(null);
                    while (true) {
                        server.accept().close();
                    }
                }
            });
            listening.get();
            int n = 0;
            for (InetSocketAddress to : java.util.List.of(new InetSocketAddress("198.18.0.2", 8080),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), kernel.getLocalPort()))) {
                for (java.util.function.Consumer<Host> end : java.util.List.<java.util.function.Consumer<Host>>of(Host::crash, Host::close,
                        JvmSocketsTest::restart, Host::disappear)) {
                    n++;
                    Host client = net.host("client" + n, "198.18.1." + n);
                    assertEquals("IOException", afterTheEndOfItsHost(net, client, end, to), "case " + n);
                }
            }
        }
    }

    private static void restart(Host host) {
        try {
            host.restart();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
