package dev.millrace.wire.pcap;

/// The LINKTYPE_ numbers of capture files that matter to an IP stack; a reader passes any other on as it is.
public final class LinkType {
    /// Four bytes of address family in the byte order of the machine that captured, then the packet (BSD loopback).
    public static final int NULL = 0;
    /// An Ethernet II header.
    public static final int ETHERNET = 1;
    /// An IPv4 or IPv6 header.
    public static final int RAW = 101;

    private LinkType() {
    }
}
