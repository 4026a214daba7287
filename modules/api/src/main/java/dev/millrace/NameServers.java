package dev.millrace;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// The name servers that a stack was told of by its networks: `stack.service(NameServers.class)`, which every stack has. Any
/// thread may call any method.
public interface NameServers {
    /// A server that answers recursive questions.
    ///
    /// @param address where it is asked; a link-local address is one of the NIC's link
    /// @param nic the NIC by whose network it was told
    /// @param origin who told: the name under which a plug-in enters servers, such as `slaac` for routers (RFC 8106)
    /// @param remaining how much longer it may be asked, or `null` for ever
    record NameServer(InetAddress address, String nic, String origin, Duration remaining) {
    }

    /// All that may be asked now, in the order in which they were told.
    List<NameServer> list();
}
