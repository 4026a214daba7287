package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One change that `tun up` makes: the command that makes it, those that take it back, and whether it is in effect.
sealed interface Step {
    /// What it changes, in words; no two steps of a plan have the same.
    String what();

    /// The command that makes it.
    List<String> apply(Machine machine);

    /// The commands that take it back.
    List<List<String>> undo(Machine machine);

    /// Whether it has been made, by whomever.
    boolean isInEffect(Machine machine);

    /// Whether there is something to take back.
    default boolean isToUndo(Machine machine) {
        return isInEffect(machine);
    }

    /// Whether it ends with the device, so that deleting that is enough.
    default boolean goesWithDevice() {
        return true;
    }

    /// The device itself, which stays when the program that opens it ends.
    record MakeDevice(String name, String user, String group, boolean queues) implements Step {
        @Override
        public String what() {
            return "device " + name;
        }

        @Override
        public List<String> apply(Machine machine) {
            var command = new ArrayList<>(List.of("ip", "tuntap", "add", "dev", name, "mode", "tun"));
            if (!user.isEmpty()) {
                command.addAll(List.of("user", user));
            }
            if (!group.isEmpty()) {
                command.addAll(List.of("group", group));
            }
            if (queues) {
                command.add("multi_queue");
            }
            return command;
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            var command = new ArrayList<>(List.of("ip", "tuntap", "del", "dev", name, "mode", "tun"));
            if (queues) {
                command.add("multi_queue");
            }
            return List.of(command);
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return Device.read(machine, name).filter(Device::isTun).isPresent();
        }

        @Override
        public boolean goesWithDevice() {
            return false;
        }
    }

    /// The device's MTU.
    record SetMtu(String name, int mtu, int before) implements Step {
        @Override
        public String what() {
            return "MTU of " + name;
        }

        @Override
        public List<String> apply(Machine machine) {
            return List.of("ip", "link", "set", "dev", name, "mtu", "" + mtu);
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(List.of("ip", "link", "set", "dev", name, "mtu", "" + before));
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return Device.read(machine, name).filter(d -> d.mtu() == mtu).isPresent();
        }
    }

    /// One of the host's addresses.
    record AddAddress(String name, Cidr address) implements Step {
        @Override
        public String what() {
            return "address " + address + " of " + name;
        }

        @Override
        public List<String> apply(Machine machine) {
            return List.of("ip", "addr", "add", address.toString(), "dev", name);
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(List.of("ip", "addr", "del", address.toString(), "dev", name));
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return Device.addresses(machine, name).contains(address.toString());
        }
    }

    /// The device set up.
    record SetUp(String name) implements Step {
        @Override
        public String what() {
            return "state of " + name;
        }

        @Override
        public List<String> apply(Machine machine) {
            return List.of("ip", "link", "set", "dev", name, "up");
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(List.of("ip", "link", "set", "dev", name, "down"));
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return Device.read(machine, name).filter(Device::up).isPresent();
        }
    }

    /// The congestion control that the kernel uses towards one of the device's networks.
    record SetCongestionControl(String name, Cidr address, String algorithm) implements Step {
        @Override
        public String what() {
            return "congestion control towards " + address.network();
        }

        private List<String> route(String verb) {
            var command = new ArrayList<String>(List.of("ip"));
            if (!address.address().isV4()) {
                command.add("-6");
            }
            command.addAll(List.of("route", verb, address.network().toString(), "dev", name));
            return command;
        }

        /// The route as the kernel makes it when the address is given: only so is it replaced and not doubled.
        private List<String> replace() {
            List<String> command = route("replace");
            command.addAll(address.address().isV4()
                    ? List.of("proto", "kernel", "scope", "link", "src", address.address().toString())
                    : List.of("proto", "kernel", "metric", "256"));
            return command;
        }

        @Override
        public List<String> apply(Machine machine) {
            List<String> command = replace();
            command.addAll(List.of("congctl", algorithm));
            return command;
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(replace());
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return (machine.run(route("show")).out().strip() + " ").contains("congctl " + algorithm + " ");
        }
    }

    /// A key of `/proc/sys`.
    ///
    /// @param key with slashes, such as `net/ipv4/ip_forward`
    /// @param also what the kernel changes along with it and does not change back: keys and the values before
    record SetSysctl(String key, String value, String before, Map<String, String> also) implements Step {
        private static final Path ALL = Path.of("/proc/sys");

        @Override
        public String what() {
            return written(key);
        }

        @Override
        public List<String> apply(Machine machine) {
            return set(machine, key, value);
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            var all = new ArrayList<List<String>>();
            boolean isOn = isInEffect(machine);
            if (isOn) {
                all.add(set(machine, key, before));
            }
            also.forEach((k, v) -> {
                // A device may have gone meanwhile; and while this key is on, the others show nothing yet.
                if (machine.sysctl(k).filter(now -> isOn || !now.equals(v)).isPresent()) {
                    all.add(set(machine, k, v));
                }
            });
            return all;
        }

        /// Also if an earlier undoing was interrupted between its commands.
        @Override
        public boolean isToUndo(Machine machine) {
            return !undo(machine).isEmpty();
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return machine.sysctl(key).filter(value::equals).isPresent();
        }

        @Override
        public boolean goesWithDevice() {
            return key.endsWith("/disable_ipv6"); // the only key of the device itself
        }

        private static List<String> set(Machine machine, String key, String value) {
            return machine.has("sysctl") ? List.of("sysctl", "-w", written(key) + "=" + value)
                    : List.of("sh", "-c", "echo " + value + " > " + ALL.resolve(key));
        }

        /// With dots, as everybody knows them, unless a device's name has dots of its own.
        static String written(String key) {
            return key.contains(".") ? key : key.replace('/', '.');
        }
    }

    /// What a packet filter's rule of ours does.
    enum RuleKind {
        /// Packets of the device's network leave with the host's address.
        MASQUERADE,
        /// They may leave.
        FORWARD_OUT,
        /// Answers may come in.
        FORWARD_BACK
    }

    /// A rule of iptables or ip6tables, with a comment by which it can be found.
    record AddRule(RuleKind kind, String name, Cidr network, String outside) implements Step {
        static final String COMMENT = "millrace:";

        @Override
        public String what() {
            return switch (kind) {
                case MASQUERADE -> "NAT of " + network;
                case FORWARD_OUT -> "forwarding from " + network;
                case FORWARD_BACK -> "forwarding to " + network;
            };
        }

        private List<String> command(String verb) {
            var command = new ArrayList<>(List.of(network.address().isV4() ? "iptables" : "ip6tables", "-w", "5"));
            String net = network.toString();
            List<String> comment = List.of("-m", "comment", "--comment", COMMENT + name, "-j");
            switch (kind) {
                case MASQUERADE -> {
                    command.addAll(List.of("-t", "nat", verb, "POSTROUTING", "-s", net, "-o", outside));
                    command.addAll(comment);
                    command.add("MASQUERADE");
                }
                case FORWARD_OUT -> {
                    command.addAll(List.of(verb, "FORWARD", "-i", name, "-o", outside, "-s", net));
                    command.addAll(comment);
                    command.add("ACCEPT");
                }
                case FORWARD_BACK -> {
                    command.addAll(List.of(verb, "FORWARD", "-i", outside, "-o", name, "-d", net, "-m", "conntrack",
                            "--ctstate", "RELATED,ESTABLISHED"));
                    command.addAll(comment);
                    command.add("ACCEPT");
                }
            }
            return command;
        }

        @Override
        public List<String> apply(Machine machine) {
            // In front, where no rule that drops comes earlier.
            return command(kind == RuleKind.MASQUERADE ? "-A" : "-I");
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(command("-D"));
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return machine.run(command("-C")).ok();
        }

        @Override
        public boolean goesWithDevice() {
            return false;
        }
    }

    /// NAT by nft, where there is no iptables: a table of ours.
    record AddTable(String name, Cidr network, String outside) implements Step {
        private String table() {
            return (network.address().isV4() ? "ip" : "ip6") + " millrace-" + name + "-"
                    + network.toString().replace(':', '_').replace('/', '_');
        }

        @Override
        public String what() {
            return "NAT of " + network;
        }

        @Override
        public List<String> apply(Machine machine) {
            String family = network.address().isV4() ? "ip" : "ip6";
            // One transaction: all of it or nothing.
            return List.of("nft", "add table " + table() + "; add chain " + table()
                    + " postrouting { type nat hook postrouting priority 100; }; add rule " + table() + " postrouting "
                    + family + " saddr " + network + " oifname \"" + outside + "\" masquerade comment \"" + AddRule.COMMENT
                    + name + "\"");
        }

        @Override
        public List<List<String>> undo(Machine machine) {
            return List.of(List.of("nft", "delete table " + table()));
        }

        @Override
        public boolean isInEffect(Machine machine) {
            return machine.run(List.of("nft", "list table " + table())).ok();
        }

        @Override
        public boolean goesWithDevice() {
            return false;
        }
    }
}
