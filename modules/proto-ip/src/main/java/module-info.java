/// IPv4, IPv6 and ICMP.
module dev.millrace.ip {
    requires dev.millrace;
}
