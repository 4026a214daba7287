package dev.millrace.cli.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.cli.tun.Machine;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirewallTest {
    private static final FirewallRule PORT = new FirewallRule(IpAddress.parse("10.0.0.2"), 8888);
    private static final FirewallRule ALL = new FirewallRule(IpAddress.parse("fd00::2"), 0);

    /// A machine with one of the two programs, which knows its rules.
    private static final class Fake implements Machine {
        final String program;
        final List<String> ran = new ArrayList<>();
        final Set<String> rules = new HashSet<>();
        boolean root = true;
        /// Commands with this in them do not work.
        String broken = "\n";

        Fake(String program) {
            this.program = program;
        }

        @Override
        public Result run(List<String> command) {
            String text = String.join(" ", command);
            ran.add(text);
            boolean ok = true;
            if (text.contains(broken)) {
                return new Result(1, "", "broken");
            }
            if (command.getFirst().equals("nft")) {
                String name = command.get(1).replaceAll(".*(millrace_[A-Za-z0-9_]+).*", "$1");
                if (command.get(1).startsWith("add")) {
                    rules.add(name);
                } else if (command.get(1).startsWith("delete")) {
                    ok = rules.remove(name);
                } else {
                    ok = rules.contains(name);
                }
            } else {
                String rule = text.replaceFirst(" -[ICD] ", " ");
                ok = switch (command.get(2)) {
                    case "-I" -> rules.add(rule);
                    case "-D" -> rules.remove(rule);
                    default -> rules.contains(rule);
                };
            }
            return new Result(ok ? 0 : 1, "", ok ? "" : "no such thing");
        }

        @Override
        public boolean has(String name) {
            return name.equals(program);
        }

        @Override
        public Optional<String> read(Path file) {
            return Optional.of(root ? "CapEff:\t000001ffffffffff" : "CapEff:\t0000000000000000");
        }

        @Override
        public List<String> list(Path folder) {
            return List.of();
        }

        @Override
        public String namespace() {
            return "";
        }

        @Override
        public String firstNamespace() {
            return "";
        }

        @Override
        public boolean namespaceExists(String namespace) {
            return true;
        }

        @Override
        public Optional<DeviceFile> deviceFile(Path file) {
            return Optional.empty();
        }
    }

    @Test
    void aRuleIsSetOnceAndFoundAgain() throws IOException {
        for (String program : List.of("nft", "iptables")) {
            var machine = new Fake(program);
            var firewall = new Firewall(machine);
            for (FirewallRule rule : List.of(PORT, ALL)) {
                assertFalse(firewall.remove(rule), program);
                firewall.apply(rule);
                int set = machine.rules.size();
                firewall.apply(rule);
                assertEquals(set, machine.rules.size(), "twice is once");
                machine.rules.add("another's");
                assertTrue(firewall.remove(rule));
                assertFalse(firewall.remove(rule));
                assertEquals(Set.of("another's"), machine.rules);
            }
        }
    }

    @Test
    void printedCommandsAreThoseThatWouldRun() throws IOException {
        var machine = new Fake("iptables");
        List<String> lines = new Firewall(machine).print(PORT);
        assertEquals(List.of(), machine.ran);
        assertEquals("iptables -w -I INPUT -d 10.0.0.2 -p tcp --dport 8888 -m comment "
                + "--comment 'millrace firewall 10.0.0.2 port 8888' "
                + "-j DROP", lines.get(1));
        assertEquals(lines.get(1).replace("-I", "-D"), lines.get(4));
        assertTrue(new Firewall(new Fake("nft")).print(ALL).get(1).contains("ip6 saddr fd00::2 tcp flags & rst == rst drop"));
    }

    @Test
    void whatIsMissingIsSaid() {
        var e = assertThrows(IOException.class, () -> new Firewall(new Fake("none")).apply(PORT));
        assertEquals("there is neither nft nor iptables: apt-get install nftables", e.getMessage());
        var machine = new Fake("nft");
        machine.root = false;
        assertTrue(assertThrows(IOException.class, () -> new Firewall(machine).apply(PORT)).getMessage().contains("needs root"));
        assertTrue(assertThrows(IOException.class, () -> new Firewall(machine).remove(PORT)).getMessage().contains("needs root"));
        assertEquals(Set.of(), machine.rules);
    }

    @Test
    @SuppressWarnings("try")
    void aRuleThatCannotBeSetAsAWholeLeavesNoPart() throws Exception {
        var machine = new Fake("iptables");
        var said = new StringWriter();
        try (var applied = new Firewall.Applied(new Firewall(machine))) {
            machine.broken = "-I INPUT -d 10.0.0.2 -p udp";
            assertThrows(IOException.class, () -> applied.apply(List.of(PORT), new PrintWriter(said)));
            assertEquals(1, machine.rules.size());
        }
        assertEquals(Set.of(), machine.rules);
    }

    @Test
    void aRuleThatCannotBeRemovedKeepsNoOther() throws Exception {
        var machine = new Fake("nft");
        var applied = new Firewall.Applied(new Firewall(machine));
        applied.apply(List.of(PORT, ALL), new PrintWriter(new StringWriter()));
        assertEquals(2, machine.rules.size());
        machine.broken = "delete table inet " + PORT.name();
        assertThrows(IOException.class, applied::close);
        assertEquals(Set.of(PORT.name()), machine.rules);
    }
}
