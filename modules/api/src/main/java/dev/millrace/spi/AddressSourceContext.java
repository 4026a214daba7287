package dev.millrace.spi;

/// What an [AddressSource] gets from its stack. What it learns it enters through its [HostConfiguration]
/// ([NetworkContext#hostConfiguration]). Any thread may call any method.
public interface AddressSourceContext extends NetworkContext {
    /// Sets the largest IP packet that a NIC sends, of whatever version.
    ///
    /// @param bytes 68 to the MTU of its link; what lies outside counts as the nearest of them
    void setMtu(NicPort nic, int bytes);
}
