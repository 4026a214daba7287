/// The millrace command.
module dev.millrace.cli {
    requires dev.millrace;
}
