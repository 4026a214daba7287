package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.cli.Commands;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TunCommandTest {
    private static final String UP = "up tun0 --address 10.0.0.1/24 --nat eth0";

    @TempDir
    private Path folder;
    private final FakeMachine machine = new FakeMachine();
    private String out;
    private String err;

    private int run(String args) {
        return run(TunCommand.spec(machine, new States(folder, machine)), args);
    }

    private int run(CommandLine.Model.CommandSpec spec, String args) {
        var o = new StringWriter();
        var e = new StringWriter();
        int code = new CommandLine(spec).setOut(new PrintWriter(o, true)).setErr(new PrintWriter(e, true))
                .setExecutionExceptionHandler((failure, line, _) -> {
                    line.getErr().println(failure.getMessage());
                    return 1;
                }).execute(args.split(" "));
        out = o.toString();
        err = e.toString();
        return code;
    }

    @Test
    void upShowsItsCommandsAndSaysWhatToDoNext() {
        assertEquals(0, run(UP));
        assertEquals("""
                ip tuntap add dev tun0 mode tun
                ip link set dev tun0 up
                ip addr add 10.0.0.1/24 dev tun0
                sysctl -w net.ipv4.ip_forward=1
                iptables -w 5 -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE
                tun0 is up. Next:
                  millrace get --tun tun0 --address 10.0.0.2/24 --gateway 10.0.0.1 http://example.com/
                  millrace tun down tun0    undoes it
                """, out);
        assertEquals(0, run(UP));
        assertTrue(out.startsWith("tun0 was up already; nothing was changed."), out);
        assertEquals(1, run("up tun0 --address 10.0.0.1/24"));
        assertTrue(err.contains("nat is eth0, asked for none"), err);
        assertEquals(0, run("down tun0"));
        assertTrue(out.endsWith("tun0 is as it was before millrace tun up\n"), out);
        assertEquals(0, run("down tun0"));
        assertEquals("nothing to do: millrace tun up made no tun0\n", out);
    }

    @Test
    void deviceOfSeveralQueuesIsOpenedAsOne() {
        run("up tun0 --address 10.0.0.1/24 --address fd00::1/64 --queues");
        assertTrue(out.contains("  millrace services --tun tun0 --address 10.0.0.2/24 --address fd00::2/64 --set queues=2\n"), out);
    }

    @Test
    void dryRunPrintsCommandsAndNothingElse() {
        assertEquals(0, run(UP + " --user alice --dry-run"));
        assertTrue(out.lines().allMatch(l -> l.matches("(ip|sysctl|iptables) .*")), out);
        assertEquals(5, out.lines().count());
        assertEquals(List.of(), machine.changes);
        run(UP);
        assertEquals(0, run("down tun0 --dry-run"));
        assertEquals(3, out.lines().count());
        assertEquals(0, run("down tun1 --dry-run"));
        assertEquals("", out);
    }

    @Test
    void jsonHasCommandsAndWhatIsNext() {
        assertEquals(0, run(UP + " --json"));
        var node = Commands.json().readTree(out);
        assertTrue(node.path("changed").asBoolean(false));
        assertEquals(5, node.path("commands").size());
        assertTrue(node.path("next").asString("").startsWith("millrace get --tun tun0"), out);
        assertEquals(0, run(UP + " --json"));
        assertTrue(!Commands.json().readTree(out).path("changed").asBoolean(true), out);
        assertEquals(0, run("down tun0 --json"));
        assertEquals(3, Commands.json().readTree(out).path("commands").size());
    }

    @Test
    void listShowsTunDevicesOnlyAndWhoMadeThem() {
        assertEquals(0, run("list"));
        assertTrue(out.startsWith("no TUN devices"), out);
        run(UP);
        machine.devices.put("vpn", new FakeMachine.Net());
        assertEquals(0, run("list --json"));
        var node = Commands.json().readTree(out);
        assertEquals(2, node.size(), out);
        assertEquals("tun0", node.path(0).path("name").asString(""));
        assertTrue(node.path(0).path("made_by_millrace").asBoolean(false), out);
        assertEquals("10.0.0.1/24", node.path(0).path("addresses").path(0).asString(""));
        assertTrue(!node.path(1).path("made_by_millrace").asBoolean(true), out);
        run("list");
        assertTrue(out.lines().findFirst().orElse("").matches("tun0 +up +not in use mtu 1500 +owner root +10\\.0\\.0\\.1/24 +made by "
                + "millrace"), out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "up tun0", "up a/b --address 10.0.0.1/24", "up tun0 --address 10.0.0.1", "up tun0 --address x",
            "up tun0 --address 10.0.0.1/24 --mtu 5", "up tun0 --address 10.0.0.1/24 --nat tun0",
            "up tun0 --address fd00::1/64 --mtu 1000", "up tun0 --address 10.0.0.1/24 --address 10.0.0.1/24",
            "up tun0 --address 10.0.0.1/24 --user a;b", "down", "down a/b", "up tun0 --address 10.0.0.1/24 --congctl -x"})
    void wrongUsageEndsWithTwo(String args) {
        assertEquals(2, run(args), out + err);
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void doctorsExitCodeSaysWhetherThereIsAProblem() {
        var states = new States(folder, machine);
        assertEquals(0, run(DoctorCommand.spec(machine, states, new Jvm(25, Optional.of(true))), "--json"));
        var node = Commands.json().readTree(out);
        assertEquals("ok", node.path(0).path("level").asString(""));
        assertTrue(node.path(0).path("command").isNull(), out);
        assertEquals(1, run(DoctorCommand.spec(machine, states, new Jvm(25, Optional.of(true))), "--tun tun9"));
        assertTrue(out.contains("problem  tun9: there is no such device\n           millrace tun up tun9"), out);
        assertTrue(out.endsWith("1 problem, 0 warnings\n"), out);
    }
}
