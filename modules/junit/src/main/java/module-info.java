/// A simulated Internet for each test: annotations and the JUnit extension behind them, and the search over seeds.
module dev.millrace.junit {
    requires transitive dev.millrace.internet;
    requires transitive org.junit.jupiter.api;
    requires dev.millrace.plot;
    requires static dev.millrace.internet.config;
    requires static org.junit.platform.launcher;

    exports dev.millrace.junit;

    uses org.junit.platform.engine.TestEngine;
}
