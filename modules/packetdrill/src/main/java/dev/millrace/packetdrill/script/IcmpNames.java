package dev.millrace.packetdrill.script;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// The names that scripts have for types and codes of ICMP, and their numbers (RFC 792, RFC 950, RFC 1122 §3.2.2.1, RFC 1812
/// §5.2.7.1; RFC 4443).
public final class IcmpNames {
    private static final Map<String, Integer> TYPES_V4 = Map.ofEntries(Map.entry("echo_reply", 0), Map.entry("unreachable", 3),
            Map.entry("source_quench", 4), Map.entry("redirect", 5), Map.entry("echo_request", 8), Map.entry("time_exceeded", 11),
            Map.entry("parameter_problem", 12), Map.entry("timestamp_request", 13), Map.entry("timestamp", 13), Map.entry("timestamp_reply", 14),
            Map.entry("information_request", 15), Map.entry("information_reply", 16), Map.entry("address_mask_request", 17),
            Map.entry("address_mask_reply", 18));
    private static final Map<String, Integer> TYPES_V6 = Map.of("unreachable", 1, "packet_too_big", 2, "time_exceeded", 3,
            "parameter_problem", 4, "echo_request", 128, "echo_reply", 129);
    private static final Map<String, List<String>> CODES_V4 = Map.of("unreachable", List.of("net_unreachable", "host_unreachable",
            "protocol_unreachable", "port_unreachable", "frag_needed", "source_route_failed", "net_unknown", "host_unknown",
            "source_host_isolated", "net_prohibited", "host_prohibited", "net_unreachable_for_tos", "host_unreachable_for_tos",
            "packet_filtered", "precedence_violation", "precedence_cutoff"));
    private static final Map<String, List<String>> CODES_V6 = Map.of("unreachable", List.of("no_route", "admin_prohibited",
            "not_neighbour", "address_unreachable", "port_unreachable"), "time_exceeded", List.of("exceeded_hop_limit",
            "exceeded_frag_time"), "parameter_problem", List.of("header_field", "unknown_next_header", "unknown_option"));

    private IcmpNames() {
    }

    /// The number of a type in this version of IP, or -1 if it has none of this name.
    public static int type(int version, String name) {
        return (version == 4 ? TYPES_V4 : TYPES_V6).getOrDefault(name, -1);
    }

    /// The number of a code, or -1 if the type has none of this name in this version of IP; 0 for an empty name.
    public static int code(int version, String type, String name) {
        if (name.isEmpty()) {
            return 0;
        }
        return (version == 4 ? CODES_V4 : CODES_V6).getOrDefault(type, List.of()).indexOf(name);
    }

    /// The name of a type and a code as a script has them, or the numbers.
    public static String text(int version, int type, int code) {
        String name = (version == 4 ? TYPES_V4 : TYPES_V6).entrySet().stream().filter(e -> e.getValue() == type).map(Map.Entry::getKey)
                .sorted().findFirst().orElse(null);
        if (name == null) {
            return type + " " + code;
        }
        List<String> codes = (version == 4 ? CODES_V4 : CODES_V6).getOrDefault(name, List.of());
        return code < codes.size() ? name + " " + codes.get(code) : code == 0 ? name : name + " " + code;
    }

    /// Complains of a name that neither version knows.
    static void check(TokenReader in, Position at, String type, Position codeAt, String code) throws ScriptSyntaxException {
        if (type(4, type) < 0 && type(6, type) < 0) {
            var known = new TreeSet<>(TYPES_V4.keySet());
            known.addAll(TYPES_V6.keySet());
            throw new ScriptSyntaxException(at, "\"" + type + "\" is no type of ICMP; there are " + known);
        }
        if (!code.isEmpty() && code(4, type, code) < 0 && code(6, type, code) < 0) {
            var known = new TreeSet<>(CODES_V4.getOrDefault(type, List.of()));
            known.addAll(CODES_V6.getOrDefault(type, List.of()));
            throw new ScriptSyntaxException(codeAt, "\"" + code + "\" is no code of " + type + "; there are "
                    + (known.isEmpty() ? "none" : Arrays.toString(known.toArray())));
        }
    }
}
