package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.cli.tun.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    private static final Jvm GOOD = new Jvm(25, Optional.of(true));

    @TempDir
    private Path folder;
    private final FakeMachine machine = new FakeMachine();

    private States states() {
        return new States(folder, machine);
    }

    private void up() throws IOException {
        new Setup(machine, states(), false, _ -> {
        }).up(new Settings("tun0", List.of(Cidr.parse("10.0.0.1/24")), "alice", "", "eth0", 0, false, ""));
    }

    private List<Finding> examine(String name) {
        return DoctorCommand.examine(machine, states(), GOOD, name);
    }

    private static List<String> bad(List<Finding> findings) {
        return findings.stream().filter(f -> f.level() != Level.OK).map(f -> f.level() + " " + f.check() + " | " + f.command())
                .toList();
    }

    @Test
    void healthyMachineHasNoProblem() throws IOException {
        up();
        assertEquals(List.of(), bad(examine("tun0")));
        assertEquals(List.of(), bad(examine(null)));
    }

    @Test
    void javaIsLookedAt() {
        assertEquals(List.of("PROBLEM JDK | apt-get install temurin-25-jdk",
                "PROBLEM native access | java --enable-native-access=dev.millrace.linux ..."),
                bad(DoctorCommand.examine(machine, states(), new Jvm(24, Optional.of(false)), null)));
        assertEquals(1, bad(DoctorCommand.examine(machine, states(), new Jvm(25, Optional.empty()), null)).size());
    }

    @Test
    void tunFileIsLookedAt() {
        machine.tunFile = null;
        assertEquals(List.of("PROBLEM /dev/net/tun | modprobe tun"), bad(examine(null)));
        machine.tunFile = new Machine.DeviceFile(true, 10, 201, true);
        assertEquals(List.of("PROBLEM /dev/net/tun | rm /dev/net/tun && mknod -m 0666 /dev/net/tun c 10 200"), bad(examine(null)));
        machine.tunFile = new Machine.DeviceFile(false, 0, 0, true);
        assertEquals(1, bad(examine(null)).size());
        machine.tunFile = new Machine.DeviceFile(true, 10, 200, false);
        assertEquals(List.of("PROBLEM /dev/net/tun | sudo chmod 0666 /dev/net/tun"), bad(examine(null)));
    }

    @Test
    void unprivilegedUserNeedsADeviceOfHisOwn() {
        machine.root = false;
        String user = System.getProperty("user.name");
        assertEquals(List.of("PROBLEM rights | sudo millrace tun up tun0 --address 10.0.0.1/24 --user " + user), bad(examine(null)));
        var device = new FakeMachine.Net();
        device.up = true;
        device.owner = 7;
        device.addresses.add("10.0.0.1/24");
        machine.devices.put("tun5", device);
        assertEquals(List.of("PROBLEM rights | sudo ip tuntap add dev tun5 mode tun user " + user), bad(examine("tun5")));
        device.owner = 1000;
        assertEquals(List.of(), bad(examine("tun5")));
        assertEquals(List.of(), bad(examine(null)));
        device.group = 5; // owner and group: both have to fit
        assertEquals(1, bad(examine("tun5")).size());
        device.owner = -1;
        device.group = 27;
        assertEquals(List.of(), bad(examine("tun5")));
    }

    @Test
    void deviceIsLookedAt() {
        assertEquals(List.of("PROBLEM tun9 | millrace tun up tun9 --address 10.0.0.1/24"), bad(examine("tun9")));
        assertEquals(List.of("PROBLEM eth0 | millrace tun up tun0 --address 10.0.0.1/24"), bad(examine("eth0")));
        machine.devices.put("tun9", new FakeMachine.Net());
        machine.sysctls.put("net/ipv4/conf/all/rp_filter", "1");
        assertEquals(List.of("PROBLEM tun9 | ip link set dev tun9 up", "PROBLEM tun9 | ip addr add 10.0.0.1/24 dev tun9",
                "WARNING rp_filter | sysctl -w net.ipv4.conf.tun9.rp_filter=2"), bad(examine("tun9")));
        machine.root = false;
        machine.devices.get("tun9").owner = 1000;
        assertTrue(bad(examine("tun9")).contains("PROBLEM tun9 | sudo ip link set dev tun9 up"), bad(examine("tun9")).toString());
    }

    @Test
    void openDeviceAndSlowerCongestionControlAndSmallerMtuAreWarnings() throws IOException {
        up();
        machine.devices.get("tun0").carrier = true;
        machine.devices.get("eth0").mtu = 1400;
        machine.sysctls.put("net/ipv4/tcp_congestion_control", "bbr");
        assertEquals(List.of(
                "WARNING tun0 | grep -lE 'iff:[[:space:]]*tun0$' /proc/[0-9]*/fdinfo/*    (shows which)",
                "WARNING MTU | ip link set dev tun0 mtu 1400",
                "WARNING congestion control | ip route replace 10.0.0.0/24 dev tun0 proto kernel scope link src 10.0.0.1 congctl cubic"),
                bad(examine("tun0")));
        machine.devices.get("tun0").congctl.put("10.0.0.0/24", "cubic");
        assertEquals(2, bad(examine("tun0")).size());
    }

    @Test
    void everyPartOfTheSetUpThatWasUndoneByOthersIsNamedWithItsCommand() throws IOException {
        machine.sysctls.put("net/ipv4/ip_forward", "1"); // was on before, so it is not recorded, and is missed all the same
        up();
        machine.sysctls.put("net/ipv4/ip_forward", "0");
        machine.rules.clear();
        assertEquals(List.of("PROBLEM set-up | sysctl -w net.ipv4.ip_forward=1", "PROBLEM set-up | iptables -w 5 -t nat -A POSTROUTING "
                + "-s 10.0.0.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE"), bad(examine(null)));
        machine.devices.remove("tun0");
        assertTrue(bad(examine(null)).contains("PROBLEM set-up | ip tuntap add dev tun0 mode tun user alice"));
        machine.devices.remove("eth0");
        assertTrue(bad(examine(null)).contains("PROBLEM set-up | millrace tun down tun0"));
    }

    @Test
    void whatDeadRunsLeftIsShownWithWhatRemovesIt() throws IOException {
        up();
        Path file = states().entries().getFirst().file();
        machine.rules.put("ip6tables filter FORWARD", new ArrayList<>(List.of(
                "-i tun3 -o eth0 -s fd00::/64 -m comment --comment millrace:tun3 -j ACCEPT")));
        assertEquals(List.of("WARNING left over | ip6tables -w 5 -t filter -D FORWARD -i tun3 -o eth0 -s fd00::/64 -m comment "
                + "--comment millrace:tun3 -j ACCEPT"), bad(examine(null)));
        machine.rules.remove("ip6tables filter FORWARD");
        machine.programs.add("nft");
        machine.tables.addAll(List.of("ip millrace-tun-4-10.0.0.0_24", "ip other"));
        assertEquals(List.of("WARNING left over | nft delete table ip millrace-tun-4-10.0.0.0_24"), bad(examine(null)));
        machine.tables.clear();
        machine.rules.clear();
        machine.namespace = "net:[2]";
        assertEquals(List.of(), bad(examine(null)), "the other namespace lives");
        machine.deadNamespaces.add("net:[1]");
        assertEquals(List.of("WARNING left over | rm " + file), bad(examine(null)));
        machine.files.put("/proc/sys/kernel/random/boot_id", "boot-2");
        assertEquals(List.of("WARNING left over | rm " + file), bad(examine(null)));
        Files.writeString(file, "{");
        assertEquals(List.of("WARNING left over | rm " + file), bad(examine(null)));
    }

    @Test
    void missingProgramsAreWarnings() {
        machine.programs.removeAll(List.of("ip", "iptables", "ip6tables"));
        assertEquals(List.of("WARNING ip | apt-get install iproute2", "WARNING iptables | apt-get install iptables"), bad(examine(null)));
        machine.programs.addAll(List.of("ip", "nft"));
        assertEquals(List.of(), bad(examine(null)));
    }

    @Test
    void sysOfAnotherNamespaceIsAProblem() {
        machine.files.put("/proc/self/net/dev", "  lo: 0\n");
        assertEquals(1, bad(examine("tun0")).size());
    }
}
