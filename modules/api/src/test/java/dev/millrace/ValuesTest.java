package dev.millrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The values of the API: quantities, networks, options, errors.
class ValuesTest {
    @ParameterizedTest
    @CsvSource({"40ms, 40000000", "5s, 5000000000", "2h, 7200000000000", "1.5us, 1500", "7ns, 7", "1m, 60000000000",
        "3d, 259200000000000", "0, 0"})
    void durations(String text, long ns) {
        assertEquals(Duration.ofNanos(ns), Units.duration(text));
    }

    @ParameterizedTest
    @CsvSource({"1500, 1500", "64KiB, 65536", "4MiB, 4194304", "1GiB, 1073741824", "2kB, 2000", "0.5MiB, 524288", "7B, 7"})
    void sizes(String text, long bytes) {
        assertEquals(bytes, Units.bytes(text));
    }

    @Test
    void rates() {
        assertEquals(10_000_000, Units.bitsPerSecond("10Mbit/s"));
        assertEquals(2_500_000_000L, Units.bitsPerSecond("2.5Gbit/s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ms", "40", "4 0ms", "-1s", "40parsecs", "99999999999999d"})
    void whatIsNoDurationIsSaid(String text) {
        var e = assertThrows(IllegalArgumentException.class, () -> Units.duration(text));
        assertTrue(e.getMessage().contains("\"" + text + "\""), e.getMessage());
    }

    @Test
    void networks() {
        Cidr c = Cidr.parse("10.0.0.2/24");
        assertEquals("10.0.0.0/24", c.network().toString());
        assertTrue(c.contains(IpAddress.parse("10.0.0.255")));
        assertFalse(c.contains(IpAddress.parse("10.0.1.0")));
        assertEquals(32, Cidr.parse("10.0.0.2").prefixLength());
        assertEquals(128, Cidr.parse("fd00::1").prefixLength());
        for (String bad : List.of("10.0.0.2/33", "fd00::1/129", "10.0.0/8x", "host/8", "10.0.0.1/")) {
            assertThrows(IllegalArgumentException.class, () -> Cidr.parse(bad), bad);
        }
    }

    @Test
    void theNearestWordIsTheOneMeant() {
        assertTrue(Nearest.advice("adresses", List.of("name", "addresses", "link")).startsWith("did you mean addresses?"));
        assertTrue(Nearest.advice("lnik", List.of("name", "link")).startsWith("did you mean link?"));
        assertTrue(Nearest.advice("banana", List.of("name", "link")).startsWith("valid are: link, name"));
        assertEquals(1, Nearest.distance("abcd", "abdc"));
        assertEquals(3, Nearest.distance("", "abc"));
    }

    @Test
    void optionsAreCheckedAgainstTheirDeclarations() {
        var specs = List.of(new OptionSpec("flag", OptionSpec.Type.FLAG, "false", ""),
                new OptionSpec("size", OptionSpec.Type.BYTES, "1KiB", ""),
                new OptionSpec("number", OptionSpec.Type.NUMBER, "5", ""),
                new OptionSpec("wait", OptionSpec.Type.DURATION, "1s", ""), new OptionSpec("text", OptionSpec.Type.TEXT, "", ""));
        OptionValues v = OptionValues.check("t", specs, Map.of("flag", "true", "size", "2KiB"));
        assertTrue(v.flag("flag"));
        assertEquals(2048, v.bytes("size", 0, 4096));
        assertEquals(5, v.number("number", 0, 10));
        assertFalse(v.has("text"));
        assertEquals("t.size: 2048 is not between 0 and 100",
                assertThrows(ConfigurationException.class, () -> v.bytes("size", 0, 100)).getMessage());
        for (Map<String, String> bad : List.of(Map.of("flag", "yes"), Map.of("size", "big"), Map.of("number", "1.5"),
                Map.of("wait", "3"), Map.of("nmuber", "1"))) {
            var e = assertThrows(ConfigurationException.class, () -> OptionValues.check("t", specs, bad));
            assertEquals("t." + bad.keySet().iterator().next(), e.key());
        }
        assertThrows(IllegalStateException.class, () -> v.text("undeclared"));
        OptionValues other = v.withDefaults(Map.of("size", "3KiB", "number", "6"));
        assertEquals(2048, other.bytes("size", 0, 4096), "it was given");
        assertEquals(6, other.number("number", 0, 10));
        assertEquals(7, other.withDefaults(Map.of("number", "7")).number("number", 0, 10));
        assertThrows(IllegalStateException.class, () -> v.withDefaults(Map.of("undeclared", "1")));
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeTravelsInItsException(ErrorCode code) {
        IOException e = SocketErrors.of(code);
        assertEquals(code, ErrorCode.of(e).orElseThrow());
        assertEquals(code, ErrorCode.of(new RuntimeException(new IllegalStateException(e))).orElseThrow());
        assertEquals(code.message(), e.getMessage());
        assertTrue(ErrorCode.of(new IOException("another's")).isEmpty());
    }

    @Test
    void exceptionsAreOfTheJdksClasses() {
        assertInstanceOf(ConnectException.class, SocketErrors.of(ErrorCode.CONNECTION_REFUSED));
        assertInstanceOf(ConnectException.class, SocketErrors.of(ErrorCode.CONNECTION_TIMED_OUT));
        assertInstanceOf(SocketTimeoutException.class, SocketErrors.of(ErrorCode.READ_TIMEOUT));
        assertInstanceOf(NoRouteToHostException.class, SocketErrors.of(ErrorCode.HOST_UNREACHABLE));
        assertInstanceOf(PortUnreachableException.class, SocketErrors.of(ErrorCode.PORT_UNREACHABLE));
        assertInstanceOf(BindException.class, SocketErrors.of(ErrorCode.ADDRESS_IN_USE));
        assertInstanceOf(SocketException.class, SocketErrors.of(ErrorCode.CONNECTION_RESET));
        assertInstanceOf(ClosedChannelException.class, SocketErrors.closed(ErrorCode.SOCKET_CLOSED, false));
        assertInstanceOf(AsynchronousCloseException.class, SocketErrors.closed(ErrorCode.STACK_CLOSED, true));
        assertInstanceOf(ClosedByInterruptException.class, SocketErrors.closed(ErrorCode.INTERRUPTED, true));
    }

    /// What the kernel's sockets say, word for word: libraries branch on it.
    @Test
    void messagesAreTheJdks() throws IOException {
        try (var taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            var e = assertThrows(BindException.class, () -> new java.net.ServerSocket(
                    taken.getLocalPort(), 1, java.net.InetAddress.getLoopbackAddress()).close());
            assertTrue(e.getMessage().startsWith(ErrorCode.ADDRESS_IN_USE.message()), e.getMessage());
            taken.setSoTimeout(1);
            assertEquals(assertThrows(SocketTimeoutException.class, taken::accept).getMessage(), ErrorCode.ACCEPT_TIMEOUT.message());
        }
        int free;
        try (var once = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            free = once.getLocalPort();
        }
        var refused = assertThrows(ConnectException.class,
                () -> new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), free).close());
        assertEquals(refused.getMessage(), ErrorCode.CONNECTION_REFUSED.message());
        try (var udp = new java.net.DatagramSocket(0, java.net.InetAddress.getLoopbackAddress())) {
            udp.setSoTimeout(1);
            var late = assertThrows(SocketTimeoutException.class, () -> udp.receive(new java.net.DatagramPacket(new byte[1], 1)));
            assertEquals(late.getMessage(), ErrorCode.RECEIVE_TIMEOUT.message());
        }
    }
}
