/// Bytes to headers and back: views, options, checksums, packets, addresses and capture files, with no state and no
/// dependency but `java.base`.
module dev.millrace.wire {
    exports dev.millrace.wire;
    exports dev.millrace.wire.buffer;
    exports dev.millrace.wire.pcap;
}
