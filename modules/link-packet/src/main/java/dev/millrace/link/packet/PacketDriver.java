package dev.millrace.link.packet;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.io.IOException;
import java.util.List;

/// Opens links on Ethernet interfaces of Linux: `packet:IFACE`. The link sees every frame that comes in at the interface,
/// as the kernel does, and sends frames as they are; what the kernel sends through the interface it does not see. Needs
/// CAP_NET_RAW. The link is of the network namespace of the thread that opens it.
///
/// Errors of system calls are [PacketException]s.
public final class PacketDriver implements LinkDriver {
    /// Called by [java.util.ServiceLoader].
    public PacketDriver() {
    }

    @Override
    public String scheme() {
        return "packet";
    }

    @Override
    public String description() {
        return "an Ethernet interface of Linux: frames through a packet socket";
    }

    @Override
    public List<OptionSpec> options() {
        return PacketSettings.SPECS;
    }

    @Override
    public Link open(Request request) throws IOException {
        return PacketLink.open(PacketSettings.of(request));
    }
}
