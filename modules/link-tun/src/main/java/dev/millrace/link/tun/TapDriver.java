package dev.millrace.link.tun;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.io.IOException;
import java.util.List;

/// Opens TAP devices of Linux: `tap:NAME`, or `tap:` for a name of the kernel's choice. A device that is not there is
/// made, which needs CAP_NET_ADMIN, and goes when the link is closed.
///
/// Errors of system calls are [TunException]s.
public final class TapDriver implements LinkDriver {
    /// Called by [java.util.ServiceLoader].
    public TapDriver() {
    }

    @Override
    public String scheme() {
        return "tap";
    }

    @Override
    public String description() {
        return "a TAP device: Ethernet frames to and from the Linux kernel";
    }

    @Override
    public List<OptionSpec> options() {
        return TunSettings.SPECS;
    }

    @Override
    public Link open(Request request) throws IOException {
        return TunLink.open(TunSettings.of(request, true));
    }
}
