package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.wire.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// Whom a command speaks to: an address, or a name that the host's resolver knows.
///
/// @param text as it was given
/// @param address what it is
record Destination(String text, InetAddress address) {
    /// The options that choose the IP version of a name.
    static final class Version {
        private final CommandSpec spec;
        private final OptionSpec v4;
        private final OptionSpec v6;

        Version(CommandSpec spec) {
            this.spec = spec;
            v4 = flag(spec, "-4", "of a name, use an address of IPv4");
            v6 = flag(spec, "-6", "of a name, use an address of IPv6");
        }

        private static OptionSpec flag(CommandSpec spec, String name, String description) {
            return Commands.flag(spec, name, description);
        }

        Destination of(String text) throws UnknownHostException {
            boolean only4 = Commands.is(v4);
            boolean only6 = Commands.is(v6);
            if (only4 && only6) {
                throw new ParameterException(spec.commandLine(), "only one of -4 and -6 can be wanted");
            }
            InetAddress address = Arrays.stream(resolve(text))
                    .filter(a -> !only4 && !only6 || IpAddress.of(a).isV4() == only4).findFirst().orElseThrow(
                            () -> new UnknownHostException(text + " has no address of IPv" + (only4 ? 4 : 6)));
            return new Destination(text, address);
        }

        private static InetAddress[] resolve(String text) throws UnknownHostException {
            try {
                return InetAddress.getAllByName(text);
            } catch (UnknownHostException e) {
                throw new UnknownHostException(text + ": the host's resolver knows no such name; give an address");
            }
        }
    }

    /// The address in digits.
    String literal() {
        return IpAddress.of(address).toString();
    }

    int version() {
        return IpAddress.of(address).version();
    }
}
