package dev.millrace.stack;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.NicConfig;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.NeighborDiscovery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Opens the NICs of a configuration: first the innermost link, then what wraps it, then the NIC that stands on them. What
/// fails closes what it had opened.
final class NicOpening {
    private final AssembledStack stack;
    private final ConfigurationCheck check;

    NicOpening(AssembledStack stack, ConfigurationCheck check) {
        this.stack = stack;
        this.check = check;
    }

    StackNic open(int i) throws IOException {
        NicConfig config = check.config().nics().get(i);
        String key = "nic[" + i + "]";
        var links = new ArrayList<Link>();
        Link link = config.open() != null ? config.open() : open(config, check.chain(i), links);
        links.addFirst(link);
        try {
            int mtu = config.mtu() == 0 ? link.mtu() : config.mtu();
            if (mtu > link.mtu()) {
                throw new ConfigurationException(key + ".mtu", mtu + " is more than the link's " + link.mtu());
            }
            boolean v6 = config.addresses().stream().anyMatch(a -> !a.address().isV4());
            if (v6 && mtu < 1280) {
                throw new ConfigurationException(key + ".addresses",
                        "IPv6 needs an MTU of at least 1280 bytes (RFC 8200 §5), the link has " + mtu);
            }
            boolean ownsSubnets = config.ownsSubnets() == null ? link.isLoopback() : config.ownsSubnets();
            String linkName = config.open() == null ? config.link() : link.getClass().getSimpleName();
            StationOptions station = check.station(i);
            boolean ethernet = link.medium() == Link.Medium.ETHERNET;
            var nic = new StackNic(stack, i, config.name(), linkName, links, mtu, ownsSubnets,
                    ethernet && station.checksAddresses());
            if (ethernet) {
                nic.frame(new EthernetFraming(nic, stack, neighbors(key), station.address(stack, nic), station.vlan()));
            } else if (!check.ethernetOptions(i).isEmpty()) {
                throw new ConfigurationException(key, "the link carries packets without Ethernet headers: "
                        + "it takes no " + String.join(", no ", check.ethernetOptions(i)));
            }
            return nic;
        } catch (Throwable t) {
            link.close();
            throw t;
        }
    }

    /// Opens a link.
    ///
    /// @param wrapped gets the links that it stands on, the outermost first
    private Link open(NicConfig config, LinkChain chain, List<Link> wrapped) throws IOException {
        Link inner = chain.inner() == null ? null : open(config, chain.inner(), wrapped);
        if (inner != null) {
            wrapped.addFirst(inner);
        }
        try {
            return chain.driver().open(new LinkDriver.Request(config.name(), chain.target(), config.mtu(), chain.values(),
                    new PluginContext(stack, 0, null), inner));
        } catch (Throwable t) {
            if (inner != null) {
                inner.close();
            }
            throw t;
        }
    }

    private NeighborDiscovery neighbors(String key) {
        return stack.service(NeighborDiscovery.class).orElseThrow(() -> new ConfigurationException(
                ErrorCode.MISSING_PLUGIN, key + ".link", "the link carries Ethernet frames, and no protocol of this stack finds "
                        + "neighbours on it: add " + ConfigurationCheck.artifactFor("neighbors")
                        + ", and name neighbors if [stack] protocols lists names", null));
    }
}
