package dev.millrace.dhcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// What holds for all clients of a stack.
///
/// @param probeNs how long neighbours are asked whether one of them has a granted address, or 0 for not at all
/// @param startDelayNs up to how long a client waits before its first message. Differs: RFC 2131 §4.4.1 wants one to ten seconds by
///     chance, against a building full of hosts that get their power back together. One program is no such host, and who starts it
///     waits for the address; a laboratory with thousands of stacks has the option
record DhcpSettings(long probeNs, long startDelayNs) {
    static final List<OptionSpec> SPECS = List.of(new OptionSpec("probe-time", OptionSpec.Type.DURATION, "600ms",
            "how long neighbours are asked, three times, whether one has the address (RFC 5227 wants 4s to 7s); 0s asks none"),
            new OptionSpec("start-delay", OptionSpec.Type.DURATION, "0s",
                    "up to how long to wait, by chance, before the first message (RFC 2131 wants 10s): for hosts that start together"));

    static DhcpSettings of(OptionValues v) {
        return new DhcpSettings(v.nanos("probe-time", Duration.ZERO, Duration.ofMinutes(1)),
                v.nanos("start-delay", Duration.ZERO, Duration.ofMinutes(10)));
    }
}
