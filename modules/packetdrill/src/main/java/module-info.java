/// Runs scripts in the packetdrill language against a stack, on a link of its own and in virtual time; and a front for JUnit.
module dev.millrace.packetdrill {
    requires transitive dev.millrace;
    // For those who use the front, and have it anyway. Not transitive: who compiles without it could not use the rest.
    requires static org.junit.jupiter.api;

    exports dev.millrace.packetdrill;
    exports dev.millrace.packetdrill.junit;
}
