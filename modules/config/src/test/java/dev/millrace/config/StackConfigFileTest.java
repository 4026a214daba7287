package dev.millrace.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.ErrorCode;
import dev.millrace.StackConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;

/// TOML files: what they mean, and what is said when they are wrong.
class StackConfigFileTest {
    private static final String GOOD = """
            # a lab
            [stack]
            name = "lab"
            protocols = ["ipv4", "tcp"]
            memory = "1MiB"

            [[nic]]
            name = "lo"
            link = "loopback:"
            addresses = [
              "192.168.1.1/32",   # one
              "fd00::1/128",
            ]
            [[nic]]
            name = "wan"
            link = "tun:mr0"
            mtu = 1500
            own-subnets = false
            offload = true

            [[route]]
            to = "default"
            via = "10.0.0.1"
            [[route]]
            to = "10.0.0.0/8"
            nic = "lo"

            [tcp]
            congestion-control = "newreno"
            no-delay = true
            backlog = 16

            [capture]
            listen = "127.0.0.1:19000"
            nics = ["lo"]
            snap-length = "128B"
            """;

    @Example
    void everythingIsRead() {
        StackConfigFile file = StackConfigFile.parse(GOOD, "lab.toml");
        StackConfig c = file.config();
        assertEquals("lab", c.name());
        assertEquals(java.util.List.of("ipv4", "tcp"), c.protocols());
        assertEquals("192.168.1.1/32", c.nics().getFirst().addresses().getFirst().toString());
        assertEquals(1500, c.nics().get(1).mtu());
        assertEquals(false, c.nics().get(1).ownsSubnets());
        assertEquals(Map.of("offload", "true"), c.nics().get(1).options());
        assertEquals(null, c.routes().getFirst().to());
        assertEquals("10.0.0.1", c.routes().getFirst().via().toString());
        assertEquals("lo", c.routes().get(1).nic());
        assertEquals(Map.of("congestion-control", "newreno", "no-delay", "true", "backlog", "16"), c.options().get("tcp"));
        assertEquals(Map.of("memory", "1MiB"), c.options().get("stack"));
        CaptureRequest capture = file.capture().orElseThrow();
        assertInstanceOf(CaptureRequest.Listen.class, capture.target());
        assertEquals(128, capture.snapLength());
    }

    private static void wrong(String text, int line, String key, String says) {
        var e = assertThrows(ConfigFileException.class, () -> StackConfigFile.parse(text, "f.toml"));
        assertEquals(line, e.line(), e.getMessage());
        assertEquals(key, e.key(), e.getMessage());
        assertTrue(e.getMessage().startsWith("f.toml" + (line > 0 ? ":" + line : "") + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(says), e.getMessage());
    }

    @Example
    void mistakesAreSaidWithTheirLine() {
        wrong(GOOD.replace("addresses = [", "adresses = ["), 10, "nic[0].adresses", "did you mean addresses?");
        wrong(GOOD.replace("192.168.1.1/32", "192.168.1.1/33"), 10, "nic[0].addresses[0]", "33");
        wrong(GOOD.replace("mtu = 1500", "mtu = \"big\""), 17, "nic[1].mtu", "big");
        wrong(GOOD.replace("own-subnets = false", "own-subnets = \"no\""), 18, "nic[1].own-subnets", "true or false");
        wrong(GOOD.replace("via = \"10.0.0.1\"", "vai = \"10.0.0.1\""), 23, "route[0].vai", "did you mean via?");
        wrong(GOOD.replace("listen =", "lsten ="), 34, "capture.lsten", "did you mean listen?");
        wrong(GOOD.replace("127.0.0.1:19000", "19000"), 34, "capture.listen", "no address and port");
        wrong("[[nic]]\nlink = \"loopback:\"\n", 1, "nic[0].name", "is missing");
        wrong("[[nic]]\nname = \"a\"\n\n[[nic]]\nname = \"b\"\n", 1, "nic[0].link", "is missing");
        wrong("nic = 5\n", 1, "nic", "[[nic]]");
        wrong("answer = 42\n", 1, "answer", "tables only");
        wrong("[[route]]\nvia = \"10.0.0.1\"\n", 1, "route[0].to", "is missing");
        wrong("[stack]\nprotocols = \"tcp\"\n", 2, "stack.protocols", "array");
        wrong("[tcp]\nbacklog = [1]\n", 2, "tcp.backlog", "single value");
    }

    @Example
    void whatIsNotTomlIsSaidWithItsLine() {
        var e = assertThrows(ConfigFileException.class, () -> StackConfigFile.parse("[stack]\nname = \"lab\nx = 1\n", "f.toml"));
        assertTrue(e.getMessage().startsWith("f.toml:2: is not TOML"), e.getMessage());
        assertEquals(ErrorCode.CONFIGURATION, e.code());
    }

    @Example
    void linesAreFoundInOddToml() {
        var lines = new KeyLines("""
                a.b = 1
                "quoted key" = "x = [ # no"
                [ table . "sub" ]
                text = \"\"\"
                [not.a.table]
                key = 3
                \"\"\"
                after = { inline = 1, more = [1,
                  2] }
                last = 'it''s'
                """);
        assertEquals(1, lines.of("a.b"));
        assertEquals(2, lines.of("quoted key"));
        assertEquals(4, lines.of("table.sub.text"));
        assertEquals(8, lines.of("table.sub.after"));
        assertEquals(10, lines.of("table.sub.last"));
        assertEquals(0, lines.of("not.a.table"));
        assertEquals(3, lines.of("table.sub.missing"));
    }

    @Property(tries = 1000)
    void anyTextIsAConfigurationOrAnError(@ForAll @StringLength(max = 120) @CharRange(from = '\t', to = '~') String text) {
        try {
            StackConfigFile.parse(text, "f");
        } catch (ConfigFileException e) {
            assertTrue(e.getMessage().startsWith("f"));
        }
    }

    @Property(tries = 500)
    void anyDamageIsAConfigurationOrAnError(@ForAll int at, @ForAll char with) {
        int i = Math.floorMod(at, GOOD.length());
        try {
            StackConfigFile.parse(GOOD.substring(0, i) + with + GOOD.substring(i + 1), "f");
        } catch (ConfigFileException e) {
            assertTrue(e.getMessage().startsWith("f"));
        }
    }

    @Example
    void aMissingFileIsSaid() throws IOException {
        var e = assertThrows(IOException.class, () -> StackConfigFile.load(Path.of("no-such.toml")));
        assertEquals("no-such.toml: no such file", e.getMessage());
        Path notText = Files.createTempFile("millrace", ".toml");
        Files.write(notText, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThrows(ConfigFileException.class, () -> StackConfigFile.load(notText));
        Files.delete(notText);
    }
}
