/// A protocol on Ethernet by which stations find one another.
module example.hello {
    requires transitive dev.millrace;

    exports example.hello;

    provides dev.millrace.spi.NetworkProtocolFactory with example.hello.HelloFactory;
}
