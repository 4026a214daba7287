/// A link whose wire is the program's own code.
module dev.millrace.link.vnic {
    requires transitive dev.millrace;
}
