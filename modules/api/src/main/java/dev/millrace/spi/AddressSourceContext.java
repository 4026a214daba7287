package dev.millrace.spi;

/// What an [AddressSource] gets from its stack. What it learns it enters through its [HostConfiguration]
/// ([NetworkContext#hostConfiguration]). Any thread may call any method.
public interface AddressSourceContext extends NetworkContext {
    /// Sets the largest IP packet that a NIC sends, of whatever version.
    ///
    /// @param bytes 68 to the MTU of its link; what lies outside counts as the nearest of them. In a stack that has IPv6 less than 1280
    ///     counts as that: a server of IPv4 is not to take IPv6 away, whether the NIC has such an address now or later
    void setMtu(NicPort nic, int bytes);
}
