/// IPv4, IPv6 and ICMP.
module dev.millrace.ip {
    requires dev.millrace;

    provides dev.millrace.spi.NetworkProtocolFactory
            with dev.millrace.ip.Ipv4Factory, dev.millrace.ip.Ipv6Factory;
}
