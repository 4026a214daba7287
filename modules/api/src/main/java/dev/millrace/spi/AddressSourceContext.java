package dev.millrace.spi;

import dev.millrace.Cidr;
import dev.millrace.RouteConfig;

/// What an [AddressSource] gets from its stack: where it enters what it has learned, and takes back that alone. Any thread may
/// call any method.
public interface AddressSourceContext extends NetworkContext {
    /// Gives a NIC an address.
    ///
    /// @throws dev.millrace.ConfigurationException if a NIC of the stack has it already, or no NIC can have it
    /// @throws IllegalStateException if the stack is being closed
    void addAddress(NicPort nic, Cidr address);

    /// Takes an address from a NIC and returns whether it was there.
    boolean removeAddress(NicPort nic, Cidr address);

    /// Adds a route, behind those to the same network that are there.
    ///
    /// @param route names its NIC; its gateway need not be in one of the NIC's networks
    /// @throws IllegalStateException if the stack is being closed
    void addRoute(RouteConfig route);

    /// Removes one route that was added as this, and no other to the same network. Returns whether there was one.
    boolean removeRoute(RouteConfig route);

    /// Sets the largest IP packet that a NIC sends.
    ///
    /// @param bytes 68 to the MTU of its link; what lies outside counts as the nearest of them
    void setMtu(NicPort nic, int bytes);
}
