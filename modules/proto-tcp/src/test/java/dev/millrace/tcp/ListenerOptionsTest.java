package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every option of a listener is one that accepted connections begin with, and can be changed there without the listener.
class ListenerOptionsTest extends TwoFaultyStacks {
    /// Two values for each, neither of them the default.
    private static final Map<SocketOption<?>, Object[]> VALUES = new LinkedHashMap<>();

    private static <T> void values(SocketOption<T> option, T first, T second) {
        VALUES.put(option, new Object[] {first, second});
    }

    static {
        values(StandardSocketOptions.TCP_NODELAY, true, false);
        values(StandardSocketOptions.SO_KEEPALIVE, true, false);
        values(StandardSocketOptions.SO_LINGER, 5, 7);
        values(StandardSocketOptions.SO_RCVBUF, 40_000, 50_000);
        values(StandardSocketOptions.SO_SNDBUF, 40_000, 50_000);
        values(StandardSocketOptions.SO_REUSEADDR, true, false);
        values(StandardSocketOptions.IP_TOS, 0x20, 0x40);
        values(TcpOptions.USER_TIMEOUT, Duration.ofSeconds(90), Duration.ofSeconds(80));
        values(TcpOptions.ADVERTISED_USER_TIMEOUT, Duration.ofSeconds(300), Duration.ofSeconds(200));
        values(TcpOptions.LINGER2, Duration.ofSeconds(3), Duration.ofSeconds(4));
        values(TcpOptions.KEEP_ALIVE_IDLE, Duration.ofSeconds(3), Duration.ofSeconds(4));
        values(TcpOptions.KEEP_ALIVE_INTERVAL, Duration.ofSeconds(3), Duration.ofSeconds(4));
        values(TcpOptions.KEEP_ALIVE_COUNT, 3, 4);
        values(TcpOptions.CORK, true, false);
        values(TcpOptions.QUICK_ACK, true, false);
        values(TcpOptions.URGENT_INLINE, false, true);
        values(TcpOptions.MAX_SEGMENT, 500, 600);
        values(TcpOptions.HOP_LIMIT, 9, 10);
        values(TcpOptions.NOTSENT_LOWAT, 10_000, 20_000);
        values(TcpOptions.DEFER_ACCEPT, Duration.ofMillis(5), Duration.ofMillis(6));
        values(TcpOptions.CONGESTION_CONTROL, "one", "another");
        values(TcpOptions.FAST_OPEN, 10, 40_000);
        values(TcpOptions.FAST_OPEN_CONNECT, true, false);
    }

    /// Read when a connection opens.
    private static final Set<SocketOption<?>> BEFORE_CONNECTING = Set.of(TcpOptions.MAX_SEGMENT, TcpOptions.CONGESTION_CONTROL);

    static Stream<SocketOption<?>> options() {
        return VALUES.keySet().stream();
    }

    @Test
    void noOptionIsForgottenHere() {
        assertEquals(listener.supportedOptions(), VALUES.keySet());
    }

    @ParameterizedTest
    @MethodSource("options")
    <T> void acceptedConnectionsBeginWithIt(SocketOption<T> option) throws Exception {
        T first = option.type().cast(VALUES.get(option)[0]);
        T second = option.type().cast(VALUES.get(option)[1]);
        assertNotEquals(first, a.tcp.open().getOption(option), "the default proves nothing");
        listener.setOption(option, first);
        assertEquals(first, listener.getOption(option));
        TcpSocket client = connected();
        // For DEFER_ACCEPT.
        client.write(new byte[1], 0, 1);
        pass(10);
        TcpSocket accepted = listener.tryAccept();
        assertEquals(first, accepted.getOption(option));
        listener.setOption(option, second);
        assertEquals(first, accepted.getOption(option), "what is accepted has its own");
        if (!BEFORE_CONNECTING.contains(option)) {
            accepted.setOption(option, second);
            assertEquals(second, accepted.getOption(option));
            listener.setOption(option, first);
            assertEquals(second, accepted.getOption(option));
        }
    }

    /// Those that a connection has begun with, be it accepted later; the others do nothing before that.
    static Stream<SocketOption<?>> optionsInForce() {
        return options().filter(o -> o != StandardSocketOptions.SO_LINGER && o != StandardSocketOptions.SO_REUSEADDR
                && o != TcpOptions.DEFER_ACCEPT && o != TcpOptions.FAST_OPEN && o != TcpOptions.FAST_OPEN_CONNECT);
    }

    @ParameterizedTest
    @MethodSource("optionsInForce")
    <T> void whatWaitsToBeAcceptedHasBegunAlready(SocketOption<T> option) throws Exception {
        T first = option.type().cast(VALUES.get(option)[0]);
        listener.setOption(option, first);
        connected();
        listener.setOption(option, option.type().cast(VALUES.get(option)[1]));
        assertEquals(first, listener.tryAccept().getOption(option));
    }
}
