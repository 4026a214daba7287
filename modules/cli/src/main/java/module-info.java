/// The millrace command.
@SuppressWarnings("requires-automatic")
module dev.millrace.cli {
    requires dev.millrace.bench;
    requires dev.millrace.config;
    requires dev.millrace.dns;
    requires dev.millrace.internet;
    // Only for the tests that explore runs, which may have parameters, and topologies in files.
    requires dev.millrace.internet.config;
    requires org.junit.jupiter.params;
    requires dev.millrace.jdk;
    requires dev.millrace.junit;
    requires dev.millrace.neighbors;
    requires dev.millrace.packetdrill;
    requires dev.millrace.plot;
    requires info.picocli;
    requires org.apache.httpcomponents.core5.httpcore5;
    requires org.junit.platform.launcher;
    requires tools.jackson.databind;

    uses dev.millrace.spi.LinkDriver;
    uses dev.millrace.spi.StackProvider;
}
