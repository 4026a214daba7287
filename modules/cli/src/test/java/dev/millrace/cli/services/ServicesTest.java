package dev.millrace.cli.services;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ServicesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Stack stack;
    private Services services;

    @BeforeEach
    void open() throws IOException {
        stack = Stack.builder().nic("lo", "loopback:", "10.0.0.2/24", "fd00::2/64").open();
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private void start(int connections, ThreadKind threads) throws IOException {
        services = new Services(stack, connections, threads);
    }

    private TcpSocket connect(int port) throws IOException {
        TcpSocket socket = stack.tcp().connect(new InetSocketAddress("10.0.0.2", port), PATIENCE);
        socket.setReadTimeout(PATIENCE);
        return socket;
    }

    private Figures of(String name) {
        return services.figures().get(name);
    }

    /// Waits for a number that another thread counts, for as long as the test may take.
    private static void await(LongSupplier number, long expected) throws InterruptedException {
        while (number.getAsLong() < expected) {
            Thread.sleep(1);
        }
        assertEquals(expected, number.getAsLong());
    }

    @ParameterizedTest
    @EnumSource(ThreadKind.class)
    void sinkReadsAllThatIsWritten(ThreadKind threads) throws Exception {
        start(4, threads);
        try (TcpSocket socket = connect(5001)) {
            socket.write(ByteBuffer.allocate(1_000_000));
            socket.shutdownOutput();
            assertEquals(-1, socket.read(ByteBuffer.allocate(1)));
        }
        assertEquals(1_000_000, of("tcp-sink").received.sum());
        assertEquals(0, of("tcp-sink").failed.sum());
    }

    @Test
    void sourceWritesUntilItsPeerGoes() throws Exception {
        start(1, ThreadKind.VIRTUAL);
        // The second comes on only because the first's end was noticed.
        for (int i = 0; i < 2; i++) {
            try (TcpSocket socket = connect(5002)) {
                ByteBuffer buffer = ByteBuffer.allocate(3_000_000);
                while (buffer.hasRemaining()) {
                    assertTrue(socket.read(buffer) > 0);
                }
            }
        }
        assertEquals(0, of("tcp-source").failed.sum());
    }

    @Test
    void echoGivesBackEveryByteAndEndsWhenItsPeerDoes() throws Exception {
        start(4, ThreadKind.VIRTUAL);
        byte[] sent = new byte[700_001];
        new Random(1).nextBytes(sent);
        try (TcpSocket socket = connect(5003)) {
            Thread.startVirtualThread(() -> {
                try {
                    socket.write(sent, 0, sent.length);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    // The reader finds too little.
                }
            });
            assertArrayEquals(sent, socket.inputStream().readAllBytes());
        }
        assertEquals(sent.length, of("tcp-echo").received.sum());
        assertEquals(sent.length, of("tcp-echo").sent.sum());
    }

    @Test
    void acceptReadCloseAnswersAByteWithTheEnd() throws Exception {
        start(4, ThreadKind.VIRTUAL);
        for (int i = 0; i < 20; i++) {
            try (TcpSocket socket = connect(5004)) {
                socket.write(ByteBuffer.allocate(1));
                assertEquals(-1, socket.read(ByteBuffer.allocate(1)));
            }
        }
        assertEquals(20, of("tcp-accept-read-close").connections.sum());
        assertEquals(20, of("tcp-accept-read-close").received.sum());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void udpEchoAnswersFromTheAddressThatWasAsked(String address) throws Exception {
        start(4, ThreadKind.VIRTUAL);
        var server = new InetSocketAddress(address, 5003);
        try (UdpSocket socket = stack.udp().connect(server)) {
            socket.setReadTimeout(PATIENCE);
            for (int size : new int[] {0, 1, 1200, 30_000}) {
                byte[] sent = new byte[size];
                new Random(size).nextBytes(sent);
                socket.send(ByteBuffer.wrap(sent), null);
                ByteBuffer reply = ByteBuffer.allocate(65_535);
                // A connected socket takes its peer's datagrams only, so this says where they came from.
                assertEquals(server, socket.receive(reply));
                byte[] got = new byte[reply.flip().remaining()];
                reply.get(got);
                assertArrayEquals(sent, got);
            }
        }
        await(of("udp-echo").sent::sum, 31_201);
    }

    @Test
    void noMoreThanTheAllowedConnectionsAreServedAndTheRestWait() throws Exception {
        start(2, ThreadKind.VIRTUAL);
        TcpSocket first = connect(5003);
        TcpSocket second = connect(5003);
        try (first; second; TcpSocket third = connect(5003)) {
            await(of("tcp-echo").connections::sum, 2);
            third.write(ByteBuffer.wrap(new byte[] {7}));
            third.setReadTimeout(Duration.ofMillis(200));
            assertThrows(SocketTimeoutException.class,
                    () -> third.read(ByteBuffer.allocate(1)));
            first.close();
            third.setReadTimeout(PATIENCE);
            assertEquals(1, third.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void resetOfAPeerIsCountedAndLeavesTheServiceRunning() throws Exception {
        start(1, ThreadKind.VIRTUAL);
        TcpSocket broken = connect(5001);
        broken.write(ByteBuffer.allocate(10));
        await(of("tcp-sink").received::sum, 10);
        broken.abort();
        await(of("tcp-sink").failed::sum, 1);
        try (TcpSocket socket = connect(5001)) {
            socket.write(ByteBuffer.allocate(10));
            await(of("tcp-sink").received::sum, 20);
        }
    }

    @Test
    void takenPortIsAnError() throws Exception {
        stack.tcp().listen(5003);
        assertThrows(BindException.class, () -> start(1, ThreadKind.VIRTUAL));
    }
}
