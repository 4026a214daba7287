package dev.millrace.neighbors;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.wire.EtherType;
import java.util.ArrayList;
import java.util.List;

/// Makes ARP and NDP's neighbour discovery for a stack.
public final class NeighborsFactory implements NetworkProtocolFactory {
    /// Called by [java.util.ServiceLoader].
    public NeighborsFactory() {
    }

    @Override
    public String name() {
        return "neighbors";
    }

    @Override
    public int etherType() {
        return EtherType.ARP;
    }

    @Override
    public String description() {
        return "neighbours on Ethernet: ARP (RFC 826, RFC 5227), NDP (RFC 4861), addresses from routers (RFC 4862), MLD (RFC 3810)";
    }

    @Override
    public List<OptionSpec> options() {
        var all = new ArrayList<>(NeighborSettings.SPECS);
        all.addAll(AutoSettings.SPECS);
        return List.copyOf(all);
    }

    @Override
    public List<OptionSpec> nicOptions() {
        return NicSettings.SPECS;
    }

    @Override
    public NetworkProtocol create(NetworkContext context, OptionValues options) {
        return new NeighborProtocol(context, NeighborSettings.of(options), AutoSettings.of(options));
    }
}
