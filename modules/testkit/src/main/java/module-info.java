/// Hostile links, leak checks and packet builders for the tests of the other modules.
module dev.millrace.testkit {
    requires transitive dev.millrace;
    requires transitive org.junit.jupiter.api;

    exports dev.millrace.testkit;
}
