package dev.millrace.spi;

import dev.millrace.OptionValues;
import java.util.Optional;

/// Gives NICs their addresses while a stack runs, by a protocol of its own, such as DHCP. Any thread may call any method.
public interface AddressSource extends AutoCloseable {
    /// Begins on a NIC whose options ask for it: once, when packets can come and go.
    ///
    /// @param nic a NIC on Ethernet
    /// @param options the values of [AddressSourceFactory#nicOptions]
    void begin(NicPort nic, OptionValues options);

    /// A NIC on which it has begun went up or down.
    void stateChanged(NicPort nic, boolean up);

    /// What programs or other plug-ins use, if this source offers it: see [dev.millrace.Stack#service].
    default <T> Optional<T> service(Class<T> type) {
        return Optional.empty();
    }

    /// The stack is being closed: gives back what was lent, as far as that takes no time, and stops. Packets still leave, and
    /// transports are closed after this.
    @Override
    void close();
}
