package dev.millrace.packetdrill.call;

import dev.millrace.ConfigurationException;
import dev.millrace.TcpOptions;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Expression;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// `setsockopt` and `getsockopt`: the names that C has for options, and what they are of the stack's sockets.
final class OptionTable {
    /// Change nothing that can be seen from outside.
    private static final Set<String> WITHOUT_EFFECT = Set.of("SO_DEBUG", "SO_REUSEPORT", "SO_PRIORITY", "SO_NOSIGPIPE", "IPV6_V6ONLY");
    private static final Map<String, Entry> TCP = new HashMap<>();
    private static final Map<String, Entry> UDP = new HashMap<>();

    static {
        flag(TCP, "SO_REUSEADDR", StandardSocketOptions.SO_REUSEADDR);
        flag(TCP, "SO_KEEPALIVE", StandardSocketOptions.SO_KEEPALIVE);
        flag(TCP, "SO_OOBINLINE", TcpOptions.URGENT_INLINE);
        number(TCP, "SO_RCVBUF", StandardSocketOptions.SO_RCVBUF);
        number(TCP, "SO_SNDBUF", StandardSocketOptions.SO_SNDBUF);
        flag(TCP, "TCP_NODELAY", StandardSocketOptions.TCP_NODELAY);
        flag(TCP, "TCP_CORK", TcpOptions.CORK);
        flag(TCP, "TCP_NOPUSH", TcpOptions.CORK);
        flag(TCP, "TCP_QUICKACK", TcpOptions.QUICK_ACK);
        number(TCP, "TCP_NOTSENT_LOWAT", TcpOptions.NOTSENT_LOWAT);
        duration(TCP, "TCP_USER_TIMEOUT", TcpOptions.USER_TIMEOUT, 1_000_000);
        duration(TCP, "TCP_KEEPIDLE", TcpOptions.KEEP_ALIVE_IDLE, 1_000_000_000);
        duration(TCP, "TCP_KEEPINTVL", TcpOptions.KEEP_ALIVE_INTERVAL, 1_000_000_000);
        number(TCP, "TCP_KEEPCNT", TcpOptions.KEEP_ALIVE_COUNT);
        duration(TCP, "TCP_LINGER2", TcpOptions.LINGER2, 1_000_000_000);
        duration(TCP, "TCP_DEFER_ACCEPT", TcpOptions.DEFER_ACCEPT, 1_000_000_000);
        number(TCP, "TCP_FASTOPEN", TcpOptions.FAST_OPEN);
        flag(TCP, "TCP_FASTOPEN_CONNECT", TcpOptions.FAST_OPEN_CONNECT);
        number(TCP, "IP_TOS", StandardSocketOptions.IP_TOS);
        number(TCP, "IPV6_TCLASS", StandardSocketOptions.IP_TOS);
        number(TCP, "IP_TTL", TcpOptions.HOP_LIMIT);
        number(TCP, "IPV6_UNICAST_HOPS", TcpOptions.HOP_LIMIT);
        number(UDP, "SO_RCVBUF", StandardSocketOptions.SO_RCVBUF);
        flag(UDP, "SO_BROADCAST", StandardSocketOptions.SO_BROADCAST);
        number(UDP, "IP_TOS", StandardSocketOptions.IP_TOS);
        number(UDP, "IPV6_TCLASS", StandardSocketOptions.IP_TOS);
        number(UDP, "IP_TTL", TcpOptions.HOP_LIMIT);
        number(UDP, "IPV6_UNICAST_HOPS", TcpOptions.HOP_LIMIT);
    }

    private final Arguments args;

    OptionTable(Arguments args) {
        this.args = args;
    }

    /// An option, and its value as a number.
    private record Entry(SocketOption<?> option, long unitNs) {
        Object value(long number) {
            if (option.type() == Boolean.class) {
                return number != 0;
            }
            return option.type() == Duration.class ? Duration.ofNanos(Math.multiplyExact(number, unitNs)) : (Object) Math.toIntExact(number);
        }

        long number(Object value) {
            return switch (value) {
                case Boolean b -> b ? 1 : 0;
                case Duration d -> d.toNanos() / unitNs;
                default -> ((Number) value).longValue();
            };
        }
    }

    private static void flag(Map<String, Entry> to, String name, SocketOption<Boolean> option) {
        to.put(name, new Entry(option, 0));
    }

    private static void number(Map<String, Entry> to, String name, SocketOption<Integer> option) {
        to.put(name, new Entry(option, 0));
    }

    private static void duration(Map<String, Entry> to, String name, SocketOption<Duration> option, long unitNs) {
        to.put(name, new Entry(option, unitNs));
    }

    private String name() throws SkipException, ScriptSyntaxException {
        if (args.get(2) instanceof Expression.Symbol s) {
            return s.name();
        }
        throw new SkipException(args.get(2).at(), "options by number");
    }

    /// Whether the level is the one that the option belongs to.
    private boolean isOfLevel(String name) throws SkipException {
        if (!(args.get(1) instanceof Expression.Symbol level)) {
            throw new SkipException(args.get(1).at(), "levels of options by number");
        }
        return switch (level.name()) {
            case "SOL_SOCKET" -> name.startsWith("SO_");
            case "SOL_TCP", "IPPROTO_TCP" -> name.startsWith("TCP_");
            case "SOL_IP", "IPPROTO_IP" -> name.startsWith("IP_");
            case "SOL_IPV6", "IPPROTO_IPV6" -> name.startsWith("IPV6_");
            default -> throw new SkipException(level.at(), "options of level " + level.name());
        };
    }

    private SkipException missing(String name) {
        return new SkipException(args.get(2).at(), "the stack has no option " + name);
    }

    // ---- setting

    Outcome set(Descriptor d) throws IOException, SkipException, ScriptSyntaxException {
        String name = name();
        if (!isOfLevel(name)) {
            return Outcome.of(Errno.ENOPROTOOPT);
        }
        if (WITHOUT_EFFECT.contains(name)) {
            return Outcome.of(0);
        }
        return switch (d) {
            case TcpDescriptor t -> setTcp(t, name);
            case UdpDescriptor u -> {
                if (name.equals("SO_RCVTIMEO")) {
                    u.setTimeout(timeNs());
                } else if (!name.equals("SO_REUSEADDR")) {
                    Entry e = entry(UDP, name);
                    setOf(u, e.option(), e.value(Arguments.number(args.single(3))));
                }
                yield Outcome.of(0);
            }
            default -> Outcome.of(Errno.ENOPROTOOPT);
        };
    }

    private Outcome setTcp(TcpDescriptor t, String name) throws IOException, SkipException, ScriptSyntaxException {
        switch (name) {
            case "SO_LINGER" -> {
                Expression.Struct s = Arguments.struct(args.single(3));
                boolean on = Arguments.number(Arguments.member(s, "onoff")) != 0;
                t.set(StandardSocketOptions.SO_LINGER, on ? (int) Arguments.number(Arguments.member(s, "linger")) : -1);
            }
            case "SO_RCVTIMEO", "SO_SNDTIMEO" -> t.setTimeout(name.equals("SO_RCVTIMEO"), timeNs());
            case "TCP_CONGESTION" -> {
                String control = congestionControl(text(args.single(3)));
                try {
                    t.set(TcpOptions.CONGESTION_CONTROL, control);
                } catch (ConfigurationException e) {
                    throw new SkipException(args.get(3).at(), "the stack has no congestion control \"" + control + '"');
                }
            }
            case "IP_MTU_DISCOVER", "IPV6_MTU_DISCOVER" -> {
                long how = Arguments.number(args.single(3));
                // TCP discovers path MTUs in any case.
                if (how != 1 && how != 2) {
                    throw new SkipException(args.get(3).at(), "TCP without discovery of path MTUs");
                }
            }
            case "TCP_MAXSEG" -> t.set(TcpOptions.MAX_SEGMENT, (int) Arguments.number(args.single(3)));
            case "TCP_FUNCTION_BLK" -> {
                String set = text(Arguments.member(Arguments.struct(args.single(3)), "function_set_name"));
                if (!set.equals("freebsd") && !set.equals("default")) {
                    throw new SkipException(args.get(3).at(), "the TCP stack \"" + set + "\" of FreeBSD");
                }
            }
            default -> {
                Entry e = entry(TCP, name);
                setOf(t, e.option(), e.value(Arguments.number(args.single(3))));
            }
        }
        return Outcome.of(0);
    }

    private Entry entry(Map<String, Entry> table, String name) throws SkipException {
        Entry e = table.get(name);
        if (e == null) {
            throw missing(name);
        }
        return e;
    }

    private static <T> void setOf(Descriptor d, SocketOption<T> option, Object value) throws IOException {
        if (d instanceof TcpDescriptor t) {
            t.set(option, option.type().cast(value));
        } else {
            ((UdpDescriptor) d).set(option, option.type().cast(value));
        }
    }

    private long timeNs() throws ScriptSyntaxException, SkipException {
        Expression.Struct s = Arguments.struct(args.single(3));
        return Arguments.number(Arguments.member(s, "tv_sec")) * 1_000_000_000L + Arguments.number(Arguments.member(s, "tv_usec")) * 1000L;
    }

    private static String text(Expression e) throws ScriptSyntaxException {
        if (e instanceof Expression.Text t) {
            return t.value();
        }
        throw new ScriptSyntaxException(e.at(), "a string expected here");
    }

    private static String congestionControl(String kernels) {
        return kernels.equals("reno") ? "newreno" : kernels;
    }

    // ---- getting

    /// Compares the option with the value that the script expects.
    ///
    /// @param doubled whether sizes of buffers are told twice as large as they are, as Linux does
    /// @return what is different, in words, or `null`
    String difference(Descriptor d, boolean doubled) throws IOException, SkipException, ScriptSyntaxException {
        if (args.get(4) instanceof Expression.Array && !(args.single(4) instanceof Expression.Ellipsis)) {
            int length = switch (name()) {
                case "SO_LINGER" -> 8;
                case "TCP_CONGESTION" -> 16;
                default -> Integer.BYTES;
            };
            if (Arguments.number(args.single(4)) != length) {
                return "it has " + length + " bytes";
            }
        }
        Expression expected = args.single(3);
        if (expected instanceof Expression.Ellipsis) {
            return null;
        }
        String name = name();
        if (name.equals("SO_LINGER") && d instanceof TcpDescriptor t) {
            Expression.Struct s = Arguments.struct(expected);
            int linger = t.get(StandardSocketOptions.SO_LINGER);
            long on = Arguments.number(Arguments.member(s, "onoff"));
            boolean same = on == 0 ? linger < 0 : linger == Arguments.number(Arguments.member(s, "linger"));
            return same ? null : name + " is {onoff=" + (linger < 0 ? 0 : 1) + ", linger=" + Math.max(0, linger) + "}";
        }
        if (name.equals("TCP_CONGESTION") && d instanceof TcpDescriptor t) {
            String control = t.get(TcpOptions.CONGESTION_CONTROL);
            return control.equals(congestionControl(text(expected))) ? null : name + " is \"" + control + '"';
        }
        long actual = value(d, name, doubled);
        return actual == Arguments.number(expected) ? null : name + " is " + actual;
    }

    /// Whether the option can be asked for at all.
    Outcome get() throws SkipException, ScriptSyntaxException {
        return isOfLevel(name()) ? Outcome.of(0) : Outcome.of(Errno.ENOPROTOOPT);
    }

    private long value(Descriptor d, String name, boolean doubled) throws IOException, SkipException {
        if (d instanceof TcpDescriptor t) {
            switch (name) {
                case "SO_ERROR" -> {
                    return t.takeError().map(e -> Errno.of(e).number()).orElse(0);
                }
                case "SO_TYPE" -> {
                    return 1;
                }
                case "TCP_MAXSEG" -> {
                    return t.isListener() || t.info().sending().mss() == 0 ? t.get(TcpOptions.MAX_SEGMENT) : t.info().sending().mss();
                }
                case "SO_ACCEPTCONN" -> {
                    return t.isListener() ? 1 : 0;
                }
                default -> {
                    Entry e = entry(TCP, name);
                    return e.number(t.get(e.option())) * (doubled && (name.equals("SO_RCVBUF") || name.equals("SO_SNDBUF")) ? 2 : 1);
                }
            }
        }
        if (d instanceof UdpDescriptor u) {
            Entry e = entry(UDP, name);
            return e.number(u.get(e.option()));
        }
        throw missing(name);
    }
}
