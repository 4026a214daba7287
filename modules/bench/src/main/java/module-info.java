/// Programs that measure.
module dev.millrace.bench {
    requires dev.millrace;
    requires dev.millrace.link.vnic;
}
