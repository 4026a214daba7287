package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// Makes a transport protocol for a stack. Found with [java.util.ServiceLoader].
public interface TransportProtocolFactory {
    /// The name, which is also that of its table in a configuration, such as `tcp`.
    String name();

    /// The number in the IP header, such as 6.
    int number();

    /// One line for people.
    String description();

    /// The options it understands.
    List<OptionSpec> options();

    /// Makes the protocol for one stack.
    ///
    /// @throws dev.millrace.ConfigurationException if an option's value makes no sense
    TransportProtocol create(TransportContext context, OptionValues options);
}
