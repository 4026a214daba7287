package dev.millrace.cli.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetupTest {
    @TempDir
    private Path folder;
    private final FakeMachine machine = new FakeMachine();

    private States states() {
        return new States(folder.resolve("state"), machine);
    }

    private Setup setup() {
        return new Setup(machine, states(), false, _ -> {
        });
    }

    private static Settings settings(String name, String nat, String... addresses) {
        return new Settings(name, Stream.of(addresses).map(Cidr::parse).toList(), "", "", nat, 0, false, "");
    }

    private static Settings full(String name) {
        return new Settings(name, List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("fd00::1/64")), "alice", "1000", "eth0", 9000, true,
                "cubic");
    }

    private boolean hasStates() throws IOException {
        return !states().entries().isEmpty();
    }

    @Test
    void fiveStepsAreMadeInOrderAndUndoneInReverse() throws IOException {
        String before = machine.world();
        setup().up(new Settings("tun0", List.of(Cidr.parse("192.168.1.1/24")), "alice", "", "eth0", 0, false, ""));
        assertEquals(List.of("ip tuntap add dev tun0 mode tun user alice", "ip link set dev tun0 up",
                "ip addr add 192.168.1.1/24 dev tun0", "sysctl -w net.ipv4.ip_forward=1",
                "iptables -w 5 -t nat -A POSTROUTING -s 192.168.1.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE"),
                machine.changes);
        machine.changes.clear();
        setup().down("tun0");
        assertEquals(List.of(
                "iptables -w 5 -t nat -D POSTROUTING -s 192.168.1.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE",
                "sysctl -w net.ipv4.ip_forward=0", "ip tuntap del dev tun0 mode tun"), machine.changes);
        assertEquals(before, machine.world());
        assertFalse(hasStates());
    }

    @Test
    void everyOptionIsBroughtAboutAndUndone() throws IOException {
        machine.policies.put("iptables", "DROP");
        String before = machine.world();
        setup().up(full("tun0"));
        assertEquals(List.of("ip tuntap add dev tun0 mode tun user alice group 1000 multi_queue", "ip link set dev tun0 mtu 9000",
                "ip link set dev tun0 up", "ip addr add 10.0.0.1/24 dev tun0", "ip addr add fd00::1/64 dev tun0",
                "ip route replace 10.0.0.0/24 dev tun0 proto kernel scope link src 10.0.0.1 congctl cubic",
                "ip -6 route replace fd00::/64 dev tun0 proto kernel metric 256 congctl cubic",
                "sysctl -w net.ipv4.ip_forward=1",
                "iptables -w 5 -t nat -A POSTROUTING -s 10.0.0.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE",
                "iptables -w 5 -I FORWARD -i tun0 -o eth0 -s 10.0.0.0/24 -m comment --comment millrace:tun0 -j ACCEPT",
                "iptables -w 5 -I FORWARD -i eth0 -o tun0 -d 10.0.0.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -m comment "
                        + "--comment millrace:tun0 -j ACCEPT",
                "sysctl -w net.ipv6.conf.eth0.accept_ra=2", "sysctl -w net.ipv6.conf.all.forwarding=1",
                "ip6tables -w 5 -t nat -A POSTROUTING -s fd00::/64 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE"),
                machine.changes);
        setup().down("tun0");
        assertEquals(before, machine.world());
    }

    @Test
    void secondUpChangesNothing() throws IOException {
        setup().up(full("tun0"));
        machine.changes.clear();
        Setup.Outcome outcome = setup().up(full("tun0"));
        assertEquals(List.of(), machine.changes);
        assertEquals(List.of(), outcome.commands());
        assertTrue(outcome.wasRecorded());
    }

    @Test
    void secondDownFindsNothingToDo() throws IOException {
        setup().up(full("tun0"));
        assertTrue(setup().down("tun0").isPresent());
        assertTrue(setup().down("tun0").isEmpty());
    }

    @Test
    void otherSettingsAreNamedAndNothingChanges() throws IOException {
        setup().up(full("tun0"));
        machine.changes.clear();
        var e = assertThrows(IOException.class, () -> setup().up(settings("tun0", "", "10.9.0.1/24")));
        assertTrue(e.getMessage().contains("address is 10.0.0.1/24 fd00::1/64, asked for 10.9.0.1/24")
                && e.getMessage().contains("nat is eth0, asked for none") && e.getMessage().contains("tun down tun0"), e.getMessage());
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void whatWasThereBeforeStays() throws IOException {
        var mine = new FakeMachine.Net();
        mine.up = true;
        mine.mtu = 1400;
        mine.addresses.add("10.0.0.1/24");
        machine.devices.put("tun0", mine);
        machine.sysctls.put("net/ipv4/ip_forward", "1");
        machine.rules.put("iptables nat POSTROUTING", new ArrayList<>(List.of(
                "-s 10.0.0.0/24 -o eth0 -m comment --comment millrace:tun0 -j MASQUERADE")));
        String before = machine.world();
        assertFalse(setup().up(settings("tun0", "eth0", "10.0.0.1/24")).wasRecorded());
        assertEquals(List.of(), machine.changes);
        assertFalse(hasStates());
        setup().up(new Settings("tun0", List.of(Cidr.parse("10.0.0.1/24"), Cidr.parse("10.5.0.1/24")), "", "", "", 1300, false, ""));
        setup().down("tun0");
        assertEquals(before, machine.world());
    }

    @Test
    void deviceOfSomebodyElseIsToldApart() {
        var other = new FakeMachine.Net();
        other.owner = 7;
        machine.devices.put("tun0", other);
        var e = assertThrows(IOException.class, () -> setup().up(full("tun0")));
        assertTrue(e.getMessage().contains("user is 7, asked for 1000; group is not set, asked for 1000; it has one queue"),
                e.getMessage());
        other.kind = "tap";
        assertTrue(assertThrows(IOException.class, () -> setup().up(settings("tun0", "", "10.0.0.1/24"))).getMessage()
                .contains("is no TUN device"));
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void failingStepUndoesTheEarlierOnesAndIsNamedWithWhatItSaid() throws IOException {
        String before = machine.world();
        machine.failAfter = 3;
        var e = assertThrows(IOException.class, () -> setup().up(settings("tun0", "eth0", "10.0.0.1/24")));
        assertEquals("\"sysctl -w net.ipv4.ip_forward=1\" failed: RTNETLINK answers: Operation not permitted; the steps before it "
                + "were undone", e.getMessage());
        assertEquals(before, machine.world());
        assertFalse(hasStates());
    }

    @Test
    void lastOfTwoDevicesRestoresForwarding() throws IOException {
        machine.sysctls.put("net/ipv4/conf/all/accept_redirects", "0");
        machine.sysctls.put("net/ipv6/conf/eth0/forwarding", "1");
        String before = machine.world();
        setup().up(full("tun0"));
        setup().up(settings("tun1", "eth0", "10.1.0.1/24", "fd01::1/64"));
        Setup.Outcome first = setup().down("tun0").orElseThrow();
        assertEquals("1", machine.sysctls.get("net/ipv4/ip_forward"));
        assertEquals("2", machine.sysctls.get("net/ipv6/conf/eth0/accept_ra"));
        assertTrue(first.remarks().contains("net.ipv4.ip_forward stays: tun1 needs it"), first.remarks().toString());
        setup().down("tun1");
        assertEquals(before, machine.world());
    }

    @Test
    void namespacesShareTheFolderAndNothingElse() throws IOException {
        setup().up(settings("tun0", "eth0", "10.0.0.1/24"));
        var inside = new FakeMachine();
        inside.namespace = "net:[4026532248]";
        var there = new Setup(inside, new States(folder.resolve("state"), inside), false, _ -> {
        });
        String before = inside.world();
        assertTrue(there.down("tun0").isEmpty());
        there.up(settings("tun0", "eth0", "10.7.0.1/24"));
        assertEquals(2, states().entries().size());
        there.down("tun0");
        assertEquals(before, inside.world(), "forwarding of this namespace is not held by the other's device");
        assertTrue(setup().down("tun0").isPresent());
    }

    @Test
    void stateOfBeforeARestartIsForgotten() throws IOException {
        setup().up(settings("tun0", "eth0", "10.0.0.1/24"));
        var restarted = new FakeMachine();
        restarted.files.put("/proc/sys/kernel/random/boot_id", "boot-2");
        var after = new Setup(restarted, new States(folder.resolve("state"), restarted), false, _ -> {
        });
        assertTrue(after.down("tun0").isEmpty());
        assertEquals(List.of(), restarted.changes);
        assertFalse(hasStates());
    }

    @Test
    void deviceThatWasDeletedByHandComesBackWithWhatBelongsToIt() throws IOException {
        setup().up(full("tun0"));
        String whole = machine.world();
        machine.run(List.of("ip", "tuntap", "del", "dev", "tun0", "mode", "tun", "multi_queue"));
        setup().up(full("tun0"));
        assertEquals(whole, machine.world());
    }

    @Test
    void busyDeviceStaysRecordedUntilItCanBeDeleted() throws IOException {
        String before = machine.world();
        setup().up(settings("tun0", "eth0", "10.0.0.1/24"));
        machine.devices.get("tun0").carrier = true;
        var e = assertThrows(IOException.class, () -> setup().down("tun0"));
        assertTrue(e.getMessage().contains("end it first"), e.getMessage());
        machine.devices.get("tun0").carrier = false;
        assertTrue(setup().down("tun0").isPresent());
        assertEquals(before, machine.world());
    }

    @Test
    void damagedStateIsNotGuessedAt() throws IOException {
        setup().up(settings("tun0", "eth0", "10.0.0.1/24"));
        machine.changes.clear();
        Path file = states().entries().getFirst().file();
        String good = Files.readString(file);
        for (String bad : List.of("", "{", "[]", good.replace("\"version\":1", "\"version\":9"),
                good.replace("net/ipv4/ip_forward", "../../tmp/x"), good.replace("net/ipv4/ip_forward", "net/ipv4/../../../etc/x"),
                good.replace("\"value\":\"1\"", "\"value\":\"1;reboot\""), good.replace("\"name\":\"tun0\"", "\"name\":\"-x\""),
                good.replace("\"outside\":\"eth0\"", "\"outside\":\"$(reboot)\""))) {
            Files.writeString(file, bad);
            var e = assertThrows(IOException.class, () -> setup().down("tun0"), bad);
            assertTrue(e.getMessage().contains(file + " is damaged"), e.getMessage());
            assertThrows(IOException.class, () -> setup().up(settings("tun0", "eth0", "10.0.0.1/24")), bad);
        }
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void stateSurvivesItsFile() throws IOException {
        machine.policies.put("iptables", "DROP");
        machine.sysctls.put("net/ipv6/conf/default/disable_ipv6", "1");
        setup().up(full("tun0"));
        State state = states().find("tun0").orElseThrow();
        assertEquals(full("tun0"), state.settings());
        assertEquals(15, state.steps().size(), state.steps().toString());
        assertEquals(state, State.fromJson(state.toJson()));
    }

    @Test
    void nftIsUsedWhereIptablesIsMissing() throws IOException {
        machine.programs.removeAll(List.of("iptables", "ip6tables"));
        var e = assertThrows(IOException.class, () -> setup().up(settings("tun0", "eth0", "10.0.0.1/24")));
        assertTrue(e.getMessage().contains("needs iptables or nft"), e.getMessage());
        machine.programs.add("nft");
        String before = machine.world();
        setup().up(settings("tun0", "eth0", "10.0.0.1/24", "fd00::1/64"));
        assertTrue(machine.changes.contains("nft 'add table ip millrace-tun0-10.0.0.0_24; add chain ip millrace-tun0-10.0.0.0_24 "
                + "postrouting { type nat hook postrouting priority 100; }; add rule ip millrace-tun0-10.0.0.0_24 postrouting ip saddr "
                + "10.0.0.0/24 oifname \"eth0\" masquerade comment \"millrace:tun0\"'"), machine.changes.toString());
        setup().down("tun0");
        assertEquals(before, machine.world());
    }

    @Test
    void shellWritesWhereSysctlIsMissing() throws IOException {
        machine.programs.remove("sysctl");
        machine.programs.add("sh");
        String before = machine.world();
        setup().up(settings("tun0", "eth0", "10.0.0.1/24"));
        assertTrue(machine.changes.contains("sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'"), machine.changes.toString());
        setup().down("tun0");
        assertEquals(before, machine.world());
    }

    @Test
    void dryRunShowsTheSameCommandsAndChangesNothing() throws IOException {
        String before = machine.world();
        var dry = new Setup(machine, states(), true, _ -> {
        });
        machine.root = false;
        List<List<String>> shown = dry.up(full("tun0")).commands();
        assertEquals(List.of(), machine.changes);
        assertEquals(before, machine.world());
        assertFalse(Files.exists(folder.resolve("state")));
        machine.root = true;
        setup().up(full("tun0"));
        assertEquals(machine.changes, shown.stream().map(Names::line).toList());
        machine.changes.clear();
        List<List<String>> undone = dry.down("tun0").orElseThrow().commands();
        assertEquals(List.of(), machine.changes);
        setup().down("tun0");
        assertEquals(machine.changes, undone.stream().map(Names::line).toList());
    }

    @Test
    void withoutRightsNothingIsTried() {
        machine.root = false;
        var e = assertThrows(IOException.class, () -> setup().up(full("tun0")));
        assertTrue(e.getMessage().contains("CAP_NET_ADMIN") && e.getMessage().contains("--dry-run"), e.getMessage());
        assertThrows(IOException.class, () -> setup().down("tun0"));
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void whatIsMissingIsSaidBeforeAnythingChanges() {
        assertTrue(assertThrows(IOException.class, () -> setup().up(settings("tun0", "eth7", "10.0.0.1/24"))).getMessage()
                .contains("--nat eth7: there is no such device"));
        assertTrue(assertThrows(IOException.class, () -> setup().up(new Settings("tun0", List.of(Cidr.parse("10.0.0.1/24")), "bob", "",
                "", 0, false, ""))).getMessage().contains("--user bob: there is no such user"));
        machine.programs.remove("ip");
        assertTrue(assertThrows(IOException.class, () -> setup().up(full("tun0"))).getMessage().contains("iproute2"));
        assertEquals(List.of(), machine.changes);
    }

    @Test
    void sysOfAnotherNamespaceIsNotTrusted() {
        machine.files.put("/proc/self/net/dev", "  lo: 0\n");
        var e = assertThrows(IOException.class, () -> setup().up(full("tun0")));
        assertTrue(e.getMessage().contains("another network namespace"), e.getMessage());
        assertEquals(List.of(), machine.changes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "-tun", "all", "default", "tun 0", "sixteen-letters-", "tun%d", "a;b", ".", "..", "ä"})
    void namesThatLinuxOrAShellWouldTakeOtherwiseAreRefused(String name) {
        assertThrows(IllegalArgumentException.class, () -> settings(name, "", "10.0.0.1/24"));
        assertThrows(IllegalArgumentException.class, () -> setup().down(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "10.0.0.0/24", "10.0.0.255/24", "127.0.0.1/8", "224.0.0.1/8", "::/64", "fd00::1", "0.0.0.0/8",
            "1.2.3.4/0"})
    void addressesThatNoHostHasAreRefused(String address) {
        assertThrows(IllegalArgumentException.class, () -> settings("tun0", "", address));
    }

    @Test
    void stackGetsTheNextAddressOrTheOneBefore() {
        assertEquals("10.0.0.2", neighbour("10.0.0.1/24"));
        assertEquals("10.0.0.253", neighbour("10.0.0.254/24"));
        assertEquals("10.0.0.1", neighbour("10.0.0.0/31"));
        assertEquals("10.0.0.0", neighbour("10.0.0.1/31"));
        assertEquals("fd00::2", neighbour("fd00::1/64"));
        assertEquals("10.0.0.6", neighbour("10.0.0.5/30"));
    }

    private static String neighbour(String host) {
        return Settings.neighbour(Cidr.parse(host)).orElseThrow().toString();
    }
}
