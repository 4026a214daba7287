package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// Makes a network protocol for a stack. Found with [java.util.ServiceLoader].
public interface NetworkProtocolFactory {
    /// The name, which is also that of its table in a configuration, such as `ipv4`.
    String name();

    /// The EtherType whose packets it takes, 0x0600 to 0xffff: 0x0800 is IPv4, 0x86dd IPv6. A stack runs one protocol for
    /// each. On links without Ethernet headers there are these two only, told apart by the first four bits of a packet.
    int etherType();

    /// One line for people.
    String description();

    /// The options it understands.
    List<OptionSpec> options();

    /// The options that each Ethernet NIC has for it, beside what is the NIC's own: [NetworkContext#nicOptions].
    default List<OptionSpec> nicOptions() {
        return List.of();
    }

    /// Makes the protocol for one stack. For the EtherTypes of IP it must be an [InternetProtocol].
    ///
    /// @throws dev.millrace.ConfigurationException if an option's value makes no sense
    NetworkProtocol create(NetworkContext context, OptionValues options);
}
