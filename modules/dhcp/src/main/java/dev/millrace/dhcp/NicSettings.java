package dev.millrace.dhcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// What a NIC's client is told.
///
/// @param file where the lease is kept over a restart, or `null`
/// @param hostName what it calls itself, or an empty string
/// @param routes whether the stack gets the routes that come with a lease
record NicSettings(Path file, String hostName, boolean routes) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("dhcp", OptionSpec.Type.FLAG, "false", "on Ethernet: lease an IPv4 address from a DHCP server; the "
                    + "same as dhcp among the addresses"),
            new OptionSpec("dhcp-lease-file", OptionSpec.Type.TEXT, "", "file that keeps the lease, so that it is used again "
                    + "after a restart; without one it is given back when the stack is closed"),
            new OptionSpec("dhcp-hostname", OptionSpec.Type.TEXT, "", "name that the server is told"),
            new OptionSpec("dhcp-routes", OptionSpec.Type.FLAG, "true", "whether to take the routes that come with the lease, the "
                    + "default route among them"));
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?");

    static NicSettings of(OptionValues v) {
        String name = v.text("dhcp-hostname");
        if (!name.isEmpty() && !HOST_NAME.matcher(name).matches()) {
            throw v.error("dhcp-hostname", "\"" + name + "\" is no host name: letters, digits, - and ., 63 at most");
        }
        try {
            return new NicSettings(v.has("dhcp-lease-file") ? Path.of(v.text("dhcp-lease-file")) : null, name,
                    v.flag("dhcp-routes"));
        } catch (InvalidPathException e) {
            throw v.error("dhcp-lease-file", e.getMessage());
        }
    }
}
