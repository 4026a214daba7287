package dev.millrace.cli.net;

import dev.millrace.Cidr;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which packets are wanted, from an expression such as `tcp port 80 and not host 10.0.0.1`.
///
/// `or` binds least, then `and`, then `not`; parentheses group. What can be asked: `ip`, `ip6`, `arp`, `tcp`, `udp`, `icmp`,
/// `icmp6`, `proto N`, `[src|dst] host A`, `[src|dst] net A/P`, `[src|dst] [tcp|udp] port N` (or `N-M`), `ether host MAC`,
/// `vlan [N]`, `less N`, `greater N`, `broadcast`, `multicast`.
final class PacketFilter {
    /// What it says of itself where it is asked for help.
    static final String HELP =
            "which packets, such as: tcp port 80 and not host 10.0.0.1; there are ip, ip6, arp, tcp, udp, icmp, "
            + "icmp6, proto N, host A, net A/P, port N or N-M (each also with src or dst before it), ether host MAC, vlan [N], "
            + "less N, greater N, broadcast, multicast, and, or, not, ( )";

    private static final Pattern TOKEN = Pattern.compile("\\(|\\)|!|&&|\\|\\||[^\\s()!&|]+");
    private static final int MAX_DEPTH = 100;

    private final List<String> tokens = new ArrayList<>();
    private int next;
    private int depth;

    private PacketFilter(String text) {
        Matcher m = TOKEN.matcher(text);
        while (m.find()) {
            tokens.add(switch (m.group()) {
                case "!" -> "not";
                case "&&" -> "and";
                case "||" -> "or";
                default -> m.group();
            });
        }
    }

    /// @param text the expression; an empty one wants everything
    /// @throws IllegalArgumentException if it is none; the message says where and what is possible
    static Predicate<PacketFacts> parse(String text) {
        var parser = new PacketFilter(text);
        if (parser.tokens.isEmpty()) {
            return _ -> true;
        }
        Predicate<PacketFacts> all = parser.or();
        if (parser.next < parser.tokens.size()) {
            throw parser.wrong("and, or");
        }
        return all;
    }

    private String peek() {
        return next < tokens.size() ? tokens.get(next) : "";
    }

    private boolean take(String word) {
        if (peek().equals(word)) {
            next++;
            return true;
        }
        return false;
    }

    private IllegalArgumentException wrong(String expected) {
        String found = next < tokens.size() ? "\"" + tokens.get(next) + "\"" : "the end";
        String before = String.join(" ", tokens.subList(0, next));
        return new IllegalArgumentException("the filter has " + found + (before.isEmpty() ? "" : " behind \"" + before + "\"")
                + " where it should have " + expected);
    }

    private Predicate<PacketFacts> or() {
        Predicate<PacketFacts> left = and();
        while (take("or")) {
            left = left.or(and());
        }
        return left;
    }

    private Predicate<PacketFacts> and() {
        Predicate<PacketFacts> left = not();
        while (take("and")) {
            left = left.and(not());
        }
        return left;
    }

    private Predicate<PacketFacts> not() {
        if (++depth > MAX_DEPTH) {
            throw new IllegalArgumentException("the filter is nested too deeply");
        }
        try {
            if (take("not")) {
                return not().negate();
            }
            if (take("(")) {
                Predicate<PacketFacts> inner = or();
                if (!take(")")) {
                    throw wrong("and, or, )");
                }
                return inner;
            }
            return primitive();
        } finally {
            depth--;
        }
    }

    private Predicate<PacketFacts> primitive() {
        return switch (peek()) {
            case "ip", "ip4" -> etherType(EtherType.IPV4);
            case "ip6" -> etherType(EtherType.IPV6);
            case "arp" -> etherType(EtherType.ARP);
            case "icmp" -> protocol(IpProtocol.ICMP);
            case "icmp6" -> protocol(IpProtocol.ICMPV6);
            case "tcp" -> portOf(IpProtocol.TCP);
            case "udp" -> portOf(IpProtocol.UDP);
            case "proto" -> {
                next++;
                int n = number(255);
                yield f -> f.protocol() == n;
            }
            case "ether" -> ether();
            case "vlan" -> vlan();
            case "less" -> {
                next++;
                int n = number(Integer.MAX_VALUE);
                yield f -> f.length() <= n;
            }
            case "greater" -> {
                next++;
                int n = number(Integer.MAX_VALUE);
                yield f -> f.length() >= n;
            }
            case "broadcast" -> {
                next++;
                yield f -> f.macDestination() == MacAddress.BROADCAST
                        || f.destination() != null && f.destination().isLimitedBroadcast();
            }
            case "multicast" -> {
                next++;
                yield f -> f.macDestination() >= 0 && MacAddress.isMulticast(f.macDestination())
                        || f.destination() != null && f.destination().isMulticast();
            }
            case "src" -> {
                next++;
                yield directed(true, false);
            }
            case "dst" -> {
                next++;
                yield directed(false, true);
            }
            default -> directed(true, true);
        };
    }

    private Predicate<PacketFacts> etherType(int type) {
        next++;
        return f -> f.etherType() == type;
    }

    private Predicate<PacketFacts> protocol(int number) {
        next++;
        return f -> f.protocol() == number;
    }

    /// `tcp`, `tcp port 80`, `tcp src port 80`.
    private Predicate<PacketFacts> portOf(int protocol) {
        Predicate<PacketFacts> is = protocol(protocol);
        return switch (peek()) {
            case "src", "dst", "port" -> {
                boolean source = !take("dst");
                boolean destination = !source || !take("src");
                yield is.and(port(source, destination));
            }
            default -> is;
        };
    }

    private Predicate<PacketFacts> directed(boolean source, boolean destination) {
        return switch (peek()) {
            case "host" -> {
                next++;
                IpAddress a = value("an address", IpAddress::parse);
                yield f -> source && a.equals(f.source()) || destination && a.equals(f.destination());
            }
            case "net" -> {
                next++;
                Cidr net = value("a network such as 10.0.0.0/8", Cidr::parse);
                yield f -> source && f.source() != null && net.contains(f.source())
                        || destination && f.destination() != null && net.contains(f.destination());
            }
            case "tcp", "udp" -> {
                int protocol = take("tcp") ? IpProtocol.TCP : IpProtocol.UDP;
                next += protocol == IpProtocol.UDP ? 1 : 0;
                Predicate<PacketFacts> port = port(source, destination);
                yield f -> f.protocol() == protocol && port.test(f);
            }
            case "port" -> port(source, destination);
            default -> throw wrong(source && destination ? "a word such as tcp, host, port, not or (" : "host, net or port");
        };
    }

    private Predicate<PacketFacts> port(boolean source, boolean destination) {
        if (!take("port")) {
            throw wrong("port");
        }
        int[] range = value("a port, 0 to 65535, or a range such as 5000-5010", PacketFilter::range);
        return f -> (f.protocol() == IpProtocol.TCP || f.protocol() == IpProtocol.UDP)
                && (source && f.sourcePort() >= range[0] && f.sourcePort() <= range[1]
                || destination && f.destinationPort() >= range[0] && f.destinationPort() <= range[1]);
    }

    private static int[] range(String text) {
        int dash = text.indexOf('-');
        int from = Integer.parseInt(dash < 0 ? text : text.substring(0, dash));
        int to = dash < 0 ? from : Integer.parseInt(text.substring(dash + 1));
        if (from < 0 || to < from || to > 65535) {
            throw new IllegalArgumentException(text);
        }
        return new int[] {from, to};
    }

    private Predicate<PacketFacts> ether() {
        next++;
        boolean source = !take("dst");
        boolean destination = !source || !take("src");
        if (!take("host") && source && destination) {
            throw wrong("host");
        }
        long mac = value("a MAC address", t -> MacAddress.parse(t).bits());
        return f -> source && f.macSource() == mac || destination && f.macDestination() == mac;
    }

    private Predicate<PacketFacts> vlan() {
        next++;
        if (!peek().isEmpty() && peek().chars().allMatch(Character::isDigit)) {
            int n = number(4095);
            return f -> f.vlan() == n;
        }
        return f -> f.vlan() >= 0;
    }

    private int number(int most) {
        return value("a number", t -> {
            int n = Integer.parseInt(t);
            if (n < 0 || n > most) {
                throw new IllegalArgumentException(t);
            }
            return n;
        });
    }

    private <T> T value(String what, java.util.function.Function<String, T> parser) {
        if (next >= tokens.size()) {
            throw wrong(what);
        }
        T value;
        try {
            value = parser.apply(tokens.get(next));
        } catch (IllegalArgumentException e) {
            throw wrong(what);
        }
        next++;
        return value;
    }
}
