package dev.millrace.link.vnic;

import dev.millrace.OptionSpec;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.util.List;

/// Opens virtual NICs: `vnic:`. The program gets at the object with `stack.nic(NAME).get().unwrap(Vnic.class)`.
public final class VnicDriver implements LinkDriver {
    /// Called by [java.util.ServiceLoader].
    public VnicDriver() {
    }

    @Override
    public String scheme() {
        return "vnic";
    }

    @Override
    public String description() {
        return "a virtual NIC whose wire is the program's code";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(
                new OptionSpec("medium", OptionSpec.Type.TEXT, "ip", "what its frames start with: ip or ethernet"),
                new OptionSpec("checksums", OptionSpec.Type.FLAG, "true",
                "compute and verify checksums; without them the program vouches for what it injects"));
    }

    @Override
    public Link open(Request request) {
        Link.Medium medium = switch (request.options().text("medium")) {
            case "ip" -> Link.Medium.IP;
            case "ethernet" -> Link.Medium.ETHERNET;
            default -> throw request.options().error("medium", "is neither ip nor ethernet");
        };
        return new Vnic(medium, request.mtu() == 0 ? Vnic.DEFAULT_MTU : request.mtu(), request.options().flag("checksums"));
    }
}
