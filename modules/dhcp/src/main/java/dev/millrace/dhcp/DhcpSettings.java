package dev.millrace.dhcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// What holds for all clients of a stack.
///
/// @param probeNs how long neighbours are asked whether one of them has a granted address, or 0 for not at all
record DhcpSettings(long probeNs) {
    static final List<OptionSpec> SPECS = List.of(new OptionSpec("probe-time", OptionSpec.Type.DURATION, "600ms",
            "how long neighbours are asked, three times, whether one has the address (RFC 5227 wants 4s to 7s); 0s asks none"));

    static DhcpSettings of(OptionValues v) {
        return new DhcpSettings(v.nanos("probe-time", Duration.ZERO, Duration.ofMinutes(1)));
    }
}
