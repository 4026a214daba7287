package dev.millrace.link.vxlan;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.io.IOException;
import java.util.List;

/// Opens VXLAN links: `vxlan:7` is the network with that identifier (VNI).
public final class VxlanDriver implements LinkDriver {
    /// Called by [java.util.ServiceLoader].
    public VxlanDriver() {
    }

    @Override
    public String scheme() {
        return "vxlan";
    }

    @Override
    public String description() {
        return "an Ethernet between machines, in UDP datagrams (RFC 7348): vxlan:VNI";
    }

    @Override
    public List<OptionSpec> options() {
        return VxlanSettings.SPECS;
    }

    @Override
    public Link open(Request request) throws IOException {
        return VxlanLink.open(VxlanSettings.of(request), request.stack());
    }
}
