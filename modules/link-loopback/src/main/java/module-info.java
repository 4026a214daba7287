/// A link whose wire leads back to its own stack.
module dev.millrace.link.loopback {
    requires dev.millrace;

    provides dev.millrace.spi.LinkDriver with dev.millrace.link.loopback.LoopbackDriver;
}
