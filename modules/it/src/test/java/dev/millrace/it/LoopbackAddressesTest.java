package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Ping;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// 127.0.0.0/8 and ::1 are every stack's own, whatever NICs it has, and are seen on no wire (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
@Timeout(60)
class LoopbackAddressesTest {
    private final List<byte[]> sent = Collections.synchronizedList(new ArrayList<>());
    private final LeakCheck leaks = new LeakCheck();
    private final Vnic wire = new Vnic(1500);
    private Stack stack;

    @BeforeEach
    void open() throws IOException {
        wire.onTransmit(sent::add);
        // With a default route, which leads 127.0.0.1 onto the wire if nothing else is said.
        stack = Stack.builder().nic("n", wire, n -> n.address("10.9.0.2/24").address("fd09::2/64")).route("default", "n")
                .option("tcp", "time-wait", "20ms").open();
    }

    @AfterEach
    void close() {
        stack.close();
        assertEquals(List.of(), sent.stream().map(f -> "a frame of " + f.length + " bytes").toList());
        leaks.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.3.2.1", "::1"})
    void connectionsComeFromItself(String address) throws Exception {
        try (TcpListener all = stack.tcp().listen(0);
                TcpSocket c = stack.tcp().connect(new InetSocketAddress(address, all.localAddress().getPort()), Duration.ofSeconds(30));
                TcpSocket a = all.accept()) {
            assertEquals(c.localAddress(), a.remoteAddress());
            assertEquals(c.remoteAddress(), a.localAddress());
            assertTrue(c.localAddress().getAddress().isLoopbackAddress(), c::toString);
            c.write(ByteBuffer.allocate(3));
            assertEquals(3, a.read(ByteBuffer.allocate(10)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void serversListenThere(String address) throws Exception {
        try (TcpListener own = stack.tcp().listen(new InetSocketAddress(address, 0), 5)) {
            stack.tcp().connect(own.localAddress(), Duration.ofSeconds(30)).close();
            own.accept().close();
            // Only there.
            IOException e = assertThrows(IOException.class, () -> stack.tcp().connect(
                    new InetSocketAddress(address.contains(":") ? "fd09::2" : "10.9.0.2", own.localAddress().getPort()), Duration.ofSeconds(30)));
            assertEquals(ErrorCode.CONNECTION_REFUSED, ErrorCode.of(e).orElseThrow());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void datagramsAndPings(String address) throws Exception {
        try (UdpSocket all = stack.udp().bind(new InetSocketAddress(0)); UdpSocket c = stack.udp().bind(new InetSocketAddress(0))) {
            c.send(ByteBuffer.allocate(5), new InetSocketAddress(address, all.localAddress().getPort()));
            ByteBuffer got = ByteBuffer.allocate(10);
            InetSocketAddress from = all.receive(got);
            assertEquals(5, got.position());
            assertEquals(new InetSocketAddress(address, c.localAddress().getPort()), from);
        }
        assertEquals(1, stack.ping(InetAddress.ofLiteral(address)).count(1).timeout(Duration.ofSeconds(30)).run().statistics().received());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 10.9.0.1", "::1, fd09::1"})
    void whoIsBoundThereReachesNobodyElse(String address, String other) throws Exception {
        var there = new InetSocketAddress(other, 9);
        IOException e = assertThrows(IOException.class, () -> {
            try (TcpSocket c = stack.tcp().open()) {
                c.bind(new InetSocketAddress(address, 0));
                c.connect(there, Duration.ofSeconds(5));
            }
        });
        assertEquals("Invalid argument", e.getMessage());
        try (UdpSocket c = stack.udp().bind(new InetSocketAddress(address, 0))) {
            assertEquals("Invalid argument", assertThrows(IOException.class, () -> c.send(ByteBuffer.allocate(1), there)).getMessage());
            assertEquals("Invalid argument", assertThrows(IOException.class, () -> c.connect(there)).getMessage());
        }
        Ping ping = stack.ping(there.getAddress()).source(InetAddress.ofLiteral(address)).count(1);
        assertEquals("Invalid argument", assertThrows(IOException.class, ping::run).getMessage());
    }

    @Test
    void strangersDoNotReachIt() throws Exception {
        try (UdpSocket own = stack.udp().bind(new InetSocketAddress(0))) {
            wire.inject(PacketBuilder.between("10.9.0.1", "127.0.0.1").udp(9, own.localAddress().getPort(), new byte[1]));
            wire.inject(PacketBuilder.between("127.0.0.9", "127.0.0.1").udp(9, own.localAddress().getPort(), new byte[1]));
            assertFalse(own.readiness().readable());
        }
    }
}
