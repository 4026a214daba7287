/// A host on Ethernet: finds the link-layer addresses of neighbours by ARP and NDP, with one cache for both, and addresses and
/// routes of its own by what routers advertise.
module dev.millrace.neighbors {
    requires transitive dev.millrace;
    requires org.slf4j;

    exports dev.millrace.neighbors;

    provides dev.millrace.spi.NetworkProtocolFactory with dev.millrace.neighbors.NeighborsFactory;
}
