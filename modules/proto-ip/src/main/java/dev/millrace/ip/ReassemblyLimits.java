package dev.millrace.ip;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// How long and in how much memory fragments wait for the rest of their datagrams, in one version of IP.
///
/// @param timeoutNs how long after the first of its fragments a datagram must be whole
/// @param bytes what all of them may hold, with what keeps them in memory
/// @param fragments the most fragments of one datagram
record ReassemblyLimits(long timeoutNs, long bytes, int fragments) {
    /// Enough for one datagram of any size that came over Ethernet.
    private static final long ONE_DATAGRAM = 128 * 1024;

    /// The options that set the limits.
    ///
    /// @param timeout the default time-out: RFC 8200 §4.5 says 60 s for IPv6; for IPv4, RFC 1122 §3.3.2 says 60 to 120 s
    static List<OptionSpec> specs(String timeout) {
        return List.of(
                new OptionSpec("reassembly-timeout", OptionSpec.Type.DURATION, timeout,
                        "how long fragments wait for the rest of their datagram"),
                new OptionSpec("reassembly-memory", OptionSpec.Type.BYTES, "4MiB",
                        "bytes of fragments that wait, with what keeps them in memory; one source gets a quarter of it"),
                new OptionSpec("reassembly-fragments", OptionSpec.Type.NUMBER, "256",
                        "fragments of one datagram at most"));
    }

    static ReassemblyLimits of(OptionValues options) {
        return new ReassemblyLimits(
                options.nanos("reassembly-timeout", Duration.ofMillis(1), Duration.ofHours(1)),
                options.bytes("reassembly-memory", 2 * ONE_DATAGRAM, 1L << 30),
                (int) options.number("reassembly-fragments", 2, 8192));
    }

    /// What the fragments of one source may hold.
    long bytesOfSource() {
        return Math.max(bytes / 4, ONE_DATAGRAM);
    }

    /// What a source may hold before it is the one that has to make room for others.
    long fairBytes() {
        return bytes / 16;
    }

    /// How many places a table needs for what fits into the memory.
    int width() {
        return Math.clamp(Long.highestOneBit(bytes / 4096), 64, 65536);
    }
}
