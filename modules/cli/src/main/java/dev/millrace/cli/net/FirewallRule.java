package dev.millrace.cli.net;

import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/// What keeps the kernel from answering for an address that it shares with a stack, as programs are told it. With a port, the
/// kernel does not see what comes to it; without, what it says in answer to what it did not expect does not leave. What a
/// stack sends through a packet socket passes no firewall, and what comes is copied to it before.
///
/// @param address the shared address
/// @param port the stack's port, or 0 for all
record FirewallRule(IpAddress address, int port) {
    private static final String NFT = "nft";

    /// What the rules are called, so that they are found again, and no others.
    String name() {
        return "millrace_" + address.toString().replace('.', '_').replace(':', '_') + "_" + (port == 0 ? "all" : port);
    }

    /// The remark on each rule, for whoever lists them.
    String comment() {
        return "millrace firewall " + what();
    }

    /// The address, and the port if it is for one.
    String what() {
        return address + (port == 0 ? "" : " port " + port);
    }

    // ---- nftables: a table of its own

    /// Makes the table anew.
    List<List<String>> nftApply() {
        String table = "inet " + name();
        var script = new StringBuilder("add table " + table + "; delete table " + table + "; add table " + table + "; ");
        String chain = port == 0 ? "output" : "input";
        // Before anything that others have at priority 0.
        script.append("add chain ").append(table).append(' ').append(chain).append(" { type filter hook ").append(chain)
                .append(" priority -10; }; ");
        for (String match : nftMatches()) {
            script.append("add rule ").append(table).append(' ').append(chain).append(' ').append(match)
                    .append(" drop comment \"").append(comment()).append("\"; ");
        }
        return List.of(List.of(NFT, script.toString().strip()));
    }

    private List<String> nftMatches() {
        String ip = address.isV4() ? "ip" : "ip6";
        if (port != 0) {
            String to = ip + " daddr " + address;
            return List.of(to + " tcp dport " + port, to + " udp dport " + port);
        }
        String from = ip + " saddr " + address;
        return address.isV4()
                ? List.of(from + " tcp flags & rst == rst", from + " icmp type destination-unreachable",
                        from + " icmp type echo-reply")
                : List.of(from + " tcp flags & rst == rst", from + " icmpv6 type destination-unreachable",
                        from + " icmpv6 type echo-reply");
    }

    List<List<String>> nftFind() {
        return List.of(List.of(NFT, "list table inet " + name()));
    }

    List<List<String>> nftRemove() {
        return List.of(List.of(NFT, "delete table inet " + name()));
    }

    // ---- iptables: rules in front of the others

    List<List<String>> iptables(String action) {
        String program = address.isV4() ? "iptables" : "ip6tables";
        var all = new ArrayList<List<String>>();
        for (List<String> match : iptablesMatches()) {
            var command = new ArrayList<>(List.of(program, "-w", action, port == 0 ? "OUTPUT" : "INPUT"));
            command.addAll(match);
            command.addAll(List.of("-m", "comment", "--comment", comment(), "-j", "DROP"));
            all.add(List.copyOf(command));
        }
        return all;
    }

    private List<List<String>> iptablesMatches() {
        String a = address.toString();
        if (port != 0) {
            return List.of(List.of("-d", a, "-p", "tcp", "--dport", "" + port),
                    List.of("-d", a, "-p", "udp", "--dport", "" + port));
        }
        List<String> rst = List.of("-s", a, "-p", "tcp", "--tcp-flags", "RST", "RST");
        return address.isV4()
                ? List.of(rst, List.of("-s", a, "-p", "icmp", "--icmp-type", "destination-unreachable"),
                        List.of("-s", a, "-p", "icmp", "--icmp-type", "echo-reply"))
                : List.of(rst, List.of("-s", a, "-p", "ipv6-icmp", "--icmpv6-type", "destination-unreachable"),
                        List.of("-s", a, "-p", "ipv6-icmp", "--icmpv6-type", "echo-reply"));
    }

    /// A command as a person would type it.
    static String shell(List<String> command) {
        var text = new StringBuilder();
        for (String word : command) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(word.matches("[A-Za-z0-9_./:=-]+") ? word : "'" + word + "'");
        }
        return text.toString();
    }
}
