package dev.millrace.link.loopback;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.util.List;

/// Opens loopback links: `loopback:`.
public final class LoopbackDriver implements LinkDriver {
    /// As a kernel's loopback interface: one byte more than an IPv4 packet can have.
    private static final int DEFAULT_MTU = 65536;

    /// Called by [java.util.ServiceLoader].
    public LoopbackDriver() {
    }

    @Override
    public String scheme() {
        return "loopback";
    }

    @Override
    public String description() {
        return "leads back to its own stack, in process";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("checksums", OptionSpec.Type.FLAG, "false",
                "compute and verify checksums, although nothing can damage a packet in memory"));
    }

    @Override
    public Link open(Request request) {
        return new LoopbackLink(request.mtu() == 0 ? DEFAULT_MTU : request.mtu(), request.options().flag("checksums"));
    }
}
