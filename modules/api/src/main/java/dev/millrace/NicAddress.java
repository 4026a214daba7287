package dev.millrace;

import dev.millrace.wire.IpAddress;
import java.time.Duration;
import java.util.Objects;

/// An address of a NIC with what is known of it: whether it may be used, where it comes from, and for how long.
///
/// @param cidr the address with the length of its prefix
/// @param state whether it may be used
/// @param origin where it comes from: `configuration` for what the configuration or the program gave, else the name under
///     which a plug-in enters addresses, such as `link-local`, `slaac` or `temporary`
/// @param isTemporary whether it is one of those that change, so that a host is not known again by it (RFC 8981)
/// @param preferred how much longer it is preferred, or `null` for ever
/// @param valid how much longer the NIC has it, or `null` for ever
public record NicAddress(Cidr cidr, State state, String origin, boolean isTemporary, Duration preferred, Duration valid) {
    /// The origin of what the configuration or the program gave.
    public static final String CONFIGURATION = "configuration";

    /// What an address may be used for (RFC 4862 §2).
    public enum State {
        /// Neighbours are asked whether one of them has it: nothing is sent from it, nothing that comes to it is taken.
        TENTATIVE,
        /// A neighbour has it: it is not used.
        DUPLICATE,
        /// In use.
        PREFERRED,
        /// In use by who has it; not chosen for what is new where another fits.
        DEPRECATED;

        /// Whether packets leave from it and are taken that come to it.
        public boolean isUsable() {
            return this == PREFERRED || this == DEPRECATED;
        }
    }

    /// Checks that nothing is missing.
    public NicAddress {
        Objects.requireNonNull(cidr, "cidr");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(origin, "origin");
    }

    /// The address itself.
    public IpAddress address() {
        return cidr.address();
    }
}
