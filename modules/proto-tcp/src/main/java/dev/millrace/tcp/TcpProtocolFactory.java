package dev.millrace.tcp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.TransportProtocolFactory;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.IpProtocol;
import java.util.ArrayList;
import java.util.List;

/// Brings TCP (RFC 9293) to a stack.
public final class TcpProtocolFactory implements TransportProtocolFactory {
    /// Called by [java.util.ServiceLoader].
    public TcpProtocolFactory() {
    }

    @Override
    public String name() {
        return "tcp";
    }

    @Override
    public int number() {
        return IpProtocol.TCP;
    }

    @Override
    public String description() {
        return "Transmission Control Protocol (RFC 9293)";
    }

    @Override
    public List<OptionSpec> options() {
        var all = new ArrayList<OptionSpec>(TcpSettings.SPECS);
        all.addAll(TcpProtocol.SPECS);
        all.addAll(FastOpenSettings.SPECS);
        return List.copyOf(all);
    }

    @Override
    public TransportProtocol create(TransportContext context, OptionValues options) {
        return new TcpProtocol(context, options);
    }
}
