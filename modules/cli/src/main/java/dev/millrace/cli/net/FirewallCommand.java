package dev.millrace.cli.net;

import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import dev.millrace.cli.tun.Linux;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// `millrace firewall`: the rule that keeps the kernel from answering for an address that it shares with a stack.
public final class FirewallCommand implements Callable<Integer> {
    /// What other commands say of their `--firewall`.
    static final String FLAG_HELP =
            "keep the kernel from answering for the port, on an address that it has as well (packet: links); "
            + "undone at the end (see millrace firewall)";

    private static final int NOT_SET = 1;
    private static final int TROUBLE = 2;

    private final CommandSpec spec;
    private final OptionSpec address;
    private final OptionSpec port;
    private final OptionSpec apply;
    private final OptionSpec remove;
    private final PositionalParamSpec action;
    private final OptionSpec json;

    private FirewallCommand(CommandSpec spec) {
        this.spec = spec;
        address = Commands.option(spec, "--address", String.class, "A", null, "the shared address");
        port = Commands.option(spec, "--port", Integer.class, "N", "0",
                "the stack's port of TCP and UDP, which the kernel then sees nothing of; 0: the kernel sends no RST, no ICMP "
                        + "unreachable and no echo reply from the address at all");
        apply = Commands.flag(spec, "--apply", "set the rule");
        remove = Commands.flag(spec, "--remove", "remove it");
        action = Commands.parameter(spec, "0", "0..1", "print",
                "print the commands that would set and remove it, and do nothing");
        json = Commands.flag(spec, "--json", "print one JSON object");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Keeps the kernel from answering (RST, ICMP) for an address that it shares with a "
                + "stack on a packet: link, by nft or iptables. Exit codes: 0, 1 there was no rule to remove, 2 it did not work.",
                FirewallCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    /// A rule for a port of each of a stack's addresses.
    static List<FirewallRule> rules(Stack stack, int port) {
        return stack.nics().stream().flatMap(n -> n.addresses().stream()).map(c -> new FirewallRule(c.address(), port)).toList();
    }

    @Override
    public Integer call() throws IOException {
        boolean sets = Commands.is(apply);
        boolean removes = Commands.is(remove);
        String word = action.getValue();
        if (sets && removes || word != null && (sets || removes || !word.equals("print"))) {
            throw new ParameterException(spec.commandLine(), "one of print, --apply and --remove is wanted");
        }
        var rule = new FirewallRule(address(), Commands.number(spec, port, 0, 65535));
        var firewall = new Firewall(new Linux());
        PrintWriter out = Commands.out(spec);
        boolean done = true;
        if (sets) {
            firewall.apply(rule);
        } else if (removes) {
            done = firewall.remove(rule);
        }
        if (Commands.is(json)) {
            var node = Commands.json().createObjectNode().put("address", rule.address().toString()).put("port", rule.port())
                    .put("name", rule.name()).put("done", (sets || removes) && done);
            if (!sets && !removes) {
                var lines = node.putArray("commands");
                firewall.print(rule).forEach(lines::add);
            }
            out.println(Commands.text(node));
        } else if (sets) {
            out.println("set: the kernel does not answer for " + rule.what());
        } else if (removes) {
            out.println(done ? "removed" : "there was no such rule");
        } else {
            firewall.print(rule).forEach(out::println);
        }
        return done ? 0 : NOT_SET;
    }

    private IpAddress address() {
        String text = address.getValue();
        if (text == null) {
            throw new ParameterException(spec.commandLine(), "--address is needed: the address that stack and kernel share");
        }
        try {
            int slash = text.indexOf('/');
            return IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--address: " + e.getMessage(), e);
        }
    }
}
