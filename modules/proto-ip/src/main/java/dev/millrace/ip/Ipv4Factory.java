package dev.millrace.ip;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.wire.EtherType;
import java.util.ArrayList;
import java.util.List;

/// Makes IPv4 for a stack.
public final class Ipv4Factory implements NetworkProtocolFactory {
    /// For [java.util.ServiceLoader].
    public Ipv4Factory() {
    }

    @Override
    public String name() {
        return "ipv4";
    }

    @Override
    public int etherType() {
        return EtherType.IPV4;
    }

    @Override
    public String description() {
        return "IPv4 (RFC 791) and ICMP (RFC 792)";
    }

    @Override
    public List<OptionSpec> options() {
        var specs = new ArrayList<OptionSpec>();
        specs.add(new OptionSpec("ttl", OptionSpec.Type.NUMBER, "64", "time to live of packets sent, 1 to 255"));
        specs.add(new OptionSpec("dont-fragment", OptionSpec.Type.FLAG, "false",
                "set DF on all packets; those of TCP always have it"));
        specs.addAll(PathMtus.specs(4));
        specs.addAll(IcmpLimits.SPECS);
        // Differs: RFC 1122 §3.3.2 wants 60 s at least; identifications come round sooner (RFC 4963), and Linux waits so long.
        specs.addAll(ReassemblyLimits.specs("30s"));
        return List.copyOf(specs);
    }

    @Override
    public InternetProtocol create(NetworkContext context, OptionValues options) {
        return new Ipv4(context, options);
    }
}
