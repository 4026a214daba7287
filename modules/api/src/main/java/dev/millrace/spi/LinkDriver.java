package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Opens links of one URI scheme. Found with [java.util.ServiceLoader].
public interface LinkDriver {
    /// The scheme, such as `tun` in `tun:mr0`.
    String scheme();

    /// One line for people.
    String description();

    /// The options it understands beside `mtu`.
    List<OptionSpec> options();

    /// The URI of the link that one of this driver's stands on, if it wraps another: in `delay:50ms,tun:mr0` the target is
    /// `50ms,tun:mr0` and this `tun:mr0`. The stack opens that first and gives it to [#open]. A NIC's options are then of both
    /// drivers; where both know a name it is the outer one's.
    ///
    /// @param target what stands behind the scheme
    /// @throws dev.millrace.ConfigurationException if the target makes no sense
    default Optional<String> inner(String target) {
        return Optional.empty();
    }

    /// Opens a link. Nothing is delivered before [Link#attach].
    ///
    /// An inner link becomes this link's when `open` returns: it attaches it, and closes it when it is closed itself. If
    /// `open` throws, the stack closes the inner link.
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
    /// @param stack the stack, or `null` for a link that is used without one: clock, timers, chance, waits, counters. A link uses no others, so that a stack that its caller
    ///     steps, or that a simulation drives, stays a function of its seed
    /// @param inner the link that this one stands on, open and not attached, or `null`
    record Request(String nic, String target, int mtu, OptionValues options, StackContext stack, Link inner) {
        /// For a program that uses a link without a stack.
        public Request(String nic, String target, int mtu, OptionValues options) {
            this(nic, target, mtu, options, null, null);
        }
    }
}
