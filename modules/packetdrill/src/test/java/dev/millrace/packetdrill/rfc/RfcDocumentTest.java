package dev.millrace.packetdrill.rfc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// `docs/rfc.md` is what catalogue, tests, scripts and comments make it. With `-Dmillrace.rfc.write=true` it is made.
class RfcDocumentTest {
    private static final Path MODULES = Path.of("..");
    private static final Path DOCUMENT = Path.of("../../docs/rfc.md");
    private static final String COMMAND = "mvn -q -o test -pl modules/packetdrill -am -Dtest=RfcDocumentTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.rfc.write=true";

    private static Catalogue catalogue() throws IOException {
        return Catalogue.read(Path.of("src/test/resources/requirements.txt"));
    }

    @Test
    void isUpToDate() throws IOException {
        var document = new RfcDocument(catalogue(), Citations.read(MODULES).tests(), Deviation.read(MODULES));
        assertEquals(List.of(), document.unknown(), "no such requirement in requirements.txt");
        String made = document.text();
        if (Boolean.getBoolean("millrace.rfc.write")) {
            Files.writeString(DOCUMENT, made);
        }
        assertEquals("", difference(Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "", made), () -> "docs/rfc.md is not up to date; make it with\n"
                + COMMAND);
    }

    /// Lines that only one of them has.
    private static String difference(String is, String made) {
        var text = new StringBuilder();
        Set<String> old = Set.copyOf(is.lines().distinct().toList());
        Set<String> now = Set.copyOf(made.lines().distinct().toList());
        is.lines().filter(l -> !now.contains(l)).forEach(l -> text.append("- ").append(l).append('\n'));
        made.lines().filter(l -> !old.contains(l)).forEach(l -> text.append("+ ").append(l).append('\n'));
        return text.isEmpty() && !is.equals(made) ? "the order of lines\n" : text.toString();
    }

    @Test
    void allOfRfc9293IsInTheCatalogue() throws IOException {
        List<String> ids = catalogue().rfcs().getFirst().rows().stream().map(Catalogue.Row::id).toList();
        assertEquals(100, ids.size());
        assertEquals(100, Set.copyOf(ids).size());
        for (int i = 1; i <= 69; i++) {
            assertTrue(ids.contains("MUST-" + i), "MUST-" + i);
        }
    }

    @Test
    void aRequirementThatNoTestShowsIsNotMet() {
        var rows = List.of(new Catalogue.Row("MUST-1", "1", "one", null), new Catalogue.Row("MUST-2", "1", "two", null),
                new Catalogue.Row("MUST-3", "1", "three", "never"));
        var catalogue = new Catalogue(List.of(new Catalogue.Rfc("RFC9293", "TCP", rows), new Catalogue.Rfc("RFC1", "Other",
                List.of(new Catalogue.Row("4.1", "4.1", "four", null), new Catalogue.Row("4.1-five", "4.1", "five", null)))));
        var document = new RfcDocument(catalogue, Map.of("RFC9293:MUST-1", Set.of("ATest.a"), "RFC1:4.1.7", Set.of("b.pkt"), "RFC1:4.11", Set.of("c.pkt")),
                List.of(new Deviation("m/C", "RFC 1 §4.1 says less. MUST-2 | too.")));
        String text = document.text();
        assertTrue(text.contains("| MUST-1 | 1 | one | `ATest.a` | met |\n"), text);
        assertTrue(text.contains("| MUST-2 | 1 | two |  | **not met**; see D1 |\n"), text);
        assertTrue(text.contains("| MUST-3 | 1 | three |  | declined: never |\n"), text);
        assertTrue(text.contains("| 4.1 | 4.1 | four | `b.pkt` | met; see D1 |\n"), text);
        assertTrue(text.contains("| 4.1-five | 4.1 | five |  | **not met** |\n"), text);
        assertTrue(text.contains("| RFC 9293 MUST | 3 | 1 | 1 | 1 |\n"), text);
        assertTrue(text.contains("| RFC1:4.11 | `c.pkt` |\n"), text);
        assertTrue(text.contains("| D1 | `m/C` | RFC 1 §4.1 says less. MUST-2 \\| too. |\n"), text);
        assertEquals(List.of(), document.unknown());
        assertFalse(new RfcDocument(catalogue, Map.of("RFC9293:MUST-70", Set.of("x")), List.of()).unknown().isEmpty());
    }
}
