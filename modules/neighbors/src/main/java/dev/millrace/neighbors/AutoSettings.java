package dev.millrace.neighbors;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// How NICs come by addresses of their own: what holds for all NICs of a stack.
///
/// @param dadTransmits how often neighbours are asked for a new IPv6 address (DupAddrDetectTransmits, RFC 4862 §5.1); 0: never
/// @param stableSecret what stable interface identifiers are made of, or empty for the stack's own secret
/// @param mld whether IPv6 groups are reported
/// @param igmp whether IPv4 groups are reported
/// @param redirects whether routers may show a better first hop
/// @param temporaryValidNs for how long a temporary address is valid at most (RFC 8981 §3.8)
/// @param temporaryPreferredNs for how long it is preferred at most
record AutoSettings(int dadTransmits, String stableSecret, boolean mld, boolean igmp, boolean redirects, long temporaryValidNs,
        long temporaryPreferredNs) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("dad-transmits", OptionSpec.Type.NUMBER, "1", "how often neighbours are asked whether one has an IPv6 "
                    + "address already (RFC 4862 §5.4); 0 takes it unasked"),
            new OptionSpec("stable-secret", OptionSpec.Type.TEXT, "", "what stable interface identifiers are made of (RFC 7217): "
                    + "with the same one a NIC has the same addresses each time; without, others each time the stack opens"),
            new OptionSpec("mld", OptionSpec.Type.FLAG, "true", "report IPv6 multicast groups to switches and routers (RFC 3810)"),
            new OptionSpec("igmp", OptionSpec.Type.FLAG, "true", "report IPv4 multicast groups to switches and routers (RFC 3376)"),
            new OptionSpec("redirects", OptionSpec.Type.FLAG, "true", "let routers show a better first hop (RFC 4861 §8)"),
            new OptionSpec("temporary-valid", OptionSpec.Type.DURATION, "2d", "how long a temporary address is valid at most "
                    + "(RFC 8981)"),
            new OptionSpec("temporary-preferred", OptionSpec.Type.DURATION, "1d", "how long a temporary address is chosen for what "
                    + "is new at most, before another follows"));

    static AutoSettings of(OptionValues v) {
        Duration least = Duration.ofSeconds(20);
        long valid = v.nanos("temporary-valid", least, Duration.ofDays(365));
        long preferred = v.nanos("temporary-preferred", least, Duration.ofDays(365));
        if (preferred > valid) {
            throw v.error("temporary-preferred", "is more than temporary-valid");
        }
        return new AutoSettings((int) v.number("dad-transmits", 0, 10), v.text("stable-secret"), v.flag("mld"), v.flag("igmp"),
                v.flag("redirects"), valid, preferred);
    }
}
