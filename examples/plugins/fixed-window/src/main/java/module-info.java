/// A congestion control with a window that never changes.
module example.fixedwindow {
    requires dev.millrace;

    provides dev.millrace.spi.CongestionControlFactory with example.fixedwindow.FixedWindowFactory;
}
