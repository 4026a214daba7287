/// TCP connections of captures as pictures.
module dev.millrace.plot {
    requires dev.millrace.wire;

    exports dev.millrace.plot;
}
