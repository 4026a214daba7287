/// The millrace command.
module dev.millrace.cli {
    requires dev.millrace.bench;
    requires dev.millrace.config;
    requires info.picocli;
    requires tools.jackson.databind;

    uses dev.millrace.spi.StackProvider;
}
