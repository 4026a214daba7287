package dev.millrace.cli.tun;

import dev.millrace.cli.Commands;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.ArrayNode;

/// `millrace doctor`: looks at all that a stack on a TUN device needs, and says how to mend what is wrong. Needs no rights.
public final class DoctorCommand {
    private static final int HAS_PROBLEM = 1;

    private static final Pattern AS_ROOT = Pattern.compile("(ip|ip6?tables|nft|sysctl|rm|modprobe|mount|apt-get|millrace tun) ");

    private DoctorCommand() {
    }

    /// The command on this machine.
    public static CommandSpec spec() {
        Machine machine = new Linux();
        return spec(machine, States.usual(machine), Jvm.current());
    }

    static CommandSpec spec(Machine machine, States states, Jvm jvm) {
        return Commands.command("Looks at all that a stack on a TUN device needs, and prints the command that mends what is "
                + "wrong. Succeeds if there is no problem; warnings do not count.", spec -> {
                    var tun = Commands.option(spec, "--tun", String.class, "NAME", null,
                            "the device (default: those that millrace tun up made)");
                    var json = Commands.flag(spec, "--json", "print one JSON array");
                    return () -> {
                        String name = tun.getValue();
                        try {
                            if (name != null) {
                                Names.device(name);
                            }
                        } catch (IllegalArgumentException e) {
                            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                        }
                        List<Finding> findings = examine(machine, states, jvm, name);
                        if (TunCommand.is(json)) {
                            Commands.out(spec).println(Commands.text(asJson(findings)));
                        } else {
                            print(Commands.out(spec), findings);
                        }
                        return count(findings, Finding.Level.PROBLEM) == 0 ? 0 : HAS_PROBLEM;
                    };
                });
    }

    static List<Finding> examine(Machine machine, States states, Jvm jvm, String name) {
        var findings = new ArrayList<Finding>();
        var host = new HostChecks(machine, states, findings);
        host.java(jvm);
        host.tunFile();
        host.rights(name);
        host.programs();
        if (Device.sysIsOfAnotherNamespace(machine)) {
            findings.add(Finding.problem("/sys", "shows the devices of another network namespace than this one",
                    "mount -t sysfs none /sys    (or enter the namespace with ip netns exec)"));
        } else {
            for (String device : name == null ? DeviceChecks.recordedNames(states) : List.of(name)) {
                new DeviceChecks(machine, states, findings, device).all();
            }
        }
        host.leftOvers();
        return machine.mayAdministerNetwork() ? findings : findings.stream().map(DoctorCommand::withSudo).toList();
    }

    /// Whoever has no rights mends with those of root.
    private static Finding withSudo(Finding f) {
        return AS_ROOT.matcher(f.command()).lookingAt()
                ? new Finding(f.level(), f.check(), f.why(), "sudo " + f.command()) : f;
    }

    private static long count(List<Finding> findings, Finding.Level level) {
        return findings.stream().filter(f -> f.level() == level).count();
    }

    private static void print(PrintWriter out, List<Finding> findings) {
        for (Finding f : findings) {
            out.printf("%-8s %s: %s%n", f.level().name().toLowerCase(Locale.ROOT), f.check(), f.why());
            if (!f.command().isEmpty()) {
                out.println("           " + f.command());
            }
        }
        long problems = count(findings, Finding.Level.PROBLEM);
        long warnings = count(findings, Finding.Level.WARNING);
        out.println(counted(problems, "problem") + ", " + counted(warnings, "warning"));
    }

    private static String counted(long n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }

    private static ArrayNode asJson(List<Finding> findings) {
        ArrayNode all = Commands.json().createArrayNode();
        for (Finding f : findings) {
            var one = all.addObject().put("check", f.check()).put("level", f.level().name().toLowerCase(Locale.ROOT))
                    .put("why", f.why());
            one.put("command", f.command().isEmpty() ? null : f.command());
        }
        return all;
    }
}
