package dev.millrace;

import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/// Echo requests to be sent (RFC 792, RFC 4443 §4): an immutable description. Each setting gives a new one.
///
/// ```java
/// PingResult result = stack.ping(address).count(3).interval(Duration.ofMillis(200)).run();
/// ```
public final class Ping {
    /// The most bytes of data in a request over IPv4: 65535 without the headers of IP and ICMP.
    public static final int MAX_SIZE_V4 = 65507;
    /// The most bytes of data in a request over IPv6, whose header does not count.
    public static final int MAX_SIZE_V6 = 65527;
    /// The most requests of one ping that wait for their replies; the oldest are given up for newer ones.
    public static final int MAX_UNDER_WAY = 1024;

    private static final int MAX_COUNT = 1_000_000_000;
    private static final int MAX_PATTERN = 65527;
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Starter starter;
    private final InetAddress destination;
    private final InetAddress source;
    private final int count;
    private final Duration interval;
    private final int size;
    private final Duration timeout;
    private final int ttl;
    private final int trafficClass;
    private final byte[] pattern;
    private final boolean dontFragment;

    /// Begins what a description says.
    @FunctionalInterface
    public interface Starter {
        /// Sends the first request and returns.
        ///
        /// @throws IOException as [Ping#start]
        PingRun start(Ping ping, Consumer<? super PingEvent> listener) throws IOException;
    }

    /// Four requests of 56 bytes, one a second, each waited for for five seconds. Programs use [Stack#ping].
    public Ping(Starter starter, InetAddress destination) {
        this(Objects.requireNonNull(starter, "starter"), Objects.requireNonNull(destination, "destination"), null, 4,
                Duration.ofSeconds(1), 56, Duration.ofSeconds(5), 0, 0, new byte[0], false);
    }

    private Ping(Starter starter, InetAddress destination, InetAddress source, int count, Duration interval, int size,
            Duration timeout, int ttl, int trafficClass, byte[] pattern, boolean dontFragment) {
        this.starter = starter;
        this.destination = destination;
        this.source = source;
        this.count = count;
        this.interval = interval;
        this.size = size;
        this.timeout = timeout;
        this.ttl = ttl;
        this.trafficClass = trafficClass;
        this.pattern = pattern;
        this.dontFragment = dontFragment;
    }

    /// How many requests are sent, 1 to a thousand million; 0 for as many as there is time for until the run is closed.
    public Ping count(int requests) {
        check(requests >= 0 && requests <= MAX_COUNT, "the count is 0 to " + MAX_COUNT + ", not " + requests);
        return new Ping(starter, destination, source, requests, interval, size, timeout, ttl, trafficClass, pattern,
                dontFragment);
    }

    /// The time from one request to the next, 1 ms to a day.
    public Ping interval(Duration time) {
        return new Ping(starter, destination, source, count, checked("interval", time), size, timeout, ttl, trafficClass,
                pattern, dontFragment);
    }

    /// The bytes of data in each request, 0 to [#MAX_SIZE_V4] or [#MAX_SIZE_V6]. What does not fit into a packet is sent in
    /// fragments.
    public Ping size(int bytes) {
        int most = IpAddress.of(destination).isV4() ? MAX_SIZE_V4 : MAX_SIZE_V6;
        check(bytes >= 0 && bytes <= most, "the size is 0 to " + most + " bytes, not " + bytes);
        return new Ping(starter, destination, source, count, interval, bytes, timeout, ttl, trafficClass, pattern,
                dontFragment);
    }

    /// How long a reply is waited for, 1 ms to a day; one that comes later is not counted.
    public Ping timeout(Duration time) {
        return new Ping(starter, destination, source, count, interval, size, checked("timeout", time), ttl, trafficClass,
                pattern, dontFragment);
    }

    /// The TTL or hop limit of the requests, 1 to 255, or 0 for the stack's own.
    public Ping ttl(int hops) {
        check(hops >= 0 && hops <= 255, "the TTL is 1 to 255, not " + hops);
        return new Ping(starter, destination, source, count, interval, size, timeout, hops, trafficClass, pattern,
                dontFragment);
    }

    /// The TOS or traffic class byte of the requests, 0 to 255.
    public Ping trafficClass(int value) {
        check(value >= 0 && value <= 255, "the traffic class is 0 to 255, not " + value);
        return new Ping(starter, destination, source, count, interval, size, timeout, ttl, value, pattern, dontFragment);
    }

    /// The bytes that the data is filled with, over and over; empty for bytes that count up.
    public Ping pattern(byte... bytes) {
        check(bytes.length <= MAX_PATTERN, "the pattern has at most " + MAX_PATTERN + " bytes, not " + bytes.length);
        return new Ping(starter, destination, source, count, interval, size, timeout, ttl, trafficClass, bytes.clone(),
                dontFragment);
    }

    /// Whether nobody may fragment the requests, neither this stack nor, over IPv4, routers. One that does not fit into a
    /// packet of the path is not sent then ([PingEvent.NotSent]).
    public Ping dontFragment(boolean value) {
        return new Ping(starter, destination, source, count, interval, size, timeout, ttl, trafficClass, pattern, value);
    }

    /// The address to send from, one of the stack's of the same IP version; without one the stack chooses.
    public Ping source(InetAddress address) {
        check(IpAddress.of(address).version() == IpAddress.of(destination).version(), "the source "
                + address.getHostAddress() + " is not of the IP version of " + destination.getHostAddress());
        return new Ping(starter, destination, address, count, interval, size, timeout, ttl, trafficClass, pattern,
                dontFragment);
    }

    private static void check(boolean right, String message) {
        if (!right) {
            throw new IllegalArgumentException(message);
        }
    }

    private static Duration checked(String what, Duration time) {
        check(time.compareTo(SHORTEST) >= 0 && time.compareTo(LONGEST) <= 0, "the " + what + " is 1 ms to a day, not " + time);
        return time;
    }

    /// Whom it is sent to.
    public InetAddress destination() {
        return destination;
    }

    /// The address that was chosen to send from, or `null`.
    public InetAddress source() {
        return source;
    }

    /// See [#count(int)].
    public int count() {
        return count;
    }

    /// See [#interval(Duration)].
    public Duration interval() {
        return interval;
    }

    /// See [#size(int)].
    public int size() {
        return size;
    }

    /// See [#timeout(Duration)].
    public Duration timeout() {
        return timeout;
    }

    /// See [#ttl(int)].
    public int ttl() {
        return ttl;
    }

    /// See [#trafficClass(int)].
    public int trafficClass() {
        return trafficClass;
    }

    /// See [#pattern(byte...)].
    public byte[] pattern() {
        return pattern.clone();
    }

    /// See [#dontFragment(boolean)].
    public boolean dontFragment() {
        return dontFragment;
    }

    /// Sends the requests and waits for what becomes of them. The first leaves before this waits.
    ///
    /// @throws IllegalStateException if the count is 0: nothing would end it
    /// @throws java.net.SocketException `Network is unreachable` if no route leads there
    /// @throws java.net.BindException if the source is not an address of the stack
    /// @throws java.nio.channels.ClosedChannelException if the stack is closed meanwhile
    ///     ([ErrorCode#STACK_CLOSED]), or the thread is interrupted ([ErrorCode#INTERRUPTED]), which ends the run
    public PingResult run() throws IOException {
        if (count == 0) {
            throw new IllegalStateException("a ping without a count does not end; use start");
        }
        List<PingEvent> events = new ArrayList<>();
        // Events are told one after the other, and await returns behind the last of them.
        try (PingRun run = start(event -> {
            synchronized (events) {
                events.add(event);
            }
        })) {
            PingStatistics statistics = run.await();
            synchronized (events) {
                return new PingResult(events, statistics);
            }
        }
    }

    /// Sends the first request and returns; timers of the stack send the others.
    ///
    /// @param listener told what becomes of each request, one event after the other, on whatever thread finds out, perhaps
    ///     before this returns; it must not block. If it is so slow that [#MAX_UNDER_WAY] events wait, those of duplicates
    ///     are left out, not counted out
    /// @throws java.net.SocketException `Network is unreachable` if no route leads there, or `No buffer space available`
    ///     if too many pings run
    /// @throws java.net.BindException if the source is not an address of the stack
    /// @throws java.nio.channels.ClosedChannelException if the stack is closed
    public PingRun start(Consumer<? super PingEvent> listener) throws IOException {
        return starter.start(this, Objects.requireNonNull(listener, "listener"));
    }
}
