package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/// One rule of a firewall: which packets it is about, and what becomes of them. It is about the packets that begin
/// something: what belongs to a connection that was allowed passes without it.
///
/// As text, which [#parse] reads and [#toString] writes:
///
/// ```
/// ACTION [in|out] PROTOCOL from ADDRESS to ADDRESS [port FIRST[-LAST]]
///
/// drop tcp from any to 10.0.0.0/8 port 80-90
/// reject out udp from any to any port 53
/// allow in icmp from 2001:db8::/32 to any
/// ```
///
/// @param action what becomes of the packets
/// @param direction which way they go
/// @param protocol the protocol's number, 0 to 255, or [#ANY_PROTOCOL]; 1 is ICMP of both IP versions
/// @param source where they come from, or `null` for anywhere
/// @param destination where they go, or `null` for anywhere
/// @param firstPort the first destination port, 0 to 65535
/// @param lastPort the last destination port; 0 and 65535 are all, and other ranges need TCP or UDP
public record FirewallRule(Action action, Direction direction, int protocol, Cidr source, Cidr destination, int firstPort,
        int lastPort) {
    /// The protocol number that means all.
    public static final int ANY_PROTOCOL = -1;

    private static final String FORM = "a rule reads: allow|drop|reject [in|out] any|tcp|udp|icmp|NUMBER"
            + " from any|ADDRESS[/LENGTH] to any|ADDRESS[/LENGTH] [port FIRST[-LAST]]";

    /// What becomes of a packet.
    public enum Action {
        /// It passes, and so does what belongs to it from then on.
        ALLOW,
        /// It is dropped, and nobody is told.
        DROP,
        /// It is dropped, and its sender is told: TCP by a reset (RFC 9293 §3.10.7.1), all else by ICMP's "administratively
        /// prohibited".
        REJECT
    }

    /// Which way a packet goes.
    public enum Direction {
        /// From outside to inside.
        IN,
        /// From inside to outside.
        OUT,
        /// Either way.
        BOTH
    }

    /// Checks that the parts fit together.
    ///
    /// @throws IllegalArgumentException if they do not
    public FirewallRule {
        Objects.requireNonNull(action, "action");
        Objects.requireNonNull(direction, "direction");
        if (protocol < ANY_PROTOCOL || protocol > 255) {
            throw new IllegalArgumentException("protocol " + protocol + " is not in 0..255");
        }
        if (protocol == IpProtocol.ICMPV6) {
            protocol = IpProtocol.ICMP;
        }
        if (source != null && destination != null && source.address().isV4() != destination.address().isV4()) {
            throw new IllegalArgumentException(source + " and " + destination + " are of different IP versions");
        }
        if (firstPort < 0 || lastPort > 65535 || firstPort > lastPort) {
            throw new IllegalArgumentException("ports " + firstPort + "-" + lastPort + " are no range in 0..65535");
        }
        if ((firstPort > 0 || lastPort < 65535) && protocol != IpProtocol.TCP && protocol != IpProtocol.UDP) {
            throw new IllegalArgumentException("only tcp and udp have ports");
        }
        source = source == null ? null : source.network();
        destination = destination == null ? null : destination.network();
    }

    /// Reads a rule.
    ///
    /// @throws IllegalArgumentException if the text is none; the message says what is wrong and how rules read
    public static FirewallRule parse(String text) {
        Deque<String> words = new ArrayDeque<>(List.of(text.strip().toLowerCase(Locale.ROOT).split("\\s+")));
        try {
            Action action = action(next(words, "an action"));
            Direction direction = direction(words);
            int protocol = protocol(next(words, "a protocol"));
            expect(words, "from");
            Cidr source = network(next(words, "an address"));
            expect(words, "to");
            Cidr destination = network(next(words, "an address"));
            int[] ports = ports(words);
            if (!words.isEmpty()) {
                throw new IllegalArgumentException("\"" + words.getFirst() + "\" is more than a rule has");
            }
            return new FirewallRule(action, direction, protocol, source, destination, ports[0], ports[1]);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no firewall rule: " + e.getMessage() + "; " + FORM, e);
        }
    }

    private static String next(Deque<String> words, String what) {
        String word = words.poll();
        if (word == null || word.isEmpty()) {
            throw new IllegalArgumentException(what + " is missing");
        }
        return word;
    }

    private static void expect(Deque<String> words, String keyword) {
        String word = next(words, "\"" + keyword + "\"");
        if (!word.equals(keyword)) {
            throw new IllegalArgumentException("\"" + word + "\" stands where \"" + keyword + "\" must");
        }
    }

    private static Action action(String word) {
        return switch (word) {
            case "allow" -> Action.ALLOW;
            case "drop" -> Action.DROP;
            case "reject" -> Action.REJECT;
            default -> throw new IllegalArgumentException("\"" + word + "\" is no action");
        };
    }

    private static Direction direction(Deque<String> words) {
        String word = words.peek();
        if (!"in".equals(word) && !"out".equals(word)) {
            return Direction.BOTH;
        }
        words.poll();
        return word.equals("in") ? Direction.IN : Direction.OUT;
    }

    private static int protocol(String word) {
        return switch (word) {
            case "any" -> ANY_PROTOCOL;
            case "tcp" -> IpProtocol.TCP;
            case "udp" -> IpProtocol.UDP;
            case "icmp" -> IpProtocol.ICMP;
            default -> number(word, 255, "protocol");
        };
    }

    private static int number(String word, int max, String what) {
        try {
            int n = Integer.parseInt(word);
            if (n >= 0 && n <= max) {
                return n;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new IllegalArgumentException("\"" + word + "\" is no " + what);
    }

    private static Cidr network(String word) {
        return word.equals("any") ? null : Cidr.parse(word);
    }

    private static int[] ports(Deque<String> words) {
        if (words.isEmpty()) {
            return new int[] {0, 65535};
        }
        expect(words, "port");
        String word = next(words, "a port");
        int dash = word.indexOf('-');
        int first = number(dash < 0 ? word : word.substring(0, dash), 65535, "port");
        return new int[] {first, dash < 0 ? first : number(word.substring(dash + 1), 65535, "port")};
    }

    /// Whether a packet, whose ports have been read, is one that the rule is about.
    boolean matches(Headers h, Direction way) {
        return (direction == Direction.BOTH || direction == way)
                && (protocol == ANY_PROTOCOL || protocol == (h.isIcmp() ? IpProtocol.ICMP : h.protocol()))
                && contains(source, h.source()) && contains(destination, h.destination())
                && h.destinationPort() >= firstPort && h.destinationPort() <= lastPort;
    }

    private static boolean contains(Cidr network, IpAddress a) {
        return network == null || network.contains(a);
    }

    /// The rule as [#parse] reads it.
    @Override
    public String toString() {
        var text = new StringBuilder(action.name().toLowerCase(Locale.ROOT));
        if (direction != Direction.BOTH) {
            text.append(' ').append(direction.name().toLowerCase(Locale.ROOT));
        }
        text.append(' ').append(switch (protocol) {
            case ANY_PROTOCOL -> "any";
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            case IpProtocol.ICMP -> "icmp";
            default -> Integer.toString(protocol);
        });
        text.append(" from ").append(source == null ? "any" : source);
        text.append(" to ").append(destination == null ? "any" : destination);
        if (firstPort > 0 || lastPort < 65535) {
            text.append(" port ").append(firstPort);
            if (lastPort != firstPort) {
                text.append('-').append(lastPort);
            }
        }
        return text.toString();
    }
}
