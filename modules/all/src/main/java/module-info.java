/// One dependency that brings the stack, its protocols and all links.
module dev.millrace.all {
    requires transitive dev.millrace;
    requires dev.millrace.stack;
    requires dev.millrace.ip;
    requires dev.millrace.udp;
    requires dev.millrace.tcp;
    requires dev.millrace.neighbors;
    requires dev.millrace.dhcp;
    requires dev.millrace.link.loopback;
    requires dev.millrace.link.vnic;
    requires dev.millrace.link.vxlan;
    requires dev.millrace.link.tun;
    requires dev.millrace.link.packet;
}
