package dev.millrace.udp;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.TransportProtocolFactory;
import dev.millrace.wire.IpProtocol;
import java.util.List;

/// Brings UDP (RFC 768) to a stack.
public final class UdpProtocolFactory implements TransportProtocolFactory {
    /// Called by [java.util.ServiceLoader].
    public UdpProtocolFactory() {
    }

    @Override
    public String name() {
        return "udp";
    }

    @Override
    public int number() {
        return IpProtocol.UDP;
    }

    @Override
    public String description() {
        return "User Datagram Protocol (RFC 768)";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("receive-buffer", OptionSpec.Type.BYTES, "4MiB",
                "bytes of datagrams, with what keeps them in memory, that wait in one socket; more are dropped"));
    }

    @Override
    public TransportProtocol create(TransportContext context, OptionValues options) {
        return new UdpProtocol(context, (int) options.bytes("receive-buffer", 4096, 1 << 30));
    }
}
