package dev.millrace.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class StackConfigFileProperties {
    private static final String GOOD = """
            [stack]
            name = "lab"
            protocols = ["ipv4", 'tcp']
            [[nic]]
            name = "lo" # loopback
            link = "loopback:"
            addresses = ["192.168.1.1/24",
              "fd00::1/64"]
            mtu = 65_536
            own-subnets = true
            [[route]]
            to = "default"
            nic = "lo"
            [tcp]
            min-rto = "40ms"
            [capture]
            file = "x.pcapng"
            nics = ["lo"]
            """;

    /// A configuration, or the one declared exception, in one line that names the file and a line that there is.
    private static void readsOrExplains(String text) {
        try {
            StackConfigFile.parse(text, "f");
        } catch (ConfigFileException e) {
            assertTrue(e.getMessage().startsWith("f:"), e.getMessage());
            assertTrue(e.line() >= 0 && e.line() <= text.lines().count() + 1, () -> e.line() + " in " + text);
        }
    }

    @Provide
    Arbitrary<String> tomlLike() {
        return Arbitraries.of("[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "#", "\n", "\r\n", " ",
                "\t", "\\", "\\u00e9", "nic", "stack", "route", "capture", "tcp", "name", "link", "mtu", "addresses", "to",
                "via", "file", "listen", "nics", "1", "-1", "0x", "1e999999", "inf", "nan", "true", "1979-05-27", "12:00",
                "\"lo\"", "\"loopback:\"", "[\"10.0.0.1/8\"]", "\u0000", "\ud800", "é", "[[nic]]\n", "[stack]\n", " = ")
                .list().ofMaxSize(60).map(parts -> String.join("", parts));
    }

    @Property(tries = 1000)
    void arbitraryTextIsReadOrExplained(@ForAll String text) {
        readsOrExplains(text);
    }

    @Property(tries = 1000)
    void textThatLooksLikeTomlIsReadOrExplained(@ForAll("tomlLike") String text) {
        readsOrExplains(text);
    }

    @Provide
    Arbitrary<Integer> position() {
        return Arbitraries.integers().between(0, GOOD.length());
    }

    @Property(tries = 1000)
    void brokenGoodFileIsReadOrExplained(@ForAll("position") int from, @ForAll("position") int to,
            @ForAll("tomlLike") String instead) {
        readsOrExplains(GOOD.substring(0, Math.min(from, to)) + instead + GOOD.substring(Math.max(from, to)));
    }

    @Property(tries = 1000)
    void oneWrongCharacterIsReadOrExplained(@ForAll("position") int at, @ForAll char with) {
        int i = Math.min(at, GOOD.length() - 1);
        readsOrExplains(GOOD.substring(0, i) + with + GOOD.substring(i + 1));
    }

    @Property(tries = 300)
    void errorStandsOnTheLineOfItsKeyWhateverStandsBefore(@ForAll("comments") String before) {
        String text = before + GOOD.replace("mtu = 65_536", "mtu = 'none'");
        try {
            StackConfigFile.parse(text, "f");
        } catch (ConfigFileException e) {
            assertEquals("nic[0].mtu", e.key());
            assertEquals(text.substring(0, text.indexOf("mtu = ")).lines().count() + 1, e.line());
            return;
        }
        throw new AssertionError("was read");
    }

    @Provide
    Arbitrary<String> comments() {
        return Arbitraries.of("# [x]\n", "\n", "   \n", "# a = \"\"\"\n", "\t# é '\r\n", "[udp]\n#]\n").list().ofMaxSize(6)
                .map(parts -> {
                    boolean udp = false;
                    var text = new StringBuilder();
                    for (String part : parts) {
                        if (!part.startsWith("[udp]") || !udp) {
                            text.append(part);
                        }
                        udp |= part.startsWith("[udp]");
                    }
                    return text.toString();
                });
    }
}
