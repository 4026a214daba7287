/// A link driver that wraps any other and delays what passes.
module example.delay {
    requires dev.millrace;

    provides dev.millrace.spi.LinkDriver with example.delay.DelayDriver;
}
