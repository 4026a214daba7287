/// The assembler: a configuration becomes NICs, routes, demultiplexing, threads and a life cycle.
module dev.millrace.stack {
    requires dev.millrace;
    requires static jdk.jfr;
    requires org.slf4j;

    uses dev.millrace.spi.LinkDriver;
    uses dev.millrace.spi.NetworkProtocolFactory;
    uses dev.millrace.spi.TransportProtocolFactory;
    uses dev.millrace.spi.CongestionControlFactory;
    uses dev.millrace.spi.AddressSourceFactory;

    provides dev.millrace.spi.StackProvider with dev.millrace.stack.StackAssembler;
}
