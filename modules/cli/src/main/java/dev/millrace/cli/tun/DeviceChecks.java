package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// What the doctor looks at for one device: that it is there, up, has an address, and that what was set up still is.
final class DeviceChecks {
    private final Machine machine;
    private final States states;
    private final List<Finding> findings;
    private final String name;

    DeviceChecks(Machine machine, States states, List<Finding> findings, String name) {
        this.machine = machine;
        this.states = states;
        this.findings = findings;
        this.name = name;
    }

    void all() {
        Optional<Device> device = Device.read(machine, name);
        if (device.isEmpty()) {
            findings.add(Finding.problem(name, "there is no such device", "millrace tun up " + name + " --address 10.0.0.1/24"));
        } else if (!device.get().isTun()) {
            findings.add(Finding.problem(name, device.get().isTap() ? "is a TAP device, not TUN" : "is no TUN device",
                    "millrace tun up tun0 --address 10.0.0.1/24"));
            return;
        } else {
            List<String> addresses = Device.addresses(machine, name);
            state(device.get());
            addresses(addresses);
            reversePath(!addresses.isEmpty());
            mtu(device.get());
        }
        setUp(device.isPresent());
        device.ifPresent(_ -> congestionControl());
    }

    private void state(Device device) {
        findings.add(device.up() ? Finding.ok(name, "is up") : Finding.problem(name, "is down: no packet passes",
                "ip link set dev " + name + " up"));
        if (device.running()) {
            findings.add(device.hasQueues() ? Finding.ok(name, "a program has it open; it has several queues")
                    : Finding.warning(name, "a program has it open already, and it has one queue: another one gets \"busy\"",
                            "grep -lE 'iff:[[:space:]]*" + name + "$' /proc/[0-9]*/fdinfo/*    (shows which)"));
        } else if (device.hasQueues()) {
            findings.add(Finding.ok(name, "has several queues: open it with --set queues=2"));
        }
    }

    private void addresses(List<String> addresses) {
        findings.add(addresses.isEmpty() ? Finding.problem(name, "the host has no address on it, so it sends nothing there",
                "ip addr add 10.0.0.1/24 dev " + name)
                : Finding.ok(name, "the host has " + String.join(" and ", addresses) + " on it"));
    }

    /// The kernel takes the greater of the two values (Documentation/networking/ip-sysctl, rp_filter).
    private void reversePath(boolean hasAddress) {
        int value = 0;
        for (String device : List.of("all", name)) {
            value = Math.max(value, machine.sysctl("net/ipv4/conf/" + device + "/rp_filter").map(Integer::parseInt).orElse(0));
        }
        if (value == 1 && !hasAddress) {
            findings.add(Finding.warning("rp_filter", "is strict, and no route leads to " + name + ": what the stack sends is "
                    + "dropped", "sysctl -w " + Step.SetSysctl.written("net/ipv4/conf/" + name + "/rp_filter") + "=2"));
        } else {
            findings.add(Finding.ok("rp_filter", value == 1
                    ? "is strict: the stack's address has to be one of the device's network" : "does not drop what the stack sends"));
        }
    }

    private void mtu(Device device) {
        Optional<Device> outside = find(s -> !s.settings().nat().isEmpty())
                .flatMap(s -> Device.read(machine, s.settings().nat()));
        if (outside.isPresent() && outside.get().mtu() < device.mtu()) {
            findings.add(Finding.warning("MTU", name + " has " + device.mtu() + " and " + outside.get().name() + " only "
                    + outside.get().mtu() + ": each new peer costs a lost packet", "ip link set dev " + name + " mtu "
                            + outside.get().mtu()));
        } else {
            findings.add(Finding.ok("MTU", device.mtu() + " bytes"));
        }
    }

    /// Everything that the set-up consists of, whether it is in effect, were it there before or not.
    private void setUp(boolean exists) {
        Optional<State> state = find(_ -> true);
        if (state.isEmpty()) {
            findings.add(Finding.ok("set-up", exists ? name + " was not made by millrace tun up" : "none"));
            boolean on = machine.sysctl(Plan.FORWARD_V4).filter("1"::equals).isPresent();
            findings.add(Finding.ok("forwarding", on ? "is on for IPv4; NAT for " + name + " was not asked of millrace tun up"
                    : "is off: the stack reaches this host only; millrace tun up ... --nat eth0 lets it out"));
            return;
        }
        int before = findings.size();
        try {
            for (Step step : Plan.of(state.get().settings(), machine).steps()) {
                boolean isVisible = !(step instanceof Step.AddRule || step instanceof Step.AddTable)
                        || machine.mayAdministerNetwork();
                if (isVisible && !step.isInEffect(machine)) {
                    findings.add(Finding.problem("set-up", step.what() + " was set by millrace tun up and is not any more",
                            Names.line(step.apply(machine))));
                }
            }
        } catch (IOException e) {
            findings.add(Finding.problem("set-up", e.getMessage(), "millrace tun down " + name));
        }
        if (findings.size() == before) {
            String nat = state.get().settings().nat();
            String unseen = machine.mayAdministerNetwork() ? "" : " (rules are shown to root only)";
            findings.add(Finding.ok("set-up", "by millrace tun up, and as it left it"));
            findings.add(Finding.ok("forwarding", nat.isEmpty() ? "was not asked for: the stack reaches this host only"
                    : "is on, and NAT leads out through " + nat + unseen));
        }
    }

    private void congestionControl() {
        String standard = machine.sysctl("net/ipv4/tcp_congestion_control").orElse("unknown");
        String routes = machine.run(List.of("ip", "route", "show", "dev", name)).out();
        Optional<Cidr> address = Device.addresses(machine, name).stream().filter(a -> !a.contains(":")).findFirst()
                .map(Cidr::parse);
        if (routes.contains("congctl")) {
            findings.add(Finding.ok("congestion control", "the route through " + name + " chooses its own"));
        } else if (standard.equals("bbr") && address.isPresent()) {
            findings.add(Finding.warning("congestion control", "the kernel's is bbr, which paces what it sends to the "
                    + "stack; cubic is faster on a link without loss", Names.line(new Step.SetCongestionControl(name, address.get(), "cubic")
                            .apply(machine))));
        } else {
            findings.add(Finding.ok("congestion control", "the kernel's is " + standard));
        }
    }

    private Optional<State> find(Predicate<State> wanted) {
        try {
            return states.alive().stream().filter(s -> s.settings().name().equals(name)).filter(wanted).findFirst();
        } catch (IOException e) {
            return Optional.empty(); // leftOvers() says it
        }
    }

    /// The devices that `tun up` set up, whether they are still there or not.
    static List<String> recordedNames(States states) {
        var names = new ArrayList<String>();
        try {
            states.alive().forEach(s -> names.add(s.settings().name()));
        } catch (IOException e) {
            return List.of();
        }
        return names;
    }
}
