/// A transport protocol of questions and answers.
module example.ask {
    requires transitive dev.millrace;

    exports example.ask;

    provides dev.millrace.spi.TransportProtocolFactory with example.ask.AskFactory;
}
