package dev.millrace.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.ErrorCode;
import dev.millrace.NicConfig;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StackConfigFileTest {
    private static StackConfigFile parse(String text) {
        return StackConfigFile.parse(text, "lab.toml");
    }

    @Test
    void readsEverythingThatAFileCanSay() {
        StackConfigFile file = parse("""
                [stack]
                name = "lab"
                protocols = ["ipv4", "tcp"]
                memory = "64MiB"

                [[nic]]
                name = "lo"
                link = "loopback:"
                addresses = ["192.168.1.1/24", "fd00::1"]
                mtu = "64KiB"
                own-subnets = false
                checksums = true

                [[nic]]
                name = "wan"
                link = "tun:mr0"
                queues = 2

                [[route]]
                to = "default"
                via = "192.168.1.254"

                [[route]]
                to = "10.0.0.0/8"
                nic = "wan"

                [tcp]
                sack = false
                initial-window = 4
                min-rto = "40ms"

                [capture]
                listen = "[::1]:19000"
                nics = ["wan"]
                snap-length = 128
                buffer-packets = 16
                """);
        var config = file.config();
        assertEquals("lab", config.name());
        assertEquals(List.of("ipv4", "tcp"), config.protocols());
        NicConfig lo = config.nics().get(0);
        assertEquals(new NicConfig("lo", "loopback:", null, 65536,
                List.of(Cidr.parse("192.168.1.1/24"), Cidr.parse("fd00::1/128")), false, Map.of("checksums", "true")), lo);
        NicConfig wan = config.nics().get(1);
        assertEquals("tun:mr0", wan.link());
        assertEquals(0, wan.mtu());
        assertNull(wan.ownsSubnets());
        assertEquals(Map.of("queues", "2"), wan.options());
        assertNull(config.routes().get(0).to());
        assertEquals(IpAddress.parse("192.168.1.254"), config.routes().get(0).via());
        assertEquals(Cidr.parse("10.0.0.0/8"), config.routes().get(1).to());
        assertEquals("wan", config.routes().get(1).nic());
        assertEquals(Map.of("memory", "64MiB"), config.options().get("stack"));
        assertEquals(Map.of("sack", "false", "initial-window", "4", "min-rto", "40ms"), config.options().get("tcp"));
        CaptureRequest capture = file.capture().orElseThrow();
        assertEquals(new CaptureRequest(new CaptureRequest.Listen(new InetSocketAddress("::1", 19000)), List.of("wan"), 128,
                16), capture);
    }

    @Test
    void oddTomlMeansTheSame() {
        String plain = """
                [stack]
                name = "x"
                [[nic]]
                name = "lo"
                link = "loopback:"
                addresses = ["10.0.0.1/8"]
                [tcp]
                receive-buffer = "1MiB"
                """;
        String odd = """
                nic = [ {"name" = 'lo', link = "loop\\u0062ack:", addresses = [
                   "10.0.0.1/8", # the only one
                ]} ]
                stack.name = \"""
                x\"""
                "tcp".'receive-buffer' = "1MiB"
                """;
        assertEquals(parse(plain).config(), parse(odd).config());
    }

    @Test
    void aSourceOfAddressesIsAnOptionOfTheNic() {
        var nic = parse("[[nic]]\nname = \"e\"\nlink = \"tap:t0\"\naddresses = [\"slaac\", \"10.0.0.1/8\"]\n")
                .config().nics().getFirst();
        assertEquals(List.of(Cidr.parse("10.0.0.1/8")), nic.addresses());
        assertEquals(Map.of("slaac", "true"), nic.options());
    }

    @Test
    void anEmptyFileIsAStackWithoutNics() {
        assertEquals(List.of(), parse("").config().nics());
        assertTrue(parse("# nothing\n").capture().isEmpty());
    }

    private static Arguments bad(String text, int line, int column, String key, String message) {
        return Arguments.of(text, line, column, key, message);
    }

    private static final String LO = "[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\n";

    static Stream<Arguments> badFiles() {
        return Stream.of(
                // not TOML
                bad("[[nic]]\nname = lo\n", 2, 8, "", "is not TOML (column 8): Unknown token"),
                bad("[stack]\nname = \"lab\nx = 1\n", 2, 12, "", "is not TOML (column 12): Newline not permitted here"),
                bad("[tcp]\nsack = true\nsack = false\n", 3, 1, "tcp.sack", "is given twice, first on line 2"),
                bad("a = " + "[".repeat(1000), 0, 0, "", "is not TOML: Document nesting depth (501) exceeds"),
                // at the top
                bad("x = 1\n", 1, 1, "x", "unknown key; at the top there are tables only; valid are: capture, nic, route, stack"),
                bad("\n[capure]\nfile = \"x\"\n", 2, 1, "capure", "unknown table; did you mean capture? Valid are: "),
                bad("[[nics]]\nname = \"x\"\n", 1, 1, "nics", "unknown table; did you mean nic? Valid are: "),
                bad("[nic]\nname = \"x\"\n", 1, 1, "nic", "is an array of tables: write [[nic]]"),
                bad("nic = [1]\n", 1, 8, "nic[0]", "is a table: write [nic[0]], found 1"),
                bad("[[stack]]\n", 1, 1, "stack", "is a table: write [stack], found an array"),
                bad("capture = true\n", 1, 1, "capture", "is a table: write [capture], found true"),
                // [stack]
                bad("[stack]\nname = [\"a\"]\n", 2, 1, "stack.name", "needs a single value, found an array"),
                bad("stack.name.x = 1\n", 1, 1, "stack.name", "needs a single value, found a table"),
                bad("[stack]\nprotocols = \"tcp\"\n", 2, 1, "stack.protocols", "needs an array: write [\"tcp\"]"),
                bad("[stack]\nprotocols = [\"tcp\",\n  [\"udp\"]]\n", 3, 3, "stack.protocols[1]",
                        "needs a single value, found an array"),
                // [[nic]]
                bad("[[nic]]\nlink = \"loopback:\"\n", 1, 1, "nic[0].name", "is missing: every NIC needs a name"),
                bad("[[nic]]\nname = \"lo\"\n", 1, 1, "nic[0].link", "is missing: write link = \"loopback:\", for example"),
                bad("[[nic]]\nname = \"lo\"\nlnk = \"loopback:\"\n", 3, 1, "nic[0].lnk",
                        "unknown key; did you mean link? Valid are: addresses, link, mtu, name, own-subnets"),
                bad(LO + "mtu = 0\n", 4, 1, "nic[0].mtu", "must be at least 68 bytes; leave it out for the link's own"),
                bad(LO + "mtu = -1\n", 4, 1, "nic[0].mtu", "\"-1\" is not a size such as 1500, 64KiB or 4MiB"),
                bad(LO + "mtu = \"15 parsecs\"\n", 4, 1, "nic[0].mtu",
                        "\"15 parsecs\" has an unknown unit; a size ends in B, KiB, MiB, GiB, kB, MB or GB"),
                bad(LO + "mtu = [1500]\n", 4, 1, "nic[0].mtu", "needs a single value, found an array"),
                bad(LO + "own-subnets = \"yes\"\n", 4, 1, "nic[0].own-subnets", "needs true or false, found \"yes\""),
                bad(LO + "addresses = \"10.0.0.1/8\"\n", 4, 1, "nic[0].addresses", "needs an array: write [\"10.0.0.1/8\"]"),
                bad(LO + LO + "addresses = [\n  \"10.0.0.1/8\",\n  \"10.0.0.256/8\",\n]\n", 9, 3, "nic[1].addresses[1]",
                        "\"10.0.0.256/8\" is no IP address with a prefix, such as 10.0.0.2/24"),
                bad(LO + "addresses = [\"10.0.0.1/33\"]\n", 4, 14, "nic[0].addresses[0]", ""),
                bad(LO + "addresses = [\"localhost\"]\n", 4, 14, "nic[0].addresses[0]", "\"localhost\" is no IP address"),
                bad(LO + "option = {x = 1}\n", 4, 1, "nic[0].option", "needs a single value, found a table"),
                // [[route]]
                bad("[[route]]\nnic = \"lo\"\n", 1, 1, "route[0].to", "is missing: a network such as 10.0.0.0/8, or \"default\""),
                bad("[[route]]\nto = \"everywhere\"\n", 2, 1, "route[0].to", "\"everywhere\" is no IP address"),
                bad("[[route]]\nto = \"default\"\nvia = \"here\"\n", 3, 1, "route[0].via", ""),
                bad("[[route]]\nto = \"default\"\ngateway = \"10.0.0.1\"\n", 3, 1, "route[0].gateway",
                        "unknown key; valid are: nic, to, via"),
                bad("[[route]]\nto = \"default\"\n[[route]]\ntoo = \"default\"\n", 4, 1, "route[1].too",
                        "unknown key; did you mean to? Valid are: nic, to, via"),
                // [tcp] and others
                bad("[tcp]\nsack = [true]\n", 2, 1, "tcp.sack", "needs a single value, found an array"),
                // [capture]
                bad("[capture]\n", 1, 1, "capture", "needs file = \"…\" or listen = \"127.0.0.1:19000\""),
                bad("[capture]\nfile = \"a\"\nlisten = \"127.0.0.1:1\"\n", 3, 1, "capture.listen",
                        "a capture goes to file or to listen, not to both"),
                bad("[capture]\nfile = \"a\\u0000b\"\n", 2, 1, "capture.file", ""),
                bad("[capture]\nlisten = \"127.0.0.1\"\n", 2, 1, "capture.listen",
                        "\"127.0.0.1\" is no address and port such as 127.0.0.1:19000"),
                bad("[capture]\nlisten = \"127.0.0.1:port\"\n", 2, 1, "capture.listen",
                        "\"127.0.0.1:port\" is no address and port such as 127.0.0.1:19000"),
                bad("[capture]\nlisten = \"127.0.0.1:70000\"\n", 2, 1, "capture.listen",
                        "\"127.0.0.1:70000\" is no address and port such as 127.0.0.1:19000"),
                bad("[capture]\nfile = \"a\"\nbuffer-packets = 0\n", 3, 1, "capture.buffer-packets",
                        "needs a whole number in 1..1048576, found 0"),
                bad("[capture]\nfile = \"a\"\nbuffer-packets = \"many\"\n", 3, 1, "capture.buffer-packets",
                        "needs a whole number in 1..1048576, found \"many\""),
                bad("[capture]\nfile = \"a\"\nsnaplength = 1\n", 3, 1, "capture.snaplength",
                        "unknown key; did you mean snap-length? Valid are: "),
                bad(LO + "[capture]\nfile = \"a\"\nnics = [\"lo\", \"wan\"]\n", 6, 15, "capture.nics[1]",
                        "no NIC is called \"wan\"; "));
    }

    @ParameterizedTest
    @MethodSource("badFiles")
    void errorNamesFileLineKeyAndWhatToWrite(String text, int line, int column, String key, String message) {
        var e = assertThrows(ConfigFileException.class, () -> parse(text));
        String start = "lab.toml" + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ") + message;
        assertTrue(e.getMessage().startsWith(start), () -> "expected: " + start + "\n   found: " + e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        assertEquals(line, e.line());
        assertEquals(column, e.column());
        assertEquals(key, e.key());
        assertEquals("lab.toml", e.file());
        assertEquals(ErrorCode.CONFIGURATION, e.code());
    }

    @Test
    void optionOfADriverThatIsNotHereMayBeRight() {
        assertEquals(Map.of("mru", "1"), parse(LO.replace("loopback:", "pigeon:x") + "mru = 1\n").config().nics().getFirst()
                .options());
    }

    @Test
    void loadReadsUtf8AndSaysWhichFileIsMissing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a b.toml");
        Files.writeString(file, "[stack]\nname = \"Mühle\"\n");
        assertEquals("Mühle", StackConfigFile.load(file).config().name());
        Files.write(file, "[stack]\nname = \"Mühle\"\n".getBytes(StandardCharsets.ISO_8859_1));
        var e = assertThrows(ConfigFileException.class, () -> StackConfigFile.load(file));
        assertEquals(file + ": is not UTF-8 text", e.getMessage());
        var missing = assertThrows(IOException.class, () -> StackConfigFile.load(folder.resolve("none.toml")));
        assertEquals(folder.resolve("none.toml") + ": no such file", missing.getMessage());
    }

    @Test
    void openingWithoutAnAssemblerNamesTheArtifact() {
        var e = assertThrows(ConfigFileException.class, () -> parse(LO).open());
        assertEquals(ErrorCode.MISSING_PLUGIN, e.code());
        assertTrue(e.getMessage().contains("millrace-stack"), e.getMessage());
    }
}
