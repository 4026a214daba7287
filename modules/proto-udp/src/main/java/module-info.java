/// UDP.
module dev.millrace.udp {
    requires dev.millrace;

    provides dev.millrace.spi.TransportProtocolFactory with dev.millrace.udp.UdpProtocolFactory;
}
