package example.ask;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.TransportProtocolFactory;
import java.util.List;

/// Makes [Ask] for a stack.
public final class AskFactory implements TransportProtocolFactory {
    /// For experiments and testing (RFC 3692).
    static final int NUMBER = 253;

    /// Called by [java.util.ServiceLoader].
    public AskFactory() {
    }

    @Override
    public String name() {
        return "ask";
    }

    @Override
    public int number() {
        return NUMBER;
    }

    @Override
    public String description() {
        return "questions and answers";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("timeout", OptionSpec.Type.DURATION, "3s", "how long an answer may take"));
    }

    @Override
    public TransportProtocol create(TransportContext context, OptionValues options) {
        return new AskProtocol(context, options);
    }
}
