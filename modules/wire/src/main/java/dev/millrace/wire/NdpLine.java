package dev.millrace.wire;

import java.lang.foreign.MemorySegment;

/// What a line says of a neighbour discovery message, behind its addresses and type.
final class NdpLine {
    /// A message may have hundreds of options, and options dozens of servers; a line need not.
    private static final int MAX_SHOWN = 16;

    private NdpLine() {
    }

    static String name(int type) {
        return switch (type) {
            case NdpMessage.ROUTER_SOLICITATION -> "router-solicitation";
            case NdpMessage.ROUTER_ADVERTISEMENT -> "router-advertisement";
            case NdpMessage.NEIGHBOR_SOLICITATION -> "neighbor-solicitation";
            case NdpMessage.NEIGHBOR_ADVERTISEMENT -> "neighbor-advertisement";
            default -> "redirect";
        };
    }

    /// The fields of the fixed part.
    ///
    /// @param available the bytes that may be looked at; nothing is said if there are less than the fixed part
    static void appendFields(StringBuilder line, MemorySegment m, long at, int available) {
        int type = IcmpHeader.type(m, at);
        if (available < NdpMessage.fixedLength(type)) {
            return;
        }
        switch (type) {
            case NdpMessage.ROUTER_ADVERTISEMENT -> appendRouter(line, m, at);
            case NdpMessage.NEIGHBOR_SOLICITATION -> line.append(" who-has ").append(target(m, at));
            case NdpMessage.NEIGHBOR_ADVERTISEMENT -> {
                line.append(" target:").append(target(m, at));
                int flags = NdpMessage.flags(m, at);
                if (flags != 0) {
                    line.append(" flags:").append((flags & NdpMessage.ROUTER) != 0 ? "R" : "")
                            .append((flags & NdpMessage.SOLICITED) != 0 ? "S" : "")
                            .append((flags & NdpMessage.OVERRIDE) != 0 ? "O" : "");
                }
            }
            case NdpMessage.REDIRECT -> line.append(" to:").append(
                    new IpAddress(NdpMessage.redirectedHi(m, at), NdpMessage.redirectedLo(m, at)))
                    .append(" through:").append(target(m, at));
            default -> { }
        }
    }

    private static IpAddress target(MemorySegment m, long at) {
        return new IpAddress(NdpMessage.targetHi(m, at), NdpMessage.targetLo(m, at));
    }

    private static void appendRouter(StringBuilder line, MemorySegment m, long at) {
        line.append(" lifetime:").append(NdpMessage.routerLifetimeSeconds(m, at));
        int flags = NdpMessage.routerFlags(m, at);
        if ((flags & (NdpMessage.MANAGED | NdpMessage.OTHER_CONFIGURATION)) != 0) {
            line.append(" flags:").append((flags & NdpMessage.MANAGED) != 0 ? "M" : "")
                    .append((flags & NdpMessage.OTHER_CONFIGURATION) != 0 ? "O" : "");
        }
        if (NdpMessage.preference(m, at) != NdpMessage.PREFERENCE_MEDIUM) {
            line.append(" preference:").append(preference(NdpMessage.preference(m, at)));
        }
        appendUnlessZero(line, " hop-limit:", NdpMessage.currentHopLimit(m, at));
        appendUnlessZero(line, " reachable-ms:", NdpMessage.reachableMs(m, at));
        appendUnlessZero(line, " retrans-ms:", NdpMessage.retransMs(m, at));
    }

    private static void appendUnlessZero(StringBuilder line, String what, long value) {
        if (value != 0) {
            line.append(what).append(value);
        }
    }

    private static String preference(int preference) {
        return switch (preference) {
            case NdpMessage.PREFERENCE_HIGH -> "high";
            case NdpMessage.PREFERENCE_LOW -> "low";
            default -> "medium";
        };
    }

    /// The options, in braces.
    static void appendOptions(StringBuilder line, MemorySegment m, long at, int available) {
        if (available < NdpMessage.fixedLength(IcmpHeader.type(m, at))) {
            line.append(" truncated");
            return;
        }
        var options = new NdpOptions();
        var text = new StringBuilder();
        int shown = 0;
        options.over(m, at, available);
        while (options.next()) {
            if (shown++ == MAX_SHOWN) {
                text.append(" ...");
                break;
            }
            text.append(' ');
            appendOption(text, options);
        }
        if (options.ignored() > 0) {
            text.append(" ignored:").append(options.ignored());
        }
        if (options.error() != WireError.NONE) {
            text.append(" malformed");
        }
        if (!text.isEmpty()) {
            line.append(" options: {").append(text, 1, text.length()).append('}');
        }
    }

    private static void appendOption(StringBuilder text, NdpOptions o) {
        switch (o.type()) {
            case NdpOptions.SOURCE_LINK_LAYER_ADDRESS -> text.append("source:").append(MacAddress.text(o.linkLayerAddress()));
            case NdpOptions.TARGET_LINK_LAYER_ADDRESS -> text.append("target:").append(MacAddress.text(o.linkLayerAddress()));
            case NdpOptions.PREFIX_INFORMATION -> text.append("prefix:").append(prefix(o))
                    .append(o.isOnLink() ? ",on-link" : "").append(o.isAutonomous() ? ",autonomous" : "")
                    .append(",valid:").append(seconds(o.validSeconds()))
                    .append(",preferred:").append(seconds(o.preferredSeconds()));
            case NdpOptions.REDIRECTED_HEADER -> text.append("redirected:").append(o.quotedLength());
            case NdpOptions.MTU -> text.append("MTU:").append(o.mtu());
            case NdpOptions.NONCE -> text.append("nonce:").append(Long.toHexString(o.nonce()));
            case NdpOptions.ROUTE_INFORMATION -> text.append("route:").append(prefix(o))
                    .append(',').append(preference(o.preference())).append(",lifetime:").append(seconds(o.lifetimeSeconds()));
            case NdpOptions.RDNSS -> {
                text.append("RDNSS:");
                for (int i = 0; i < Math.min(o.serverCount(), MAX_SHOWN); i++) {
                    text.append(i == 0 ? "" : ",").append(new IpAddress(o.serverHi(i), o.serverLo(i)));
                }
                text.append(",lifetime:").append(seconds(o.lifetimeSeconds()));
            }
            default -> text.append("DNSSL:")
                    .append(String.join(",", o.domains().stream().limit(MAX_SHOWN).toList()))
                    .append(",lifetime:").append(seconds(o.lifetimeSeconds()));
        }
    }

    private static String prefix(NdpOptions o) {
        return new IpAddress(o.prefixHi(), o.prefixLo()) + "/" + o.prefixLength();
    }

    private static String seconds(long seconds) {
        return seconds == NdpOptions.INFINITE_SECONDS ? "infinite" : Long.toString(seconds);
    }
}
