package dev.millrace.stack;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The options of the stack itself.
///
/// @param memory the bytes that sockets may hold in all
/// @param groups multicast groups that programs may have joined at once, each NIC counted for itself
/// @param firstEphemeral the first ephemeral port
/// @param lastEphemeral the last ephemeral port
/// @param closeTimeoutNs how long closing waits for what programs have written to arrive, in nanoseconds
record StackOptions(long memory, int groups, int firstEphemeral, int lastEphemeral, long closeTimeoutNs) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("memory", OptionSpec.Type.BYTES, "256MiB", "bytes that all sockets together may hold"),
            new OptionSpec("groups", OptionSpec.Type.NUMBER, "1024", "multicast groups that programs may have joined at once"),
            new OptionSpec("ephemeral-ports", OptionSpec.Type.TEXT, "16384-65535",
                    "first and last port that is chosen when a program names none (RFC 6056)"),
            new OptionSpec("close-timeout", OptionSpec.Type.DURATION, "2s",
                    "how long a stack that closes waits for what closed sockets have written to arrive; 0 is not at all"));
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,5})\\s*-\\s*([0-9]{1,5})");

    static StackOptions of(OptionValues values) {
        Matcher m = RANGE.matcher(values.text("ephemeral-ports"));
        int first = m.matches() ? Integer.parseInt(m.group(1)) : 0;
        int last = m.matches() ? Integer.parseInt(m.group(2)) : 0;
        if (first < 1 || last > 65535 || first > last) {
            throw values.error("ephemeral-ports",
                    "\"" + values.text("ephemeral-ports") + "\" is no range of ports such as 16384-65535");
        }
        return new StackOptions(values.bytes("memory", 64 * 1024, Long.MAX_VALUE / 4),
                (int) values.number("groups", 0, 1 << 20), first, last,
                values.nanos("close-timeout", Duration.ZERO, Duration.ofDays(1)));
    }
}
