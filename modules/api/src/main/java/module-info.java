/// What programs use ([dev.millrace]) and what plug-ins implement ([dev.millrace.spi]).
///
/// A program that requires this module alone gets the stack, its protocols and its links at run time, by service
/// binding, if they are on the module path or the class path.
module dev.millrace {
    requires transitive dev.millrace.wire;

    exports dev.millrace;
    exports dev.millrace.spi;

    uses dev.millrace.spi.StackProvider;
}
