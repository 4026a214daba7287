package dev.millrace;

import java.util.List;
import java.util.Optional;

/// A network interface of a [Stack].
public interface Nic {
    /// Its name, unique in the stack.
    String name();

    /// The URI of its link, or the class of a link that the program made itself.
    String linkName();

    /// The largest IP packet, in bytes.
    int mtu();

    /// Its addresses with their prefixes: those that it may use now, wherever they come from.
    List<Cidr> addresses();

    /// All its addresses, those included that it may not use or not yet, with their states, origins and lifetimes as they are
    /// at this moment.
    List<NicAddress> addressDetails();

    /// Adds an address at run time.
    ///
    /// @throws ConfigurationException if a NIC of the stack has it already, or if no NIC, or not this one, can have it
    /// @throws IllegalStateException if the stack is closed
    void addAddress(Cidr address);

    /// Removes an address and returns whether it was there. Connections from it lose their path.
    boolean removeAddress(Cidr address);

    /// Whether packets can go out and come in.
    boolean isUp();

    /// The link, or one that it stands on, as an object of this type, if there is one: the way to a virtual NIC that a driver
    /// opened.
    <T> Optional<T> unwrap(Class<T> type);
}
