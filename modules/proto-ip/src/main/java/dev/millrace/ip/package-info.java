/// IPv4 and IPv6 with their ICMP.
///
/// In: [Ipv4] and [Ipv6] check the header and the addresses, [Icmpv4] and [Icmpv6] answer what is theirs, everything
/// else goes to the transports. Out: [Ipv4Path] and [Ipv6Path] put headers in front.
///
/// Fragments: there is no reassembly yet. A packet that is a fragment is dropped as `FRAGMENT` (counter
/// `dropped-fragment`) at one place for each version: the last step of `Ipv4.check`, and the verdict `FRAGMENT` in
/// `Ipv6.object`. A `Reassembly` belongs there: it takes the packet, starting at its IP header with addresses and IP
/// facts set and all checks behind it, and gives back the whole packet to be delivered, or nothing.
package dev.millrace.ip;
