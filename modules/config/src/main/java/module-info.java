/// TOML to the stack builder.
module dev.millrace.config {
    requires transitive dev.millrace;
    requires tools.jackson.core;
    requires tools.jackson.databind;
    requires tools.jackson.dataformat.toml;

    exports dev.millrace.config;
}
