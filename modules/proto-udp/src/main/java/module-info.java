/// UDP.
module dev.millrace.udp {
    requires dev.millrace;
}
