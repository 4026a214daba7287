package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.IpVariant;
import dev.millrace.wire.IpAddress;

/// What a run needs to know beside the script's events: addresses, ports, sizes, tolerances.
///
/// @param variant which version of IP is on the wire and which in sockets
/// @param local the stack's address
/// @param prefix the length of its network's prefix
/// @param remote the peer's address
/// @param bindPort where `bind(..., ...)` binds to
/// @param connectPort where `connect(..., ...)` connects to
/// @param mtu of the link, in bytes
/// @param toleranceNs how far times may differ
/// @param tolerancePercent how far, as a part of the time since the event before, in percent
/// @param tickNs how long a tick of the script's timestamps is, or 0 if they are not compared
/// @param scaledEchoes whether the peer may echo timestamps that the script has never shown
/// @param strictSegments whether segments are compared one by one
record Settings(IpVariant variant, IpAddress local, int prefix, IpAddress remote, int bindPort, int connectPort, int mtu,
        long toleranceNs, double tolerancePercent, long tickNs, boolean scaledEchoes, boolean strictSegments) {
    /// How far an event may be from its time.
    ///
    /// @param sinceNs the time since the event before
    long tolerance(long sinceNs) {
        return Math.max(toleranceNs, (long) (Math.max(0, sinceNs) * tolerancePercent / 100));
    }
}
