package dev.millrace.link.vnic;

/// What became of a frame that a program injected into a [Vnic].
public enum Injection {
    /// The stack has it.
    DELIVERED,
    /// No stack is attached to the NIC.
    NOT_ATTACHED,
    /// The NIC is closed.
    CLOSED,
    /// The frame is empty.
    EMPTY,
    /// The frame is longer than the MTU.
    TOO_BIG,
    /// The frame begins with neither an IPv4 nor an IPv6 header.
    NOT_IP
}
