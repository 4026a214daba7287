/// Runs scripts in the packetdrill language against a stack, on a link of its own and in virtual time.
module dev.millrace.packetdrill {
    requires transitive dev.millrace;

    exports dev.millrace.packetdrill;
}
