/// DNS messages, and a client that resolves names over a stack's UDP and TCP.
module dev.millrace.dns {
    requires transitive dev.millrace;

    exports dev.millrace.dns;
}
