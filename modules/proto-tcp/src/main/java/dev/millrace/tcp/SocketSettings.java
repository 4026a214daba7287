package dev.millrace.tcp;

import dev.millrace.TcpOptions;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.wire.TcpOptionWriter;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/// The options of one socket: those of the engine, which it reads as it runs, and those of the shell. Any thread may call
/// any method.
final class SocketSettings {
    static final Set<SocketOption<?>> SUPPORTED = Set.of(
            StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.IP_TOS, TcpOptions.USER_TIMEOUT, TcpOptions.LINGER2, TcpOptions.KEEP_ALIVE_IDLE,
            TcpOptions.KEEP_ALIVE_INTERVAL, TcpOptions.KEEP_ALIVE_COUNT, TcpOptions.CORK, TcpOptions.QUICK_ACK,
            TcpOptions.MAX_SEGMENT, TcpOptions.HOP_LIMIT, TcpOptions.CONGESTION_CONTROL,
            TcpOptions.NOTSENT_LOWAT, TcpOptions.ADVERTISED_USER_TIMEOUT, TcpOptions.DEFER_ACCEPT,
            TcpOptions.URGENT_INLINE, TcpOptions.FAST_OPEN, TcpOptions.FAST_OPEN_CONNECT);
    private static final int MIN_BUFFER = 2048;
    private static final int MAX_BUFFER = 1 << 30;
    private static final Duration MAX_DEFER = Duration.ofHours(1);

    private final TcpProtocol protocol;
    /// Those of the engine until there is a connection, which has its own; replaced as a whole, since others may begin with them.
    private volatile ConnectionOptions options;
    private volatile int lingerSeconds = -1;
    private volatile boolean reuseAddress;
    // Shorts, as both are bytes without a sign: a socket is eight bytes smaller.
    private volatile short trafficClass;
    private volatile short hopLimit;
    /// Without a sign, too; of use to a listener only.
    private volatile short fastOpen;
    private volatile boolean fastOpenConnect;
    /// Milliseconds; of use to a listener only.
    private volatile int deferAcceptMs;
    private volatile CongestionControlFactory.Chosen congestionControl;

    /// Those that the stack's configuration gives.
    SocketSettings(TcpProtocol protocol) {
        this.protocol = protocol;
        this.options = protocol.defaultOptions();
        this.congestionControl = protocol.congestionControl();
        this.fastOpen = (short) protocol.fastOpen.queue();
        this.fastOpenConnect = protocol.fastOpen.connects();
    }

    /// Those of an accepted connection: what it has begun with, which the listener may have changed since, and for the rest its
    /// listener's.
    SocketSettings(SocketSettings listener, ConnectionEndpoint accepted) {
        this.protocol = listener.protocol;
        this.options = listener.options;
        this.lingerSeconds = listener.lingerSeconds;
        this.reuseAddress = listener.reuseAddress;
        this.trafficClass = (short) accepted.trafficClass;
        this.hopLimit = (short) accepted.hopLimit;
        this.deferAcceptMs = listener.deferAcceptMs;
        this.congestionControl = listener.congestionControl;
        this.fastOpen = listener.fastOpen;
        this.fastOpenConnect = listener.fastOpenConnect;
    }

    ConnectionOptions options() {
        return options;
    }

    /// Seconds to linger on close, or -1 for not at all.
    int lingerSeconds() {
        return lingerSeconds;
    }

    int trafficClass() {
        return trafficClass;
    }

    int hopLimit() {
        return hopLimit;
    }

    /// How long a handshake that is complete may wait for the peer's first data; 0 for not at all.
    long deferAcceptNs() {
        return deferAcceptMs * 1_000_000L;
    }

    /// How many connections of a listener may be opened fast at a time; 0 for none.
    int fastOpenQueue() {
        return fastOpen & 0xffff;
    }

    /// Whether a connection is to be opened fast.
    boolean fastOpenConnect() {
        return fastOpenConnect;
    }

    CongestionControlFactory.Chosen congestionControl() {
        return congestionControl;
    }

    <T> void set(SocketOption<T> option, T value, ConnectionEndpoint endpoint) throws IOException {
        Objects.requireNonNull(option, "option");
        if (!SUPPORTED.contains(option)) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        if (value == null || !option.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "' for " + option.name());
        }
        if (!setShellOption(option, value, endpoint)) {
            if (endpoint == null) {
                change(o -> setEngineOption(o, option, value));
            } else {
                endpoint.gate.changeOptions(o -> setEngineOption(o, option, value));
            }
        }
    }

    private synchronized void change(Consumer<ConnectionOptions> change) {
        var changed = new ConnectionOptions(options);
        change.accept(changed);
        options = changed;
    }

    private boolean setShellOption(SocketOption<?> option, Object value, ConnectionEndpoint endpoint) {
        if (option == StandardSocketOptions.SO_LINGER) {
            lingerSeconds = Math.clamp((Integer) value, -1, 65535);
        } else if (option == StandardSocketOptions.SO_REUSEADDR) {
            reuseAddress = (Boolean) value;
        } else if (option == StandardSocketOptions.IP_TOS) {
            // RFC 3168 §5: the lower two bits are ECN's, and TCP's own to set.
            trafficClass = (short) (within(option, (Integer) value, 0, 255) & 0xfc);
        } else if (option == TcpOptions.HOP_LIMIT) {
            hopLimit = (short) within(option, (Integer) value, 1, 255);
        } else if (option == TcpOptions.DEFER_ACCEPT) {
            deferAcceptMs = (int) (between(option, (Duration) value, MAX_DEFER) / 1_000_000);
        } else if (option == TcpOptions.FAST_OPEN) {
            fastOpen = (short) within(option, (Integer) value, 0, FastOpenQueue.MOST);
        } else if (option == TcpOptions.FAST_OPEN_CONNECT) {
            fastOpenConnect = (Boolean) value;
        } else if (option == TcpOptions.CONGESTION_CONTROL) {
            beforeConnecting(option, endpoint);
            congestionControl = protocol.ctx.congestionControl((String) value);
        } else if (option == TcpOptions.MAX_SEGMENT) {
            beforeConnecting(option, endpoint);
            int most = within(option, (Integer) value, 48, 65535);
            change(o -> o.maxSegment = most);
        } else {
            return false;
        }
        if (endpoint != null) {
            endpoint.trafficClass = trafficClass;
            endpoint.hopLimit = hopLimit;
        }
        return true;
    }

    private static void setEngineOption(ConnectionOptions options, SocketOption<?> option, Object value) {
        if (option == StandardSocketOptions.TCP_NODELAY) {
            options.noDelay = (Boolean) value;
        } else if (option == StandardSocketOptions.SO_KEEPALIVE) {
            options.keepAlive = (Boolean) value;
        } else if (option == StandardSocketOptions.SO_RCVBUF) {
            // A size that the program asks for is the size, as in a kernel: nothing grows by itself from here on.
            options.receiveBuffer = bufferSize(option, (Integer) value);
            options.receiveBufferMax = options.receiveBuffer;
        } else if (option == StandardSocketOptions.SO_SNDBUF) {
            options.sendBuffer = bufferSize(option, (Integer) value);
            options.sendBufferMax = options.sendBuffer;
        } else if (option == TcpOptions.NOTSENT_LOWAT) {
            options.notSentLowat = within(option, (Integer) value, 0, MAX_BUFFER);
        } else if (option == TcpOptions.CORK) {
            options.cork = (Boolean) value;
        } else if (option == TcpOptions.URGENT_INLINE) {
            options.urgentInline = (Boolean) value;
        } else if (option == TcpOptions.QUICK_ACK) {
            options.quickAck = (Boolean) value;
        } else if (option == TcpOptions.KEEP_ALIVE_COUNT) {
            options.keepAliveCount = (short) within(option, (Integer) value, 1, 100);
        } else if (option == TcpOptions.KEEP_ALIVE_IDLE) {
            options.keepAliveIdleNs = positive(option, (Duration) value);
        } else if (option == TcpOptions.KEEP_ALIVE_INTERVAL) {
            options.keepAliveIntervalNs = positive(option, (Duration) value);
        } else if (option == TcpOptions.LINGER2) {
            options.finWait2Ns = Durations.toNanos((Duration) value);
        } else if (option == TcpOptions.ADVERTISED_USER_TIMEOUT) {
            // Whole seconds, and never less than was asked for.
            long ns = between(option, (Duration) value, Duration.ofSeconds(TcpOptionWriter.MAX_USER_TIMEOUT));
            options.advertisedUserTimeoutS = (int) ((ns + 999_999_999) / 1_000_000_000);
        } else if (option == TcpOptions.USER_TIMEOUT) {
            options.userTimeoutNs = Durations.toNanos((Duration) value);
        }
    }

    <T> T get(SocketOption<T> option, ConnectionEndpoint endpoint) {
        Objects.requireNonNull(option, "option");
        if (!SUPPORTED.contains(option)) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        return option.type().cast(endpoint == null ? read(option, options) : endpoint.gate.inspect(engine -> read(option, engine)));
    }

    private Object read(SocketOption<?> option, TcpConnection engine) {
        // An accepted connection may have another one than its listener has by now.
        return option == TcpOptions.CONGESTION_CONTROL ? engine.info(protocol.ctx.clock().nanoTime()).congestionControl()
                : read(option, engine.options());
    }

    private Object read(SocketOption<?> option, ConnectionOptions options) {
        return switch (option) {
            case SocketOption<?> o when o == StandardSocketOptions.SO_LINGER -> lingerSeconds;
            case SocketOption<?> o when o == StandardSocketOptions.SO_REUSEADDR -> reuseAddress;
            case SocketOption<?> o when o == StandardSocketOptions.IP_TOS -> (int) trafficClass;
            case SocketOption<?> o when o == StandardSocketOptions.TCP_NODELAY -> options.noDelay;
            case SocketOption<?> o when o == StandardSocketOptions.SO_KEEPALIVE -> options.keepAlive;
            case SocketOption<?> o when o == StandardSocketOptions.SO_RCVBUF -> options.receiveBuffer;
            case SocketOption<?> o when o == StandardSocketOptions.SO_SNDBUF -> options.sendBuffer;
            case SocketOption<?> o when o == TcpOptions.HOP_LIMIT -> (int) hopLimit;
            case SocketOption<?> o when o == TcpOptions.CONGESTION_CONTROL -> congestionControl.name();
            case SocketOption<?> o when o == TcpOptions.MAX_SEGMENT -> options.maxSegment;
            case SocketOption<?> o when o == TcpOptions.DEFER_ACCEPT -> Duration.ofMillis(deferAcceptMs);
            case SocketOption<?> o when o == TcpOptions.FAST_OPEN -> fastOpenQueue();
            case SocketOption<?> o when o == TcpOptions.FAST_OPEN_CONNECT -> fastOpenConnect;
            case SocketOption<?> o when o == TcpOptions.ADVERTISED_USER_TIMEOUT ->
                    Duration.ofSeconds(options.advertisedUserTimeoutS);
            case SocketOption<?> o when o == TcpOptions.NOTSENT_LOWAT -> options.notSentLowat;
            case SocketOption<?> o when o == TcpOptions.CORK -> options.cork;
            case SocketOption<?> o when o == TcpOptions.URGENT_INLINE -> options.urgentInline;
            case SocketOption<?> o when o == TcpOptions.QUICK_ACK -> options.quickAck;
            case SocketOption<?> o when o == TcpOptions.KEEP_ALIVE_COUNT -> (int) options.keepAliveCount;
            case SocketOption<?> o when o == TcpOptions.KEEP_ALIVE_IDLE -> Duration.ofNanos(options.keepAliveIdleNs);
            case SocketOption<?> o when o == TcpOptions.LINGER2 -> Duration.ofNanos(options.finWait2Ns);
            case SocketOption<?> o when o == TcpOptions.KEEP_ALIVE_INTERVAL ->
                    Duration.ofNanos(options.keepAliveIntervalNs);
            default -> Duration.ofNanos(options.userTimeoutNs);
        };
    }

    private static void beforeConnecting(SocketOption<?> option, ConnectionEndpoint endpoint) {
        if (endpoint != null) {
            throw new IllegalStateException(option.name() + " must be set before connecting");
        }
    }

    private static int within(SocketOption<?> option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(option.name() + ": " + value + " is not in " + min + ".." + max);
        }
        return value;
    }

    /// A kernel takes any positive size and makes it fit.
    private static int bufferSize(SocketOption<?> option, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(option.name() + ": " + value + " is not positive");
        }
        return Math.clamp(value, MIN_BUFFER, MAX_BUFFER);
    }

    /// The nanoseconds of a duration from zero to `max`.
    private static long between(SocketOption<?> option, Duration value, Duration max) {
        if (value.isNegative() || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(option.name() + ": " + value + " is not in 0.." + max);
        }
        return value.toNanos();
    }

    private static long positive(SocketOption<?> option, Duration value) {
        long ns = Durations.toNanos(value);
        if (ns < 1_000_000) {
            throw new IllegalArgumentException(option.name() + ": " + value + " is shorter than 1 ms");
        }
        return ns;
    }
}
