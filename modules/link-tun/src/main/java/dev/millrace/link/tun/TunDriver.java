package dev.millrace.link.tun;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.io.IOException;
import java.util.List;

/// Opens TUN devices of Linux: `tun:NAME`, or `tun:` for a name of the kernel's choice. A device that is not there is
/// made, which needs CAP_NET_ADMIN, and goes when the link is closed.
///
/// Errors of system calls are [TunException]s.
public final class TunDriver implements LinkDriver {
    /// Called by [java.util.ServiceLoader].
    public TunDriver() {
    }

    @Override
    public String scheme() {
        return "tun";
    }

    @Override
    public String description() {
        return "a TUN device: IP packets to and from the Linux kernel";
    }

    @Override
    public List<OptionSpec> options() {
        return TunSettings.SPECS;
    }

    @Override
    public Link open(Request request) throws IOException {
        return TunLink.open(TunSettings.of(request, false));
    }
}
