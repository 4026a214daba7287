package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import dev.millrace.cli.tun.Step.AddRule;
import dev.millrace.cli.tun.Step.RuleKind;
import dev.millrace.cli.tun.Step.SetSysctl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// From what was asked to the steps that bring it about, in order. Looks at the system and changes nothing.
final class Plan {
    static final String FORWARD_V4 = "net/ipv4/ip_forward";
    static final String FORWARD_V6 = "net/ipv6/conf/all/forwarding";
    private static final int DEFAULT_MTU = 1500;

    private final Settings settings;
    private final Machine machine;
    private final List<Step> steps = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    private Plan(Settings settings, Machine machine) {
        this.settings = settings;
        this.machine = machine;
    }

    /// Makes the plan.
    ///
    /// @throws IOException if something is missing; the message says what to do
    static Plan of(Settings settings, Machine machine) throws IOException {
        var plan = new Plan(settings, machine);
        plan.device();
        if (!settings.nat().isEmpty()) {
            plan.nat(true);
            plan.nat(false);
        }
        return plan;
    }

    List<Step> steps() {
        return steps;
    }

    /// What the user has to know beside.
    List<String> remarks() {
        return remarks;
    }

    private void device() throws IOException {
        if (!machine.has("ip")) {
            throw new IOException("the program ip is missing; install it, on Debian: apt-get install iproute2");
        }
        String name = settings.name();
        steps.add(new Step.MakeDevice(name, settings.user(), settings.group(), settings.queues()));
        int mtu = Device.read(machine, name).map(Device::mtu).orElse(DEFAULT_MTU);
        if (settings.mtu() != 0) {
            steps.add(new Step.SetMtu(name, settings.mtu(), mtu));
        }
        boolean v6 = settings.addresses().stream().anyMatch(a -> !a.address().isV4());
        if (v6) {
            allowV6(name);
        }
        // Up before the addresses: only then are the routes there that congctl changes.
        steps.add(new Step.SetUp(name));
        for (Cidr address : settings.addresses()) {
            steps.add(new Step.AddAddress(name, address));
        }
        if (!settings.congctl().isEmpty()) {
            for (Cidr address : settings.addresses()) {
                steps.add(new Step.SetCongestionControl(name, address, settings.congctl()));
            }
        }
    }

    /// Containers often have IPv6 off for new devices.
    private void allowV6(String name) throws IOException {
        String key = "net/ipv6/conf/" + name + "/disable_ipv6";
        Optional<String> value = machine.sysctl(key).or(() -> machine.sysctl("net/ipv6/conf/default/disable_ipv6"));
        if (value.isEmpty()) {
            throw new IOException("this kernel has no IPv6; leave the IPv6 addresses out");
        }
        if (value.get().equals("1")) {
            steps.add(new SetSysctl(key, "0", "1", Map.of()));
        }
    }

    private void nat(boolean v4) throws IOException {
        List<Cidr> networks = settings.addresses().stream().filter(a -> a.address().isV4() == v4).map(Cidr::network)
                .distinct().toList();
        if (networks.isEmpty()) {
            return;
        }
        String outside = settings.nat();
        if (Device.read(machine, outside).isEmpty()) {
            throw new IOException("--nat " + outside + ": there is no such device; ip route get "
                    + (v4 ? "192.0.2.1" : "2001:db8::1") + " says which one leads to other networks");
        }
        forward(v4);
        boolean tables = machine.has(v4 ? "iptables" : "ip6tables");
        if (!tables && !machine.has("nft")) {
            throw new IOException("--nat needs iptables or nft; install one, on Debian: apt-get install iptables");
        }
        for (Cidr network : networks) {
            steps.add(tables ? new AddRule(RuleKind.MASQUERADE, settings.name(), network, outside)
                    : new Step.AddTable(settings.name(), network, outside));
        }
        if (tables && isForwardingBlocked(v4)) {
            for (Cidr network : networks) {
                steps.add(new AddRule(RuleKind.FORWARD_OUT, settings.name(), network, outside));
                steps.add(new AddRule(RuleKind.FORWARD_BACK, settings.name(), network, outside));
            }
        } else if (!tables && machine.run(List.of("nft", "list", "ruleset")).out()
                .matches("(?s).*hook forward[^;]*;\\s*policy drop.*")) {
            remarks.add("a packet filter drops what is forwarded (nft list ruleset); let " + settings.name() + " through there");
        }
    }

    private void forward(boolean v4) {
        if (v4) {
            steps.add(new SetSysctl(FORWARD_V4, "1", machine.sysctl(FORWARD_V4).orElse("0"),
                    before("net/ipv4/conf", Map.of("accept_redirects", "1"))));
            return;
        }
        // A forwarding host ignores router advertisements unless this is 2, and would lose its own default route.
        String key = "net/ipv6/conf/" + settings.nat() + "/accept_ra";
        String before = machine.sysctl(key).orElse("0");
        if (!before.equals("0")) {
            steps.add(new SetSysctl(key, "2", before, Map.of()));
        }
        steps.add(new SetSysctl(FORWARD_V6, "1", machine.sysctl(FORWARD_V6).orElse("0"), before("net/ipv6/conf", Map.of())));
    }

    /// What switching forwarding on and off again loses: the kernel then resets the key of every device, and some of
    /// `all` (Documentation/networking/ip-sysctl: "its change resets all configuration parameters").
    ///
    /// @param ofAll further keys of `all`, with the value that they have afterwards
    private Map<String, String> before(String folder, Map<String, String> ofAll) {
        var lost = new TreeMap<String, String>();
        ofAll.forEach((k, v) -> {
            String key = folder + "/all/" + k;
            machine.sysctl(key).filter(now -> !now.equals(v)).ifPresent(now -> lost.put(key, now));
        });
        for (String device : machine.list(Path.of("/proc/sys", folder))) {
            String key = folder + "/" + device + "/forwarding";
            if (!device.equals("all") && !device.equals(settings.name())) {
                machine.sysctl(key).filter(now -> !now.equals("0")).ifPresent(now -> lost.put(key, now));
            }
        }
        return lost;
    }

    /// Whether packets between devices are dropped unless a rule lets them through, as Docker and firewalls have it.
    private boolean isForwardingBlocked(boolean v4) {
        Machine.Result rules = machine.run(List.of(v4 ? "iptables" : "ip6tables", "-w", "5", "-S", "FORWARD"));
        if (!rules.ok()) {
            remarks.add("the packet filter cannot be read (" + rules.err().lines().findFirst().orElse("exit " + rules.exit())
                    + "), so it is taken to let packets through");
        }
        return rules.out().lines()
                .anyMatch(l -> l.equals("-P FORWARD DROP") || l.contains("-j DROP") || l.contains("-j REJECT"));
    }
}
