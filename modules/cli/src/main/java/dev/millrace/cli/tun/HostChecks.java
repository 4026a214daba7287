package dev.millrace.cli.tun;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What the doctor looks at whatever the device: Java, `/dev/net/tun`, rights, programs, and what dead runs left.
final class HostChecks {
    private static final int NEEDED_JAVA = 25;
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final int TUN_MAJOR = 10; // Documentation/networking/tuntap: mknod /dev/net/tun c 10 200
    private static final int TUN_MINOR = 200;

    private static final Pattern TABLE = Pattern.compile("(table ip6? millrace-(\\S+)-[^-\\s]+)");

    private final Machine machine;
    private final States states;
    private final List<Finding> findings;

    HostChecks(Machine machine, States states, List<Finding> findings) {
        this.machine = machine;
        this.states = states;
        this.findings = findings;
    }

    void java(Jvm jvm) {
        findings.add(jvm.feature() >= NEEDED_JAVA ? Finding.ok("JDK", "Java " + jvm.feature())
                : Finding.problem("JDK", "Java " + jvm.feature() + "; " + NEEDED_JAVA + " or later is needed",
                        "apt-get install temurin-" + NEEDED_JAVA + "-jdk"));
        findings.add(switch (jvm.nativeAccess().map(Object::toString).orElse("")) {
            case "true" -> Finding.ok("native access", Jvm.MODULE + " may call native code");
            case "false" -> Finding.problem("native access", Jvm.MODULE + " may not call native code: Java warns now and will "
                    + "refuse it", "java --enable-native-access=" + Jvm.MODULE + " ...");
            default -> Finding.problem("native access", "the module " + Jvm.MODULE + " is not on the module path",
                    "./millrace doctor    (the launcher puts it there; builds add dev.millrace:millrace-link-tun)");
        });
    }

    void tunFile() {
        Optional<Machine.DeviceFile> file = machine.deviceFile(TUN);
        if (file.isEmpty()) {
            findings.add(Finding.problem(TUN.toString(), "is not there: the kernel's module is not loaded, or a container was "
                    + "not given it (docker run --device /dev/net/tun)", "modprobe tun"));
        } else if (!file.get().isCharacter() || file.get().major() != TUN_MAJOR || file.get().minor() != TUN_MINOR) {
            findings.add(Finding.problem(TUN.toString(), "is not the character device 10:200",
                    "rm /dev/net/tun && mknod -m 0666 /dev/net/tun c 10 200"));
        } else if (!file.get().isAccessible()) {
            findings.add(Finding.problem(TUN.toString(), "may not be opened by this user", "sudo chmod 0666 /dev/net/tun"));
        } else {
            findings.add(Finding.ok(TUN.toString(), "is there and may be opened"));
        }
    }

    /// Who may open a device: CAP_NET_ADMIN, its owner, or a member of its group.
    ///
    /// @param name the one that matters, or `null`: any
    void rights(String name) {
        if (machine.mayAdministerNetwork()) {
            findings.add(Finding.ok("rights", "CAP_NET_ADMIN is there: any device may be made and opened"));
            return;
        }
        List<String> mine = Device.tuns(machine).stream().filter(d -> name == null || d.name().equals(name))
                .filter(this::mayOpen).map(Device::name).toList();
        String user = System.getProperty("user.name");
        String wanted = name == null ? "tun0" : name;
        if (!mine.isEmpty()) {
            findings.add(Finding.ok("rights", String.join(", ", mine) + " may be opened by " + user));
        } else if (name != null && Device.read(machine, name).filter(Device::isTun).isPresent()) {
            findings.add(Finding.problem("rights", name + " belongs to someone else, and CAP_NET_ADMIN is missing",
                    "sudo ip tuntap add dev " + name + " mode tun user " + user));
        } else {
            findings.add(Finding.problem("rights", "CAP_NET_ADMIN is missing, and no device belongs to " + user,
                    "sudo millrace tun up " + wanted + " --address 10.0.0.1/24 --user " + user));
        }
    }

    /// As tun_not_capable() in the kernel decides: owner and group both have to fit where both are set.
    private boolean mayOpen(Device device) {
        if (device.owner() < 0 && device.group() < 0) {
            return true; // nobody's in particular: anybody's
        }
        return (device.owner() < 0 || ids("Uid:", 1).contains(device.owner()))
                && (device.group() < 0 || ids("Gid:", 1).contains(device.group()) || ids("Groups:", 64).contains(device.group()));
    }

    /// Numbers of a line of `/proc/self/status`: of Uid and Gid the second, the effective one.
    private Set<Long> ids(String field, int most) {
        String line = machine.read(Path.of("/proc/self/status")).stream().flatMap(String::lines)
                .filter(l -> l.startsWith(field)).findFirst().orElse(field);
        String[] words = line.substring(field.length()).strip().split("\\s+");
        return Arrays.stream(words).filter(w -> !w.isEmpty()).skip(most == 1 ? 1 : 0).limit(most).map(Long::parseLong)
                .collect(Collectors.toSet());
    }

    void programs() {
        program("ip", "iproute2", "millrace tun needs it");
        if (!machine.has("iptables") && machine.has("nft")) {
            findings.add(Finding.ok("iptables", "is not there, and NAT is done with nft"));
        } else {
            program("iptables", "iptables", "millrace tun up --nat needs it");
        }
    }

    private void program(String name, String artifact, String why) {
        findings.add(machine.has(name) ? Finding.ok(name, "is installed")
                : Finding.warning(name, "is not installed; " + why, "apt-get install " + artifact));
    }

    /// State files of runs that are over, and packet filter rules that no state file knows.
    void leftOvers() {
        int before = findings.size();
        var known = new HashSet<String>();
        try {
            for (States.Entry entry : states.entries()) {
                String fix = "rm " + entry.file();
                if (entry.damage() != null) {
                    findings.add(Finding.warning("left over", entry.file() + " is damaged: " + entry.damage(), fix));
                } else if (!entry.state().boot().equals(states.boot())) {
                    findings.add(Finding.warning("left over", entry.file() + " is of before the machine's last start", fix));
                } else if (states.isAlive(entry.state())) {
                    known.add(entry.state().settings().name());
                } else if (!machine.namespaceExists(entry.state().namespace())) {
                    findings.add(Finding.warning("left over", entry.file() + " is of a network namespace that is gone", fix));
                }
            }
        } catch (IOException e) {
            findings.add(Finding.warning("left over", e.getMessage(), "sudo millrace doctor"));
            return;
        }
        rules(known);
        tables(known);
        if (findings.size() == before) {
            findings.add(Finding.ok("left over", machine.mayAdministerNetwork() ? "nothing"
                    : "no state files (rules of the packet filter are shown to root only)"));
        }
    }

    private void rules(Set<String> known) {
        for (String program : List.of("iptables", "ip6tables")) {
            if (!machine.has(program) || !machine.mayAdministerNetwork()) {
                continue;
            }
            for (String table : List.of("nat", "filter")) {
                String chain = table.equals("nat") ? "POSTROUTING" : "FORWARD";
                List<String> base = List.of(program, "-w", "5", "-t", table);
                machine.run(concat(base, "-S", chain)).out().lines().filter(l -> l.startsWith("-A ")).forEach(rule ->
                        comment(rule).filter(name -> !known.contains(name)).ifPresent(name -> findings.add(
                                Finding.warning("left over", "a rule for " + name + ", which millrace tun up does not remember",
                                        Names.line(base) + " -D " + rule.substring(3)))));
            }
        }
    }

    private static List<String> concat(List<String> base, String... more) {
        var all = new ArrayList<>(base);
        all.addAll(List.of(more));
        return all;
    }

    /// Tables of nft are named `millrace-DEVICE-NETWORK`.
    private void tables(Set<String> known) {
        if (!machine.has("nft") || !machine.mayAdministerNetwork()) {
            return;
        }
        Matcher m = TABLE.matcher(machine.run(List.of("nft", "list", "tables")).out());
        while (m.find()) {
            if (!known.contains(m.group(2))) {
                findings.add(Finding.warning("left over", "a table for " + m.group(2) + ", which millrace tun up does not remember",
                        "nft delete " + m.group(1)));
            }
        }
    }

    /// The device whose rule it is, from the comment that `tun up` gave it.
    private static Optional<String> comment(String rule) {
        return Arrays.stream(rule.split("[ \"]+")).filter(w -> w.startsWith(Step.AddRule.COMMENT)).findFirst()
                .map(w -> w.substring(Step.AddRule.COMMENT.length()));
    }
}
