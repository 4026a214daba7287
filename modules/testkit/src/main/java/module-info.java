/// Hostile links and leak checks for the tests of the other modules, and of programs.
module dev.millrace.testkit {
    requires transitive dev.millrace;

    exports dev.millrace.testkit;
}
