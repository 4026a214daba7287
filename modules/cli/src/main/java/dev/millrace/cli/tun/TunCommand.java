package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import dev.millrace.cli.Commands;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `millrace tun up`, `down` and `list`.
public final class TunCommand {
    private TunCommand() {
    }

    /// The command on this machine.
    public static CommandSpec spec() {
        Machine machine = new Linux();
        return spec(machine, States.usual(machine));
    }

    static CommandSpec spec(Machine machine, States states) {
        CommandSpec spec = CommandSpec.create().mixinStandardHelpOptions(true);
        spec.usageMessage().description("Makes TUN devices of Linux with all that they need, and undoes that exactly.");
        spec.addSubcommand("up", up(machine, states));
        spec.addSubcommand("down", down(machine, states));
        spec.addSubcommand("list", list(machine, states));
        return spec;
    }

    private static PositionalParamSpec name(CommandSpec spec) {
        PositionalParamSpec name = PositionalParamSpec.builder().index("0").arity("1").required(true).type(String.class)
                .paramLabel("NAME").description("the device, such as tun0").build();
        spec.addPositional(name);
        return name;
    }

    private static CommandSpec up(Machine machine, States states) {
        return Commands.command("Makes a TUN device that stays, gives the host an address on it, and on request lets its "
                + "networks reach others through NAT. Does only what is not there yet; millrace tun down undoes it.", spec -> {
                    PositionalParamSpec name = name(spec);
                    OptionSpec address = OptionSpec.builder("--address").type(List.class).auxiliaryTypes(String.class)
                            .paramLabel("A/P").arity("1").description("the host's address on the device with its prefix, "
                                    + "such as 10.0.0.1/24; may be repeated")
                            .build();
                    spec.addOption(address);
                    var user = Commands.option(spec, "--user", String.class, "U", "", "who may open it beside root");
                    var group = Commands.option(spec, "--group", String.class, "G", "", "which group may open it");
                    var nat = Commands.option(spec, "--nat", String.class, "IFACE", "",
                            "let its networks reach others through this device, with the host's address");
                    var mtu = Commands.option(spec, "--mtu", Integer.class, "N", "0", "the MTU in bytes");
                    var queues = Commands.flag(spec, "--queues", "several queues (multi_queue)");
                    var congctl = Commands.option(spec, "--congctl", String.class, "ALGO", "",
                            "the kernel's congestion control towards its networks, such as cubic");
                    var dry = Commands.flag(spec, "--dry-run", "print the commands and change nothing");
                    var json = Commands.flag(spec, "--json", "print one JSON object");
                    return () -> {
                        Settings asked;
                        try {
                            List<String> addresses = address.getValue() == null ? List.of() : address.getValue();
                            asked = new Settings(name.getValue(), addresses.stream().map(Cidr::parse).toList(),
                                    user.getValue(), group.getValue(), nat.getValue(), mtu.getValue(), is(queues),
                                    congctl.getValue());
                        } catch (IllegalArgumentException e) {
                            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                        }
                        boolean asJson = is(json);
                        Setup.Outcome outcome = new Setup(machine, states, is(dry), printer(spec, asJson)).up(asked);
                        if (asJson) {
                            Commands.out(spec).println(Commands.text(json(asked.name(), outcome.commands(), outcome.remarks(),
                                    is(dry)).put("next", next(asked))));
                        } else {
                            tell(Commands.out(spec), Commands.err(spec), asked, outcome, is(dry));
                        }
                        return 0;
                    };
                });
    }

    private static void tell(PrintWriter out, PrintWriter err, Settings asked, Setup.Outcome outcome, boolean dry) {
        outcome.remarks().forEach(r -> err.println("note: " + r));
        boolean changed = !outcome.commands().isEmpty();
        if (dry) {
            if (!changed) {
                err.println("nothing to do: all of it is there already");
            }
            return;
        }
        if (changed) {
            out.println(asked.name() + " is up. Next:");
        } else if (outcome.wasRecorded()) {
            out.println(asked.name() + " was up already; nothing was changed. Next:");
        } else {
            out.println(asked.name() + " was there already, and not made by millrace, which will leave it; nothing was "
                    + "changed. Next:");
        }
        out.println("  " + next(asked));
        out.println("  millrace tun down " + asked.name() + "    undoes it");
    }

    /// What to run on the device: the stack's addresses are others of the same networks.
    private static String next(Settings asked) {
        var command = new ArrayList<>(List.of("millrace", asked.nat().isEmpty() ? "services" : "get", "--tun", asked.name()));
        for (Cidr host : asked.addresses()) {
            Settings.neighbour(host).ifPresent(a -> {
                command.addAll(List.of("--address", a + "/" + host.prefixLength()));
                if (!asked.nat().isEmpty()) {
                    command.addAll(List.of("--gateway", host.address().toString()));
                }
            });
        }
        if (asked.queues()) {
            command.addAll(List.of("--set", "queues=2")); // the kernel refuses to open such a device for one queue
        }
        if (!asked.nat().isEmpty()) {
            command.add("http://example.com/");
        }
        return Names.line(command);
    }

    private static CommandSpec down(Machine machine, States states) {
        return Commands.command("Undoes what millrace tun up made, and nothing else.", spec -> {
            PositionalParamSpec name = name(spec);
            var dry = Commands.flag(spec, "--dry-run", "print the commands and change nothing");
            var json = Commands.flag(spec, "--json", "print one JSON object");
            return () -> {
                String device = name.getValue();
                try {
                    Names.device(device);
                } catch (IllegalArgumentException e) {
                    throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                }
                boolean asJson = is(json);
                Optional<Setup.Outcome> outcome = new Setup(machine, states, is(dry), printer(spec, asJson)).down(device);
                List<String> remarks = outcome.map(Setup.Outcome::remarks).orElse(List.of());
                if (asJson) {
                    Commands.out(spec).println(Commands.text(json(device,
                            outcome.map(Setup.Outcome::commands).orElse(List.of()), remarks, is(dry))));
                    return 0;
                }
                remarks.forEach(r -> Commands.err(spec).println("note: " + r));
                PrintWriter out = is(dry) ? Commands.err(spec) : Commands.out(spec);
                if (outcome.isEmpty()) {
                    out.println("nothing to do: millrace tun up made no " + device
                            + (Device.read(machine, device).isPresent() ? "; the one that is there stays" : ""));
                } else if (!is(dry)) {
                    out.println(device + " is as it was before millrace tun up");
                }
                return 0;
            };
        });
    }

    private static Consumer<List<String>> printer(CommandSpec spec, boolean quiet) {
        return command -> {
            if (!quiet) {
                Commands.out(spec).println(Names.line(command));
            }
        };
    }

    private static ObjectNode json(String name, List<List<String>> commands, List<String> remarks, boolean dry) {
        ObjectNode node = Commands.json().createObjectNode();
        node.put("name", name).put("changed", !dry && !commands.isEmpty());
        ArrayNode lines = node.putArray("commands");
        commands.forEach(c -> lines.add(Names.line(c)));
        ArrayNode notes = node.putArray("notes");
        remarks.forEach(notes::add);
        return node;
    }

    private static CommandSpec list(Machine machine, States states) {
        return Commands.command("Lists the TUN devices with their owners and addresses.", spec -> {
            var json = Commands.flag(spec, "--json", "print one JSON array");
            return () -> {
                ArrayNode all = devices(machine, states);
                PrintWriter out = Commands.out(spec);
                if (is(json)) {
                    out.println(Commands.text(all));
                } else if (all.isEmpty()) {
                    out.println("no TUN devices; millrace tun up NAME --address 10.0.0.1/24 makes one");
                } else {
                    all.forEach(d -> out.printf("%-15s %-4s %-10s mtu %-5d %-12s %s%s%n", d.path("name").asString(),
                            d.path("up").asBoolean() ? "up" : "down", d.path("in_use").asBoolean() ? "in use" : "not in use",
                            d.path("mtu").asInt(), "owner " + (d.path("owner").isNull() ? "root" : d.path("owner").asString()),
                            String.join(" ", texts(d.path("addresses"))),
                            d.path("made_by_millrace").asBoolean() ? "  made by millrace" : ""));
                }
                return 0;
            };
        });
    }

    private static List<String> texts(Iterable<tools.jackson.databind.JsonNode> nodes) {
        var all = new ArrayList<String>();
        nodes.forEach(n -> all.add(n.asString()));
        return all;
    }

    private static ArrayNode devices(Machine machine, States states) throws IOException {
        List<State> alive = states.alive();
        ArrayNode all = Commands.json().createArrayNode();
        for (Device device : Device.tuns(machine)) {
            ObjectNode one = all.addObject();
            one.put("name", device.name()).put("up", device.up()).put("in_use", device.running()).put("mtu", device.mtu())
                    .put("queues", device.hasQueues() ? "several" : "one");
            one.put("owner", owner(machine, "passwd", device.owner())).put("group", owner(machine, "group", device.group()));
            ArrayNode addresses = one.putArray("addresses");
            Device.addresses(machine, device.name()).forEach(addresses::add);
            one.put("made_by_millrace", alive.stream()
                    .anyMatch(s -> s.madeDevice() && s.settings().name().equals(device.name())));
        }
        return all;
    }

    /// The name of a user or group, its number if it has none, or `null` if the device has none.
    private static String owner(Machine machine, String database, long id) {
        if (id < 0) {
            return null;
        }
        String found = machine.run(List.of("getent", database, "" + id)).out();
        int colon = found.indexOf(':');
        return colon > 0 ? found.substring(0, colon) : "" + id;
    }

    static boolean is(OptionSpec flag) {
        return Boolean.TRUE.equals(flag.getValue());
    }
}
