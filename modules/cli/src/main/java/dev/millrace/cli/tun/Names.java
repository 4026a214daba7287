package dev.millrace.cli.tun;

import java.util.List;
import java.util.regex.Pattern;

/// Which names are taken from users, and how words are written for a shell.
final class Names {
    /// Linux allows more (anything but `/`, `:` and white space), but these need no quoting anywhere; IFNAMSIZ is 16
    /// with the zero at the end.
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");
    /// `/proc/sys/net/ipv4/conf` has these beside the devices.
    private static final List<String> NOT_DEVICES = List.of("all", "default");

    private Names() {
    }

    /// Returns the name if it is one that a device can have.
    ///
    /// @throws IllegalArgumentException if not; the message says what a name is
    static String device(String name) {
        if (!DEVICE.matcher(name).matches() || NOT_DEVICES.contains(name)) {
            throw new IllegalArgumentException("\"" + name + "\" is no name for a device: 1 to 15 letters, digits, '-', '_' "
                    + "and '.', with a letter or digit first, and neither \"all\" nor \"default\"");
        }
        return name;
    }

    /// A command as a line for a shell.
    static String line(List<String> command) {
        return String.join(" ", command.stream().map(Names::quoted).toList());
    }

    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
