package dev.millrace;

import dev.millrace.wire.IpAddress;

/// One route of a [StackConfig].
///
/// @param to the destination network, or `null` for the default route, of the version of `via`, or of both if that is
///     `null` too
/// @param via the gateway, or `null` if the destination is on the link
/// @param nic the NIC's name, or an empty string to derive it from the gateway, or from the only NIC there is
public record RouteConfig(Cidr to, IpAddress via, String nic) {
}
