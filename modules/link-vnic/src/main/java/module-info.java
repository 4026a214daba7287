/// A link whose wire is the program's own code.
module dev.millrace.link.vnic {
    requires transitive dev.millrace;

    exports dev.millrace.link.vnic;

    provides dev.millrace.spi.LinkDriver with dev.millrace.link.vnic.VnicDriver;
}
