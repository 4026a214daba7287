package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// `links`, `config` and `bench`.
class CommandsTest {
    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("lab.toml"), text);
    }

    private static final String LO = "[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\naddresses = [\"10.1.0.1/24\"]\n";

    @Test
    void linksListsEveryDriverAndProtocolWithItsOptions() {
        Run run = Run.of("links");
        assertEquals(0, run.code(), run.err());
        for (String word : List.of("loopback:", "vnic:", "ipv4", "ipv6", "tcp", "udp", "newreno", "checksums",
                "congestion-control", "default true")) {
            assertTrue(run.out().contains(word), word + " in " + run.out());
        }
    }

    @Test
    void linksAsJsonIsAnArrayOfPlugins() {
        Run run = Run.of("links", "--json");
        assertEquals(1, run.lines().size());
        JsonNode all = Commands.json().readTree(run.out());
        List<String> names = new ArrayList<>();
        for (JsonNode plugin : all) {
            names.add(plugin.get("kind").asString() + ":" + plugin.get("name").asString());
            assertFalse(plugin.get("module").asString().isBlank());
            for (JsonNode option : plugin.get("options")) {
                assertFalse(option.get("help").asString().isBlank(), option.toString());
                assertFalse(option.get("type").asString().isBlank(), option.toString());
            }
        }
        assertTrue(names.containsAll(List.of("link:loopback", "link:vnic", "network:ipv4", "network:ipv6",
                "transport:tcp", "transport:udp", "congestion-control:newreno")), names.toString());
    }

    @Test
    void goodConfigurationIsCheckedAndShown() throws IOException {
        Path file = file(LO + "[[route]]\nto = \"default\"\nnic = \"lo\"\n[tcp]\nsack = false\n");
        Run check = Run.of("config", "check", file.toString());
        assertEquals(0, check.code(), check.err());
        assertEquals(file + ": good, 1 NIC(s), 1 route(s)", check.out().strip());
        Run show = Run.of("config", "show", file.toString());
        assertEquals(0, show.code(), show.err());
        assertTrue(show.out().contains("nic lo: loopback:, MTU of the link, addresses [10.1.0.1/24]"), show.out());
        assertTrue(show.out().contains("route to default on lo"), show.out());
        assertTrue(show.out().contains("tcp.sack = false"), show.out());
    }

    @Test
    void checkDoesNotTouchTheFileOfACapture() throws IOException {
        Path pcap = Files.writeString(folder.resolve("precious.pcapng"), "precious");
        assertEquals(0, Run.of("config", "check", file(LO + "[capture]\nfile = '" + pcap + "'\n").toString()).code());
        assertEquals("precious", Files.readString(pcap));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            adresses = ["10.0.0.1/8"]        | 5  | nic[0].adresses: unknown key; did you mean addresses? Valid are: addresses, checksums, dad, dhcp, dhcp-hostname, dhcp-lease-file, dhcp-routes, interface-id, link, link-local, mac, mtu, name, own-subnets, slaac, temporary-addresses, vlan
            checksum = true                  | 5  | nic[0].checksum: unknown key; did you mean checksums? Valid are:
            checksums = 1                    | 5  | nic[0].checksums: "1" is neither true nor false
            mtu = 67                         | 5  | nic[0].mtu: 67 is not in 68..65536
            [tpc]                            | 5  | tpc: unknown table; did you mean tcp? Valid are:
            [tcp];sak = true                 | 6  | tcp.sak: unknown key; did you mean sack? Valid are:
            [tcp];congestion-control = "bbr9" | 6 | tcp.congestion-control:
            [tcp];min-rto = 40               | 6  | tcp.min-rto: "40" lacks a unit
            [stack];memory = 1               | 6  | stack.memory: 1 is not between
            [stack];protocols = ["ipv4","ipx"] | 6 | stack.protocols[1]: no protocol "ipx" was found;
            [[route]];to = "default";nic = "l0" | 7 | route[0].nic: no NIC is called "l0"; did you mean lo? Valid are: lo
            [[route]];to = "default";via = "10.9.9.9" | 7 | route[0].via: the gateway 10.9.9.9 is on no NIC's network;
            [[nic]];name = "lo";link = "vnic:" | 6 | nic[1].name: another NIC is called "lo"
            [[nic]];name = "b";link = "wire:mr0" | 7 | nic[1].link: no link driver "wire" was found; valid are:
            [[nic]];name = "b";link = "mr0"  | 7  | nic[1].link: "mr0" names no driver
            [[nic]];name = "b";link = "vnic:";addresses = [;"10.2.0.1/8",;"10.1.0.1/8"] | 10 | nic[1].addresses[1]: 10.1.0.1 is given twice: NIC "lo" has it already
            """)
    void errorFoundWhileAssemblingNamesFileLineAndKey(String lines, int line, String message) throws IOException {
        Path file = file(LO + lines.replace(';', '\n') + "\n");
        Run run = Run.of("config", "check", file.toString());
        String expected = "millrace: " + file + ":" + line + ": " + message;
        assertTrue(run.err().startsWith(expected), "expected: " + expected + "\n   found: " + run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertEquals(1, run.code());
        assertEquals("", run.out());
    }

    @Test
    void documentationListsTheKeysThatThereAre() throws IOException {
        String keys = Run.of("config", "keys").out().strip();
        String documented = Files.readString(Path.of("../../docs/configuration.md"));
        assertTrue(documented.replace("\r\n", "\n").contains(keys.replace("\r\n", "\n")),
                "docs/configuration.md must contain what `millrace config keys` prints:\n" + keys);
    }

    @Test
    void benchPrintsOneJsonObjectOnTheLastLine() {
        Run run = Run.of("bench", "rr", "--link", "loopback", "--threads", "platform", "--seconds", "0.1", "--warm-up", "0.1",
                "--json");
        assertEquals(0, run.code(), run.err());
        JsonNode result = Commands.json().readTree(run.lines().getLast());
        assertEquals("rr", result.get("work").asString());
        assertEquals("loopback", result.get("link").asString());
        assertEquals(65536, result.get("mtu").asInt());
        assertTrue(result.get("p50_us").asDouble() > 0, result.toString());
    }

    @Test
    void benchOfSeveralRunsPrintsTheMedian() {
        Run run = Run.of("bench", "stream", "--seconds", "0.2", "--warm-up", "0.1", "--runs", "3", "--json");
        assertEquals(0, run.code(), run.err());
        JsonNode result = Commands.json().readTree(run.lines().getLast());
        assertEquals(3, result.get("runs").asInt(), result.toString());
        double median = result.get("gbit_per_s").asDouble();
        assertTrue(median > 0 && median >= result.get("gbit_per_s_min").asDouble()
                && median <= result.get("gbit_per_s_max").asDouble(), result.toString());
        assertTrue(result.has("alloc_bytes_per_packet") && result.has("cpu_cores"), result.toString());
    }

    @Test
    void benchOverAnUnknownLinkFails() {
        Run run = Run.of("bench", "rr", "--link", "pigeon", "--seconds", "0.1", "--warm-up", "0.1");
        assertEquals(2, run.code());
        assertTrue(run.err().contains("pigeon"), run.err());
    }
}
