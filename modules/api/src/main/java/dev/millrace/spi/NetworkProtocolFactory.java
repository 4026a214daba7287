package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// Makes a network protocol for a stack. Found with [java.util.ServiceLoader].
public interface NetworkProtocolFactory {
    /// The name, which is also that of its table in a configuration: `ipv4` or `ipv6`.
    String name();

    /// The IP version: 4 or 6.
    int version();

    /// One line for people.
    String description();

    /// The options it understands.
    List<OptionSpec> options();

    /// Makes the protocol for one stack.
    NetworkProtocol create(NetworkContext context, OptionValues options);
}
