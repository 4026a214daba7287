/// Runs scripts in the packetdrill language against a stack, on a link of its own and in virtual time; and a front for JUnit.
module dev.millrace.packetdrill {
    requires transitive dev.millrace;
    // For those who use the front.
    requires static transitive org.junit.jupiter.api;

    exports dev.millrace.packetdrill;
    exports dev.millrace.packetdrill.junit;
}
