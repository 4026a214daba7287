package dev.millrace.tcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;

/// What `[tcp]` says of Fast Open (RFC 7413).
///
/// @param connects whether sockets that say nothing of it connect with it
/// @param queue how many connections of a listener that says nothing of it may be opened fast at a time; 0 for none
/// @param destinations how many destinations are remembered
/// @param keyNs for how long a key makes cookies; they are valid for as long again
record FastOpenSettings(boolean connects, int queue, int destinations, long keyNs) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("fast-open", OptionSpec.Type.TEXT, "off", "data with the SYN (RFC 7413), where a program does not say otherwise: off, "
                    + "client (connect returns before the handshake, and what is written first may come twice), server (listeners) or both"),
            new OptionSpec("fast-open-queue", OptionSpec.Type.NUMBER, "256",
                    "connections of a listener that may be opened fast and have not completed the handshake, 1 to 65535"),
            new OptionSpec("fast-open-destinations", OptionSpec.Type.NUMBER, "4096",
                    "hosts whose cookies are remembered, and services that are not opened fast for a while, 1 to 1048576 each"),
            new OptionSpec("fast-open-key-lifetime", OptionSpec.Type.DURATION, "12h",
                    "how long a key makes cookies for clients, which it takes for as long again, 1s to 30d"));

    private enum Mode {
        OFF, CLIENT, SERVER, BOTH
    }

    /// @throws dev.millrace.ConfigurationException if a value lies outside its range
    static FastOpenSettings of(OptionValues options) {
        Mode mode = options.choice("fast-open", Mode.class);
        int queue = (int) options.number("fast-open-queue", 1, FastOpenQueue.MOST);
        return new FastOpenSettings(mode == Mode.CLIENT || mode == Mode.BOTH, mode == Mode.SERVER || mode == Mode.BOTH ? queue : 0,
                (int) options.number("fast-open-destinations", 1, 1 << 20),
                options.nanos("fast-open-key-lifetime", Duration.ofSeconds(1), Duration.ofDays(30)));
    }
}
