package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// Makes a source of addresses for a stack that has a NIC whose options ask for one. Found with [java.util.ServiceLoader].
public interface AddressSourceFactory {
    /// The name: that of its table in a configuration, of the NIC's option that asks for it, and how it is written among a
    /// NIC's addresses, such as `dhcp`.
    String name();

    /// The version of IP that its addresses are of, 4 or 6.
    int version();

    /// One line for people.
    String description();

    /// The options it understands, for all NICs of a stack.
    List<OptionSpec> options();

    /// The options that each NIC on Ethernet has for it. The first is a flag of its own name, `false` by default.
    List<OptionSpec> nicOptions();

    /// Makes the source for one stack.
    ///
    /// @throws dev.millrace.ConfigurationException if an option's value makes no sense, or something else is missing
    AddressSource create(AddressSourceContext context, OptionValues options);
}
