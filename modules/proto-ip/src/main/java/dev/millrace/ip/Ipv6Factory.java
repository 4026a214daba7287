package dev.millrace.ip;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.wire.EtherType;
import java.util.ArrayList;
import java.util.List;

/// Makes IPv6 for a stack.
public final class Ipv6Factory implements NetworkProtocolFactory {
    /// For [java.util.ServiceLoader].
    public Ipv6Factory() {
    }

    @Override
    public String name() {
        return "ipv6";
    }

    @Override
    public int etherType() {
        return EtherType.IPV6;
    }

    @Override
    public String description() {
        return "IPv6 (RFC 8200) and ICMPv6 (RFC 4443)";
    }

    @Override
    public List<OptionSpec> options() {
        var specs = new ArrayList<OptionSpec>();
        specs.add(new OptionSpec("hop-limit", OptionSpec.Type.NUMBER, "64", "hop limit of packets sent, 1 to 255"));
        specs.addAll(PathMtus.specs(6));
        specs.addAll(IcmpLimits.SPECS);
        specs.addAll(ReassemblyLimits.specs("60s"));
        return List.copyOf(specs);
    }

    @Override
    public InternetProtocol create(NetworkContext context, OptionValues options) {
        return new Ipv6(context, options);
    }
}
