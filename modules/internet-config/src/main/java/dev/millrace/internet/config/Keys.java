package dev.millrace.internet.config;

import dev.millrace.OptionSpec;
import dev.millrace.internet.LinkConditions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The keys of each table, with what they mean.
final class Keys {
    /// What [LinkConditions] understands.
    static final List<String> CONDITIONS = LinkConditions.keys().stream().map(OptionSpec::name).toList();

    static final Map<String, Map<String, String>> TABLES = tables();

    private Keys() {
    }

    private static Map<String, Map<String, String>> tables() {
        var all = new LinkedHashMap<String, Map<String, String>>();
        all.put("internet", table(true,
                "time", "`virtual` (default) or `real`",
                "seed", "what chance follows from; default 0",
                "host-mtu", "the MTU of the hosts; default 1500",
                "limit", "how much simulated time may pass; default `1d`",
                "name-server", "addresses of a host `dns` that serves the names of all others; default: none"));
        all.put("host", table(false,
                "name", "unique",
                "addresses", "IPv4 and IPv6; with a prefix length if the host is on a subnet",
                "mtu", "in bytes; default: `host-mtu`",
                "behind", "the name of the `nat` or `firewall` that it is behind",
                "ethernet", "the name of the `ethernet` that it is on; addresses have prefix lengths then",
                "gateways", "on an Ethernet: routers there, one of each version, to what is elsewhere"));
        all.put("nic", table(false,
                "host", "whose it is: a `host` without `addresses` has all the NICs that say so, in their order",
                "name", "unique in its host",
                "addresses", "as a host's",
                "ethernet", "as a host's; without it packets go without frames",
                "gateways", "as a host's",
                "vlan", "on an Ethernet: the VLAN of its frames, 1 to 4094; default: untagged",
                "mtu", "in bytes; default: `host-mtu`"));
        all.put("router", table(false,
                "name", "unique",
                "addresses", "at most one of each version, from which it answers"));
        all.put("subnet", table(false,
                "name", "unique",
                "network", "its addresses, such as `10.1.0.0/16`; default: none of its own"));
        all.put("ethernet", table(false,
                "name", "unique",
                "networks", "of the addresses that hosts find for themselves there, such as `fd00:1::/64`; default: none"));
        all.put("gateway", table(false,
                "router", "the name of the router that it joins to an Ethernet",
                "ethernet", "the name of that",
                "addresses", "of the router there, with prefix lengths; at most one of each version",
                "advertise", "how long hosts believe its router advertisements, such as `30m`; default: it sends none"));
        all.put("nat", table(false,
                "name", "unique",
                "address", "its IPv4 address outside",
                "behind", "the name of the `nat` that it is behind",
                "mapping", "`endpoint-independent` (default), `address-dependent` or `address-and-port-dependent`",
                "filtering", "the same; default `address-dependent`",
                "forwards", "such as `\"tcp 8080 192.168.1.2 80\"`: protocol, port outside, address and port inside",
                "udp-timeout", "default `5m`",
                "max-mappings", "default 65535"));
        all.put("firewall", table(false,
                "name", "unique",
                "addresses", "at most one of each version, from which it answers",
                "rules", "in order, such as `\"allow in tcp from any to 10.0.0.2 port 443\"`",
                "stateful", "whether replies pass without rules; default `true`"));
        all.put("link", table(true,
                "between", "the names of two nodes; `internet` is the middle, where the hosts are that have no link",
                "one-way", "whether only what the first sends to the second is meant; default `false`"));
        all.put("event", table(true,
                "at", "when, since the beginning",
                "cut", "the names of two that are cut off from each other",
                "heal", "the names of two that are joined again",
                "isolate", "the name of a host that is cut off from all",
                "partition", "two arrays of names, cut off from each other",
                "heal-all", "`true` ends all that is wrong",
                "change", "the names of two whose link gets the conditions that stand beside",
                "crash", "the name of a host that dies without a word",
                "restart", "the name of a host that starts again",
                "lasting", "how long a `cut`, `isolate`, `partition` or `crash` lasts; default: until it is healed or restarted"));
        all.put("chaos", table(false,
                "cuts", "how often the seed cuts two hosts off from each other; default 0",
                "isolations", "how often it cuts a host off from all others; default 0",
                "cuts-one-way", "how often what one host sends does not reach another; default 0",
                "crashes", "how often a host crashes and starts again; default 0",
                "pauses", "how often a host's programs stand still; default 0",
                "clock-jumps", "how often a host's clock is wrong; default 0",
                "clock-jump", "by how much at most; default `10s`",
                "slow-links", "how often packets between two hosts take longer; default 0",
                "resets", "how often a TCP connection between two hosts is reset; default 0",
                "name-failures", "how often the name server fails or denies names; default 0",
                "slow-names", "how often the name server is slow; default 0",
                "wrong-names", "how often the name server gives wrong addresses; default 0",
                "slow-by", "how much longer packets and answers take at most; default `1s`",
                "within", "in the first part of the simulation; default `60s`",
                "shortest", "how long each lasts at least; default `1s`",
                "longest", "and at most; default `10s`"));
        return Collections.unmodifiableMap(all);
    }

    private static Map<String, String> table(boolean conditions, String... keysAndHelp) {
        var keys = new LinkedHashMap<String, String>();
        for (int i = 0; i < keysAndHelp.length; i += 2) {
            keys.put(keysAndHelp[i], keysAndHelp[i + 1]);
        }
        if (conditions) {
            LinkConditions.keys().forEach(o -> keys.put(o.name(), o.help()));
        }
        return Collections.unmodifiableMap(keys);
    }
}
