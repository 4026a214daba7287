package dev.millrace;

import dev.millrace.spi.Link;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// One network interface of a [StackConfig].
///
/// @param name the NIC's name, unique in its stack
/// @param link the link's URI, such as `loopback:` or `tun:mr0`; the scheme chooses the driver. Empty if `open` is given
/// @param open a link that the program made itself, or `null`
/// @param mtu the largest IP packet in bytes, or 0 for the link's own
/// @param addresses the NIC's addresses with their prefixes
/// @param ownsSubnets whether the NIC answers for every address of its prefixes; `null` leaves it to the link: a
///     loopback link does
/// @param options the driver's options, by name
public record NicConfig(
        String name,
        String link,
        Link open,
        int mtu,
        List<Cidr> addresses,
        Boolean ownsSubnets,
        Map<String, String> options) {
    private static final Pattern ADDRESS_SOURCE = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    /// Whether what stands among addresses is no address but the name of an option that makes a plug-in find some.
    ///
    /// @param text as it is written in a configuration, such as `slaac`
    public static boolean isAddressSource(String text) {
        return ADDRESS_SOURCE.matcher(text).matches();
    }

    /// Copies the collections.
    public NicConfig {
        addresses = List.copyOf(addresses);
        options = Map.copyOf(options);
    }
}
