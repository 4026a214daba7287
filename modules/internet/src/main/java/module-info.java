/// A simulated Internet in one JVM: hosts with stacks of their own, and packets that the program routes.
module dev.millrace.internet {
    requires transitive dev.millrace;
    requires transitive dev.millrace.dns;
    requires transitive dev.millrace.jdk;
    requires org.slf4j;

    exports dev.millrace.internet;
}
