/// Topologies of simulated Internets from TOML files.
module dev.millrace.internet.config {
    requires dev.millrace.config;
    requires transitive dev.millrace.internet;

    exports dev.millrace.internet.config;
}
