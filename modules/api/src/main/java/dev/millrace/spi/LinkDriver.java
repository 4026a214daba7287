package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.io.IOException;
import java.util.List;

/// Opens links of one URI scheme. Found with [java.util.ServiceLoader].
public interface LinkDriver {
    /// The scheme, such as `tun` in `tun:mr0`.
    String scheme();

    /// One line for people.
    String description();

    /// The options it understands beside `mtu`.
    List<OptionSpec> options();

    /// Opens a link. Nothing is delivered before [Link#attach].
    ///
    /// @throws dev.millrace.ConfigurationException if the target or an option makes no sense
    /// @throws IOException if the device cannot be opened; the message says what to do
    Link open(Request request) throws IOException;

    /// What a driver is asked to open.
    ///
    /// @param nic the name of the NIC that will use the link
    /// @param target what stands behind the scheme, such as `mr0` in `tun:mr0`; may be empty
    /// @param mtu the MTU asked for in bytes, or 0 for the link's own
    /// @param options the values of the driver's options
    record Request(String nic, String target, int mtu, OptionValues options) {
    }
}
