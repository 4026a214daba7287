package example.hello;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NetworkProtocolFactory;
import java.util.List;

/// Makes [Hello] for a stack.
public final class HelloFactory implements NetworkProtocolFactory {
    /// For local experiments (IEEE 802).
    static final int ETHER_TYPE = 0x88b5;

    /// Called by [java.util.ServiceLoader].
    public HelloFactory() {
    }

    @Override
    public String name() {
        return "hello";
    }

    @Override
    public int etherType() {
        return ETHER_TYPE;
    }

    @Override
    public String description() {
        return "stations that say hello";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("station", OptionSpec.Type.TEXT, "", "the name to give; the stack's if none"));
    }

    @Override
    public NetworkProtocol create(NetworkContext context, OptionValues options) {
        return new HelloProtocol(context, options.has("station") ? options.text("station") : context.stackName());
    }
}
