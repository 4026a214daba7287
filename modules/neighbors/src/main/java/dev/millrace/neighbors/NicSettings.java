package dev.millrace.neighbors;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// How one NIC comes by addresses of its own.
///
/// @param slaac whether it finds routers and does what they tell
/// @param linkLocal whether it makes itself a link-local address
/// @param isStable whether interface identifiers are opaque (RFC 7217); if not, they are made of the MAC address
/// @param temporary whether it has temporary addresses, too
record NicSettings(boolean slaac, LinkLocal linkLocal, boolean isStable, boolean temporary) {
    enum LinkLocal { AUTO, ON, OFF }

    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("slaac", OptionSpec.Type.FLAG, "false", "on Ethernet: find routers, and take addresses, routes, MTU and "
                    + "name servers from them (RFC 4861, RFC 4862); the same as \"slaac\" among the addresses"),
            new OptionSpec("link-local", OptionSpec.Type.TEXT, "auto", "on Ethernet: make a link-local address: on, off, or auto "
                    + "for on where the NIC has IPv6 addresses but no link-local one, or slaac"),
            new OptionSpec("interface-id", OptionSpec.Type.TEXT, "stable", "on Ethernet: what addresses that the NIC makes end in: "
                    + "stable (RFC 7217), or eui64 for its MAC address"),
            new OptionSpec("temporary-addresses", OptionSpec.Type.FLAG, "false", "on Ethernet, with slaac: addresses that change, "
                    + "for what the host begins itself (RFC 8981)"));

    static NicSettings of(OptionValues v) {
        LinkLocal linkLocal = v.choice("link-local", LinkLocal.class);
        boolean stable = switch (v.text("interface-id")) {
            case "stable" -> true;
            case "eui64" -> false;
            default -> throw v.error("interface-id", "\"" + v.text("interface-id") + "\" is neither stable nor eui64");
        };
        return new NicSettings(v.flag("slaac"), linkLocal, stable, v.flag("temporary-addresses"));
    }
}
