/// Finds the link-layer addresses of neighbours on Ethernet: ARP and NDP, with one cache for both.
module dev.millrace.neighbors {
    requires transitive dev.millrace;
    requires org.slf4j;

    exports dev.millrace.neighbors;

    provides dev.millrace.spi.NetworkProtocolFactory with dev.millrace.neighbors.NeighborsFactory;
}
