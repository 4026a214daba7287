/// TCP: an engine without I/O, endpoints, congestion control.
module dev.millrace.tcp {
    requires dev.millrace;
    requires static jdk.jfr;

    provides dev.millrace.spi.TransportProtocolFactory with dev.millrace.tcp.TcpProtocolFactory;
    provides dev.millrace.spi.CongestionControlFactory with dev.millrace.tcp.cc.CubicFactory,
            dev.millrace.tcp.cc.NewRenoFactory, dev.millrace.tcp.cc.BbrFactory;
}
