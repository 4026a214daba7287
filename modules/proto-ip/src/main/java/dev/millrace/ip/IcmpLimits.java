package dev.millrace.ip;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.Clock;
import dev.millrace.spi.TokenBucket;
import java.util.List;

/// How many ICMP messages one version of IP may send (RFC 1812 §4.3.2.8, RFC 4443 §2.4(f)).
///
/// @param errors for errors
/// @param echoes for echo replies
record IcmpLimits(TokenBucket errors, TokenBucket echoes) {
    /// The options that set the limits.
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("icmp-errors-per-second", OptionSpec.Type.NUMBER, "1000",
                    "ICMP errors sent per second at most; 0 sends none"),
            new OptionSpec("icmp-burst", OptionSpec.Type.NUMBER, "50", "ICMP errors sent at once at most"),
            new OptionSpec("echo-replies-per-second", OptionSpec.Type.NUMBER, "1000000",
                    "echo replies sent per second at most; 0 answers none"),
            new OptionSpec("echo-burst", OptionSpec.Type.NUMBER, "10000", "echo replies sent at once at most"));

    static IcmpLimits of(OptionValues options, Clock clock) {
        return new IcmpLimits(
                bucket(options, "icmp-errors-per-second", "icmp-burst", clock),
                bucket(options, "echo-replies-per-second", "echo-burst", clock));
    }

    private static TokenBucket bucket(OptionValues options, String rate, String burst, Clock clock) {
        return new TokenBucket(options.number(rate, 0, 1_000_000_000), options.number(burst, 1, 1_000_000), clock);
    }
}
