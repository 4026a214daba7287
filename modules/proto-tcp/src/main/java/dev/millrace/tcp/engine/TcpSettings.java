package dev.millrace.tcp.engine;

import static dev.millrace.OptionSpec.Type.BYTES;
import static dev.millrace.OptionSpec.Type.DURATION;
import static dev.millrace.OptionSpec.Type.FLAG;
import static dev.millrace.OptionSpec.Type.NUMBER;
import static dev.millrace.OptionSpec.Type.TEXT;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a stack's `[tcp]` table says, read once and shared by its connections. Times are nanoseconds, sizes bytes.
public final class TcpSettings {
    /// The options of `[tcp]` that the engine understands.
    public static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("profile", TEXT, "default", "whose habits: default (the RFCs) or linux (what Linux puts on the wire, and its timers); "
                    + "options that are given come before it"),
            new OptionSpec("congestion-control", TEXT, "cubic", "name of the congestion control"),
            new OptionSpec("receive-buffer", BYTES, "", "bytes that wait for the program to read them, 2KiB to 1GiB; without it "
                    + "1MiB, which grow with what arrives in a round trip"),
            new OptionSpec("receive-buffer-max", BYTES, "", "how far the receive buffer grows by itself; 64MiB, or receive-buffer if that is given"),
            new OptionSpec("send-buffer", BYTES, "", "bytes that wait to be sent and acknowledged, 2KiB to 1GiB; without it 1MiB, "
                    + "which grow with the congestion window"),
            new OptionSpec("send-buffer-max", BYTES, "", "how far the send buffer grows by itself; 64MiB, or send-buffer if that is given"),
            new OptionSpec("timestamps", FLAG, "true", "negotiate timestamps (RFC 7323)"),
            new OptionSpec("sack", FLAG, "true", "negotiate selective acknowledgements (RFC 2018)"),
            new OptionSpec("ecn", TEXT, "accept", "congestion marks (RFC 3168): off, accept where the peer asks for it, or request it as well"),
            new OptionSpec("window-scaling", FLAG, "true", "negotiate window scaling (RFC 7323)"),
            new OptionSpec("no-delay", FLAG, "false", "send small segments at once instead of collecting them (Nagle off)"),
            new OptionSpec("initial-window", NUMBER, "10", "segments sent before the first acknowledgement (RFC 6928), 1 to 64"),
            new OptionSpec("slow-start-after-idle", FLAG, "true", "begin anew with the initial window after an idle RTO (RFC 5681 §4.1)"),
            new OptionSpec("initial-rto", DURATION, "1s", "retransmission timeout before the first measurement (RFC 6298)"),
            new OptionSpec("min-rto", DURATION, "200ms", "least margin of the retransmission timeout above the round-trip time; RFC 6298 recommends 1s in all"),
            new OptionSpec("tail-loss-probe", FLAG, "true", "send the last segment again, or a new one, after two silent round trips (RFC 8985 §7; needs SACK)"),
            new OptionSpec("mtu-probing", TEXT, "black-hole", "find out by probes what the path carries (RFC 4821, RFC 8899): off, black-hole (once segments seem to vanish for their size) or always"),
            new OptionSpec("base-mss", BYTES, "1024", "payload, options included, with which probing begins, 512 to 65495; over IPv6 at least 1220"),
            new OptionSpec("mtu-probe-interval", DURATION, "10m", "after how long probing tries again whether the path has become wider (RFC 8899 §5.1.1), 1s at least"),
            new OptionSpec("max-rto", DURATION, "120s", "longest retransmission timeout, 60s at least (RFC 6298)"),
            new OptionSpec("delayed-ack", DURATION, "40ms", "longest delay of an acknowledgement, below 500ms (RFC 9293 MUST-40)"),
            new OptionSpec("syn-timeout", DURATION, "3m", "how long an unanswered connection attempt lasts (R2 of RFC 9293 §3.8.3)"),
            new OptionSpec("syn-linear-timeouts", NUMBER, "0", "so many times a SYN is sent again after the initial RTO, before the time doubles; 0 to 100"),
            new OptionSpec("max-retransmissions", NUMBER, "15", "timeouts of the same data before the connection fails (R2), 1 to 100"),
            new OptionSpec("closed-retransmissions", NUMBER, "", "the same for a connection that the program has closed; as many without it"),
            new OptionSpec("user-timeout", DURATION, "0", "how long sent data may stay unacknowledged; 0 leaves it to max-retransmissions"),
            new OptionSpec("max-user-timeout", DURATION, "1h", "longest user timeout that a peer can ask for (RFC 5482), 100s at least"),
            new OptionSpec("keep-alive", FLAG, "false", "probe idle connections (RFC 9293 §3.8.4)"),
            new OptionSpec("keep-alive-idle", DURATION, "2h", "idle time before the first keep-alive probe"),
            new OptionSpec("keep-alive-interval", DURATION, "75s", "time between keep-alive probes"),
            new OptionSpec("keep-alive-count", NUMBER, "9", "unanswered keep-alive probes that end a connection, 1 to 100"),
            new OptionSpec("time-wait", DURATION, "60s", "how long TIME-WAIT lasts (twice the maximum segment lifetime)"),
            new OptionSpec("fin-wait-2", DURATION, "60s", "how long a closed connection waits for the peer's FIN; 0 is for ever"),
            new OptionSpec("challenge-acks", NUMBER, "10", "challenge acknowledgements of one connection in 5s (RFC 5961 §7), 1 to 1000"),
            new OptionSpec("out-of-order-ranges", NUMBER, "512", "gaps that one connection's received data may have, 1 to 65536"));

    /// What buffers begin with: enough for 1 Gb/s and 8 ms, held only as far as it is filled.
    private static final int INITIAL_BUFFER = 1 << 20;
    /// 10 Gb/s and 20 ms, or 1 Gb/s and 200 ms, twice: for what is under way and for what is sent again meanwhile. The most that
    /// a window in units of 1 KiB can say, which is less than a segment; with larger units rounding would move its edge.
    private static final int MAX_BUFFER = 0xffff << 10;

    public final Profile profile;
    public final String congestionControl;
    public final int receiveBuffer;
    public final int receiveBufferMax;
    public final int sendBuffer;
    public final int sendBufferMax;
    public final boolean timestamps;
    public final boolean sack;
    public final boolean windowScaling;
    public final Ecn ecn;
    public final boolean noDelay;
    public final int initialWindow;
    public final boolean slowStartAfterIdle;
    public final long initialRtoNs;
    public final long minRtoNs;
    public final boolean tailLossProbe;
    public final MtuProbing mtuProbing;
    public final int baseMss;
    public final long mtuProbeIntervalNs;
    public final long maxRtoNs;
    public final long delayedAckNs;
    public final long synTimeoutNs;
    public final int synLinearTimeouts;
    public final int maxRetransmissions;
    public final int closedRetransmissions;
    public final long userTimeoutNs;
    public final long maxUserTimeoutNs;
    public final boolean keepAlive;
    public final long keepAliveIdleNs;
    public final long keepAliveIntervalNs;
    public final int keepAliveCount;
    public final long timeWaitNs;
    public final long finWait2Ns;
    public final int challengeAcks;
    public final int outOfOrderRanges;

    /// Whether connections understand congestion marks.
    public enum Ecn {
        OFF, ACCEPT, REQUEST;

        boolean accepts() {
            return this != OFF;
        }
    }

    private TcpSettings(OptionValues given) {
        profile = given.choice("profile", Profile.class);
        OptionValues v = given.withDefaults(profile.defaults);
        Duration day = Duration.ofDays(1);
        Duration tick = Duration.ofMillis(1);
        congestionControl = v.text("congestion-control");
        receiveBuffer = buffer(v, "receive-buffer", 2048, INITIAL_BUFFER);
        receiveBufferMax = bufferMax(given, v, "receive-buffer", receiveBuffer);
        sendBuffer = buffer(v, "send-buffer", 2048, INITIAL_BUFFER);
        sendBufferMax = bufferMax(given, v, "send-buffer", sendBuffer);
        timestamps = v.flag("timestamps");
        sack = v.flag("sack");
        windowScaling = v.flag("window-scaling");
        ecn = v.choice("ecn", Ecn.class);
        noDelay = v.flag("no-delay");
        initialWindow = (int) v.number("initial-window", 1, 64);
        slowStartAfterIdle = v.flag("slow-start-after-idle");
        minRtoNs = v.nanos("min-rto", tick, Duration.ofSeconds(60));
        tailLossProbe = v.flag("tail-loss-probe");
        mtuProbing = v.choice("mtu-probing", MtuProbing.class);
        baseMss = (int) v.bytes("base-mss", 512, 65495);
        mtuProbeIntervalNs = v.nanos("mtu-probe-interval", Duration.ofSeconds(1), day);
        maxRtoNs = v.nanos("max-rto", Duration.ofSeconds(60), day);
        initialRtoNs = v.nanos("initial-rto", Duration.ofMillis(10), Duration.ofSeconds(60));
        delayedAckNs = v.nanos("delayed-ack", Duration.ZERO, Duration.ofMillis(499));
        synTimeoutNs = v.nanos("syn-timeout", Duration.ofMillis(100), day);
        synLinearTimeouts = (int) v.number("syn-linear-timeouts", 0, 100);
        maxRetransmissions = (int) v.number("max-retransmissions", 1, 100);
        closedRetransmissions = v.has("closed-retransmissions") ? (int) v.number("closed-retransmissions", 1, 100) : maxRetransmissions;
        userTimeoutNs = v.nanos("user-timeout", Duration.ZERO, Duration.ofDays(365));
        maxUserTimeoutNs = v.nanos("max-user-timeout", Duration.ofSeconds(100), Duration.ofDays(365));
        keepAlive = v.flag("keep-alive");
        keepAliveIdleNs = v.nanos("keep-alive-idle", tick, Duration.ofDays(365));
        keepAliveIntervalNs = v.nanos("keep-alive-interval", tick, Duration.ofDays(365));
        keepAliveCount = (int) v.number("keep-alive-count", 1, 100);
        timeWaitNs = v.nanos("time-wait", tick, day);
        finWait2Ns = v.nanos("fin-wait-2", Duration.ZERO, day);
        challengeAcks = (int) v.number("challenge-acks", 1, 1000);
        outOfOrderRanges = (int) v.number("out-of-order-ranges", 1, 65536);
    }

    private static int buffer(OptionValues v, String name, int min, int otherwise) {
        return v.has(name) ? (int) v.bytes(name, min, 1 << 30) : otherwise;
    }

    /// Who gives a size means it, whatever the profile lets sizes grow to.
    private static int bufferMax(OptionValues given, OptionValues v, String name, int size) {
        String max = name + "-max";
        return given.has(name) && !given.has(max) ? size : buffer(v, max, size, MAX_BUFFER);
    }

    /// Reads checked values.
    ///
    /// @param values which may hold more options than [#SPECS]
    /// @throws dev.millrace.ConfigurationException if a value lies outside its range
    public static TcpSettings of(OptionValues values) {
        return new TcpSettings(values);
    }

    /// The settings with these options given as text, and defaults for the rest.
    public static TcpSettings of(Map<String, String> given) {
        return new TcpSettings(OptionValues.check("tcp", SPECS, given));
    }

    /// The settings with these options given as `name, value, name, value…`, and defaults for the rest.
    public static TcpSettings of(String... namesAndValues) {
        Map<String, String> given = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            given.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return of(given);
    }
}
