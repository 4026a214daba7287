package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Cidr;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The set-up on this machine's kernel, in a network namespace of the test's own.
@Timeout(120)
class RealSetupTest {
    private static final Linux LINUX = new Linux();

    @TempDir
    private Path folder;
    private final String namespace = "setup-" + ProcessHandle.current().pid();
    private final Set<String> hidden = new HashSet<>();
    private final Machine machine = new Inside();

    /// The machine as a program in the namespace sees it.
    private final class Inside implements Machine {
        @Override
        public Result run(List<String> command) {
            var all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
            all.addAll(command);
            return LINUX.run(all);
        }

        @Override
        public boolean has(String program) {
            return !hidden.contains(program) && LINUX.has(program);
        }

        @Override
        public Optional<String> read(Path file) {
            Result result = run(List.of("cat", file.toString()));
            return result.ok() ? Optional.of(result.out().strip()) : Optional.empty();
        }

        @Override
        public List<String> list(Path path) {
            return run(List.of("ls", "-1", path.toString())).out().lines().sorted().toList();
        }

        @Override
        public String namespace() {
            return run(List.of("readlink", "/proc/self/ns/net")).out().strip();
        }

        @Override
        public String firstNamespace() {
            return LINUX.firstNamespace();
        }

        @Override
        public boolean namespaceExists(String name) {
            return LINUX.namespaceExists(name);
        }

        @Override
        public Optional<DeviceFile> deviceFile(Path file) {
            return LINUX.deviceFile(file);
        }
    }

    @BeforeEach
    void makeNamespace() {
        String missing = NetworkNamespace.missing("iptables", "ip6tables", "nft", "sysctl").orElse(null);
        assumeTrue(missing == null, missing);
        assumeTrue(LINUX.mayAdministerNetwork(), "needs root with CAP_NET_ADMIN");
        Machine.Result made = LINUX.run(List.of("ip", "netns", "add", namespace));
        assertTrue(made.ok(), made.err());
        for (String command : List.of("ip link set lo up", "ip link add out0 type veth peer name out1", "ip link set out0 up",
                "sysctl -qw net.ipv4.conf.all.accept_redirects=0", "sysctl -qw net.ipv6.conf.out0.accept_ra=1",
                "sysctl -qw net.ipv6.conf.out0.forwarding=1", "iptables -P FORWARD DROP")) {
            ok(command);
        }
    }

    @AfterEach
    void removeNamespace() {
        LINUX.run(List.of("ip", "netns", "del", namespace));
    }

    private String ok(String command) {
        Machine.Result result = machine.run(List.of(command.split(" ")));
        assertEquals(0, result.exit(), command + ": " + result.err());
        return result.out();
    }

    private Setup setup() {
        return new Setup(machine, new States(folder, machine), false, _ -> {
        });
    }

    private static Settings settings(String name, String congctl, String... addresses) {
        return new Settings(name, Stream.of(addresses).map(Cidr::parse).toList(), "nobody", "", "out0", 1400, false, congctl);
    }

    /// All that a set-up could have changed.
    private String world() {
        String sysctls = ok("sysctl -a -e --pattern ^net\\.").lines().filter(l -> !l.contains("nf_conntrack_count")
                && !l.contains("netdev_rss_key") && !l.contains(".neigh.")).collect(Collectors.joining("\n"));
        String rules = Stream.of("iptables-save", "ip6tables-save").flatMap(p -> ok(p).lines())
                // The kernel keeps tables that are empty again.
                .filter(l -> l.startsWith("-") || l.startsWith(":") && !l.contains(" ACCEPT "))
                .map(l -> l.replaceAll("\\[\\d+:\\d+]", "")).collect(Collectors.joining("\n"));
        return ok("ip -d link") + ok("ip route") + ok("nft list tables").replaceAll("table ip6? (nat|filter)\n", "") + rules + "\n" + sysctls;
    }

    private void assertWorldIs(String before) {
        List<String> was = before.lines().toList();
        List<String> is = world().lines().toList();
        assertEquals(List.of(), was.stream().filter(l -> !is.contains(l)).toList(), "lost");
        assertEquals(List.of(), is.stream().filter(l -> !was.contains(l)).toList(), "new");
    }

    @Test
    void downLeavesTheKernelAsUpFoundIt() throws IOException {
        String before = world();
        setup().up(settings("mill0", "reno", "10.99.0.1/24", "fd99::1/64"));
        String link = ok("ip -d link show mill0");
        assertTrue(link.contains("mtu 1400") && link.contains("user nobody") && link.contains("persist on"), link);
        assertTrue(ok("ip route show dev mill0").contains("congctl reno"));
        assertTrue(ok("ip -6 route show dev mill0").contains("congctl reno"));
        assertEquals("1", ok("sysctl -n net.ipv4.ip_forward").strip());
        assertTrue(ok("iptables-save").contains("-A POSTROUTING -s 10.99.0.0/24 -o out0 -m comment --comment \"millrace:mill0\" "
                + "-j MASQUERADE"));
        Setup.Outcome again = setup().up(settings("mill0", "reno", "10.99.0.1/24", "fd99::1/64"));
        assertEquals(List.of(), again.commands());
        setup().up(settings("mill1", "", "10.98.0.1/24"));
        setup().down("mill0");
        assertEquals("1", ok("sysctl -n net.ipv4.ip_forward").strip());
        setup().down("mill1");
        assertWorldIs(before);
        assertTrue(setup().down("mill0").isEmpty());
    }

    @Test
    void nftDoesTheSameWhereIptablesIsMissing() throws IOException {
        hidden.addAll(Set.of("iptables", "ip6tables"));
        String before = world();
        Setup.Outcome outcome = setup().up(settings("mill0", "", "10.99.0.1/24", "fd99::1/64"));
        assertTrue(outcome.remarks().toString().contains("drops what is forwarded"), outcome.remarks().toString());
        String rules = ok("nft list ruleset");
        assertTrue(rules.contains("ip saddr 10.99.0.0/24 oifname \"out0\" masquerade comment \"millrace:mill0\""), rules);
        assertTrue(rules.contains("ip6 saddr fd99::/64 oifname \"out0\" masquerade comment \"millrace:mill0\""), rules);
        assertEquals(List.of(), setup().up(settings("mill0", "", "10.99.0.1/24", "fd99::1/64")).commands());
        setup().down("mill0");
        assertWorldIs(before);
    }

    @Test
    void commandThatTheKernelRefusesLeavesNothingBehind() {
        String before = world();
        var e = assertThrows(IOException.class, () -> setup().up(settings("mill0", "nonsense", "10.99.0.1/24")));
        assertTrue(e.getMessage().contains("congctl nonsense\" failed: ") && e.getMessage().contains("congestion"), e.getMessage());
        assertWorldIs(before);
    }

    @Test
    void doctorFindsWhatSomebodyElseChanged() throws IOException {
        setup().up(settings("mill0", "reno", "10.99.0.1/24"));
        var jvm = new Jvm(25, Optional.of(true));
        var states = new States(folder, machine);
        assertEquals(List.of(), problems(DoctorCommand.examine(machine, states, jvm, "mill0")));
        ok("ip link set dev mill0 down");
        ok("iptables -t nat -F");
        List<Finding> found = problems(DoctorCommand.examine(machine, states, jvm, "mill0"));
        assertTrue(found.size() >= 3, found.toString());
        // What it prints mends it.
        for (Finding f : found) {
            machine.run(List.of(f.command().split(" ")));
        }
        assertEquals(List.of(), problems(DoctorCommand.examine(machine, states, jvm, "mill0")));
        setup().down("mill0");
    }

    private static List<Finding> problems(List<Finding> all) {
        return all.stream().filter(f -> f.level() == Finding.Level.PROBLEM).toList();
    }

    @Test
    void programThatDoesNotExistIsAResultAndNoException() {
        assertEquals(127, LINUX.run(List.of("millrace-no-such-program")).exit());
    }
}
