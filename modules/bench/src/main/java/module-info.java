/// Programs that measure: the same work over a stack of ours and over the kernel's sockets.
module dev.millrace.bench {
    requires transitive dev.millrace;
    requires dev.millrace.internet;
    requires dev.millrace.link.vnic;
    requires dev.millrace.jdk;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires java.management;
    requires java.net.http;
    requires jdk.httpserver;
    requires jdk.management;

    exports dev.millrace.bench;
}
