package dev.millrace.internet.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.UdpSocket;
import dev.millrace.config.ConfigFileException;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class InternetFileTest {
    private static final String TOPOLOGY = """
            [internet]
            seed = 42
            name-server = ["198.18.0.53"]
            delay = "1ms"

            [[host]]
            name = "bank"
            addresses = ["198.18.0.20"]

            [[host]]
            name = "pc"
            addresses = ["192.168.1.2"]
            behind = "home"

            [[host]]
            name = "safe"
            addresses = ["10.9.0.2"]
            behind = "wall"

            [[host]]
            name = "lan1"
            addresses = ["10.1.0.1/24"]

            [[nat]]
            name = "home"
            address = "198.18.0.30"
            forwards = ["udp 7 192.168.1.2 7"]

            [[firewall]]
            name = "wall"
            rules = ["allow in udp from any to any port 7"]

            [[subnet]]
            name = "lan"
            network = "10.1.0.0/24"

            [[router]]
            name = "r"
            addresses = ["10.1.0.254"]

            [[link]]
            between = ["lan1", "lan"]

            [[link]]
            between = ["lan", "r"]

            [[link]]
            between = ["r", "internet"]
            delay = "20ms"
            loss = 0

            [[link]]
            between = ["bank", "pc"]
            one-way = true
            delay = "5ms"

            [[event]]
            at = "10s"
            cut = ["lan1", "bank"]
            lasting = "5s"

            [[event]]
            at = "20s"
            partition = [["lan1"], ["bank", "pc"]]

            [[event]]
            at = "25s"
            heal-all = true

            [[event]]
            at = "30s"
            change = ["r", "internet"]
            delay = "100ms"
            """;

    private static void echo(Host host) throws IOException {
        UdpSocket s = host.stack().udp().bind(new InetSocketAddress(7));
        host.run(() -> {
            try (s) {
                var b = ByteBuffer.allocate(100);
                while (true) {
                    InetSocketAddress from = s.receive(b.clear());
                    s.send(b.flip(), from);
                }
            } catch (SocketException e) {
                // The end.
            }
        });
    }

    private static Duration ask(Internet net, Host host, String whom) throws IOException {
        Duration begin = net.now();
        try (UdpSocket s = host.stack().udp().connect(new InetSocketAddress(whom, 7))) {
            s.setReadTimeout(Duration.ofSeconds(1));
            s.send(ByteBuffer.wrap(new byte[1]), null);
            s.receive(ByteBuffer.allocate(100));
        }
        return net.now().minus(begin);
    }

    @Test
    void aFileDescribesHostsBoxesLinksAndEvents() throws Exception {
        try (Internet net = InternetFile.parse(TOPOLOGY, "net.toml").open()) {
            assertEquals(42, net.seed());
            Host lan1 = net.host("lan1").orElseThrow();
            Host bank = net.host("bank").orElseThrow();
            Host pc = net.host("pc").orElseThrow();
            echo(bank);
            echo(pc);
            echo(net.host("safe").orElseThrow());
            assertEquals(40, ask(net, lan1, "198.18.0.20").toMillis());
            ask(net, pc, "198.18.0.20");
            ask(net, bank, "198.18.0.30");
            ask(net, bank, "10.9.0.2");
            assertEquals("198.18.0.20", bank.resolve("bank").getFirst().getHostAddress());
            net.runFor(Duration.ofSeconds(12).minus(net.now()));
            assertThrows(SocketTimeoutException.class, () -> ask(net, lan1, "198.18.0.20"));
            net.runFor(Duration.ofSeconds(16).minus(net.now()));
            ask(net, lan1, "198.18.0.20");
            net.runFor(Duration.ofSeconds(21).minus(net.now()));
            assertThrows(SocketTimeoutException.class, () -> ask(net, lan1, "198.18.0.20"));
            net.runFor(Duration.ofSeconds(31).minus(net.now()));
            assertEquals(200, ask(net, lan1, "198.18.0.20").toMillis());
        }
    }

    @Test
    void whoOpensItMaySayOtherwise() throws Exception {
        try (Internet net = InternetFile.parse(TOPOLOGY, "net.toml").open(b -> b.seed(7))) {
            assertEquals(7, net.seed());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [[hots]]                                                       | 1: hots: unknown table; did you mean host?
            [internet]%nseeed = 1                                          | 2: internet.seeed: unknown key; did you mean seed?
            [internet]%nseed = "x"                                         | 2: internet.seed: "x" is not a whole number
            [internet]%ntime = "fast"                                      | 2: internet.time: "fast"; valid are: real, virtual
            [internet]%nloss = "lots"                                      | 2: internet.loss: "lots" is no share
            [[host]]%nname = "a"                                           | 1: host[0]: needs addresses
            [[host]]%nname = "a"%naddresses = ["1.2.3"]                    | 1: host[0]
            [[host]]%naddresses = ["10.0.0.1"]                             | 1: host[0]: needs name
            [[host]]%nname = "a"%naddresses = "10.0.0.1"                   | 3: host[0].addresses: needs an array: write ["10.0.0.1"]
            [[host]]%nname="a"%naddresses=["10.0.0.1"]%nbehind="b"         | 4: host[0].behind: there is no [[nat]] or [[firewall]] "b"
            [[link]]%nbetween = ["a", "b"]                                 | 2: link[0].between: there is no "a"
            [[link]]%nbetween = ["a"]                                      | 2: link[0].between: needs two names
            [[event]]%ncut = ["a", "b"]                                    | 1: event[0]: needs at
            [[event]]%nat = "5s"                                           | 1: event[0]: says nothing
            [[nat]]%nname="n"%naddress="10.0.0.1"%nforwards=["tcp x"]      | 4: nat[0].forwards: "tcp x" is no forward
            [[nat]]%nname="n"%naddress="10.0.0.1"%nmapping="odd"           | 4: nat[0].mapping: "odd"
            [[firewall]]%nname="f"%nrules=["let it be"]                    | 3: firewall[0].rules
            [chaos]%ncuts = -1                                             | 2: chaos.cuts: "-1" is no number
            [internet]%nname-server = []                                   | 2: internet.name-server: a name server needs an address
            [[event]]%nat = "5s"%nlasting = "1s"%nheal-all = true          | 3: event[0].lasting: only cut, isolate, partition and crash last
            [[event]]%nat = "5s"%ndelay = "1s"%nheal-all = true            | 3: event[0].delay: stands beside nothing
            [[event]]%nat = "5s"%nheal = ["a", "b"]                        | 3: event[0].heal: there is no "a"
            [[event]]%nat = "5s"%nisolate = "a"                            | 3: event[0].isolate: there is no "a"
            [[event]]%nat = "5s"%npartition = [["a"], ["b"]]               | 3: event[0].partition: there is no "a"
            [[router]]%nname="r"%n[[event]]%nat="5s"%ncut=["r","internet"] | 5: event[0].cut: there is no link between "r"
            [[router]]%nname="r"%n[[event]]%nat="5s"%nchange=["r","r"]     | 5: event[0].change: there is no link between "r"
            host = 1                                                       | 1: host: is an array of tables: write [[host]]
            internet = 1                                                   | 1: internet: is a table
            [internet%n                                                    | is not TOML
            """)
    void errorsNameTheLineAndTheKey(String text, String error) {
        var e = assertThrows(ConfigFileException.class, () -> InternetFile.parse(text.replace("%n", "\n"), "net.toml").open());
        assertTrue(e.getMessage().startsWith("net.toml:"), e.getMessage());
        assertTrue(e.getMessage().contains(error), e.getMessage());
    }

    @Test
    void whatLastsEndsByItself() throws Exception {
        String text = """
                [[host]]
                name = "a"
                addresses = ["10.0.0.1"]
                [[host]]
                name = "b"
                addresses = ["10.0.0.2"]
                [[event]]
                at = "1s"
                isolate = "a"
                lasting = "10s"
                [[event]]
                at = "2s"
                cut = ["a", "b"]
                lasting = "1s"
                [[event]]
                at = "20s"
                partition = [["a"], ["b"]]
                lasting = "10s"
                """;
        try (Internet net = InternetFile.parse(text, "net.toml").open()) {
            Host a = net.host("a").orElseThrow();
            echo(net.host("b").orElseThrow());
            ask(net, a, "10.0.0.2");
            // The cut is over, but not the isolation.
            for (int second : new int[] {4, 21}) {
                net.runFor(Duration.ofSeconds(second).minus(net.now()));
                assertThrows(SocketTimeoutException.class, () -> ask(net, a, "10.0.0.2"));
                assertEquals(1, net.faults().size());
                net.runFor(Duration.ofSeconds(second + 10).minus(net.now()));
                ask(net, a, "10.0.0.2");
                assertEquals(0, net.faults().size());
            }
            net.at(net.now().plusSeconds(1)).cut("a", "b").run(() -> net.heal("a", "b"));
            net.runFor(Duration.ofSeconds(2));
            assertEquals(0, net.faults().size());
        }
    }

    /// Each value of the example is replaced by each of these: what then opens is right, and all else names its line.
    @Test
    void whateverStandsForAValueTheErrorNamesItsLine() throws Exception {
        String[] lines = TOPOLOGY.split("\n");
        for (int i = 0; i < lines.length; i++) {
            if (!lines[i].contains(" = ")) {
                continue;
            }
            for (String junk : new String[] {"1", "-1", "1e99", "nan", "true", "\"\"", "\"x\"", "\"a b\"", "[]", "{}", "[[]]",
                "[1, 2]", "[\"bank\", \"bank\"]", "[[\"bank\"], [\"bank\"]]", "\"internet\"", "\"999999d\"",
                "\"99999999999999999999s\"", "2026-01-01T00:00:00Z", "[{a = 1}]", "\"::1/129\"", "\"\\u0000\""}) {
                String[] changed = lines.clone();
                changed[i] = lines[i].replaceFirst(" = .*", " = ") + junk;
                String text = String.join("\n", changed);
                try {
                    InternetFile.parse(text, "net.toml").open().close();
                } catch (ConfigFileException e) {
                    assertTrue(e.getMessage().matches("(?s)net\\.toml:[0-9]+: .*"), changed[i] + ": " + e.getMessage());
                } catch (Exception e) {
                    throw new AssertionError("line " + (i + 1) + ": " + changed[i], e);
                }
            }
        }
    }

    @Test
    void aFileIsReadOrSaidToBeMissing(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("net.toml"), TOPOLOGY);
        InternetFile.load(file).open().close();
        assertTrue(assertThrows(IOException.class, () -> InternetFile.load(dir.resolve("none"))).getMessage()
                .contains("no such file"));
    }

    /// Set `-Dmillrace.print=true` to have the tables printed as the document should have them.
    /// The document's own example.
    @Test
    void hostsAreOnAnEthernetAndHaveSeveralNics() throws Exception {
        String document = Files.readString(Path.of("../../docs/internet-file.md"));
        String text = Stream.of(document.split("```")).filter(b -> b.startsWith("toml") && b.contains("[[ethernet]]")).findFirst()
                .orElseThrow().substring(4);
        try (Internet net = InternetFile.parse(text, "net.toml").open()) {
            Host desk = net.host("desk").orElseThrow();
            Host gate = net.host("gate").orElseThrow();
            assertEquals(List.of("out", "in"), gate.stack().nics().stream().map(dev.millrace.Nic::name).toList());
            echo(gate);
            for (String to : List.of("10.1.0.7", "198.18.0.7")) {
                assertEquals("desk", desk.call(() -> {
                    try (UdpSocket s = desk.stack().udp().connect(new InetSocketAddress(to, 7))) {
                        s.setReadTimeout(Duration.ofSeconds(3));
                        s.send(ByteBuffer.wrap("desk".getBytes()), null);
                        var b = ByteBuffer.allocate(100);
                        s.receive(b);
                        return new String(b.array(), 0, b.position());
                    }
                }).get());
            }
        }
    }

    @ParameterizedTest
    @MethodSource
    void whatMakesNoSenseOnAnEthernetIsRefused(String text, String error) {
        var wrong = assertThrows(dev.millrace.ConfigurationException.class, () -> InternetFile.parse(text, "net.toml").open());
        assertTrue(wrong.getMessage().contains(error), wrong.getMessage());
    }

    static Stream<Arguments> whatMakesNoSenseOnAnEthernetIsRefused() {
        String host = "[[host]]\nname = 'a'\n";
        String lan = "[[ethernet]]\nname = 'lan'\n";
        String router = "[[router]]\nname = 'r'\n";
        String gateway = "[[gateway]]\nrouter = 'r'\nethernet = 'lan'\n";
        return Stream.of(Arguments.of(host + "addresses = ['10.0.0.1']\ngateways = ['10.0.0.2']", "gateways"),
                Arguments.of(host + "ethernet = 'lan'\naddresses = ['10.0.0.1/24']", "there is no [[ethernet]]"),
                Arguments.of("[[nic]]\nhost = 'b'\nname = 'x'\naddresses = ['10.0.0.1/24']", "there is no [[host]]"),
                Arguments.of(host + "mtu = 1400\n[[nic]]\nhost = 'a'\nname = 'x'\naddresses = ['10.0.0.1']", "NICs of its own"),
                Arguments.of(lan + gateway, "there is no [[router]]"),
                Arguments.of(lan + router + gateway + gateway, "already"),
                Arguments.of(lan + router + gateway + "advertise = '1s'", "RFC 4861"));
    }

    @Test
    void theDocumentListsAllKeys() throws Exception {
        var expected = new StringBuilder();
        for (Map.Entry<String, Map<String, String>> t : InternetFile.keys().entrySet()) {
            boolean single = t.getKey().equals("internet") || t.getKey().equals("chaos");
            expected.append("### `").append(single ? "[" + t.getKey() + "]" : "[[" + t.getKey() + "]]").append("`\n\n")
                    .append("| key | meaning |\n|---|---|\n");
            t.getValue().forEach((k, help) -> {
                if (!Keys.CONDITIONS.contains(k) || !t.getValue().containsKey("delay")) {
                    expected.append("| `").append(k).append("` | ").append(help).append(" |\n");
                }
            });
            expected.append(t.getValue().containsKey("delay") ? "| conditions | see below |\n\n" : "\n");
        }
        expected.append("### Conditions\n\n| key | default | meaning |\n|---|---|---|\n");
        dev.millrace.internet.LinkConditions.keys().forEach(o -> expected.append("| `").append(o.name()).append("` | ")
                .append(o.defaultValue().isEmpty() ? "" : "`" + o.defaultValue() + "`").append(" | ").append(o.help()).append(" |\n"));
        if (Boolean.getBoolean("millrace.print")) {
            System.out.println(expected);
        }
        String document = Files.readString(Path.of("../../docs/internet-file.md"));
        assertTrue(document.contains(expected), "docs/internet-file.md lacks:\n" + expected);
    }
}
