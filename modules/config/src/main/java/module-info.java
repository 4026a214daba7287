/// TOML to the stack builder.
module dev.millrace.config {
    requires transitive dev.millrace;
}
