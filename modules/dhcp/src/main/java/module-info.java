/// Leases IPv4 addresses from DHCP servers (RFC 2131), and what comes with them.
module dev.millrace.dhcp {
    requires transitive dev.millrace;
    requires org.slf4j;

    exports dev.millrace.dhcp;

    provides dev.millrace.spi.AddressSourceFactory with dev.millrace.dhcp.DhcpFactory;
}
