/// Ethernet frames in UDP datagrams between machines (RFC 7348).
module dev.millrace.link.vxlan {
    requires dev.millrace;

    provides dev.millrace.spi.LinkDriver with dev.millrace.link.vxlan.VxlanDriver;
}
