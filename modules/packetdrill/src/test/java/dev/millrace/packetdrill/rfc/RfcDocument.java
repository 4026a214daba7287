package dev.millrace.packetdrill.rfc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The text of `docs/rfc.md`: requirement, what it is, which tests show it, what came of it.
final class RfcDocument {
    /// How many tests of a requirement are named.
    private static final int NAMED = 4;

    private final Catalogue catalogue;
    private final Map<String, Set<String>> tests;
    private final List<Deviation> deviations;
    private final StringBuilder out = new StringBuilder();

    RfcDocument(Catalogue catalogue, Map<String, Set<String>> tests, List<Deviation> deviations) {
        this.catalogue = catalogue;
        this.tests = tests;
        this.deviations = deviations;
    }

    /// What tests say they show of numbered requirements and is none, such as a misspelled one.
    List<String> unknown() {
        List<String> unknown = new ArrayList<>();
        for (String cited : tests.keySet()) {
            String[] parts = cited.split(":", 2);
            boolean numbered = parts[1].matches("(MUST|SHLD)-.*|.*-[a-z]+|[a-z]+");
            if (parts[0].matches("RFC\\d+") && numbered && rows(parts[0]).stream().noneMatch(r -> r.id().equals(parts[1]))) {
                unknown.add(cited);
            }
        }
        return unknown;
    }

    private List<Catalogue.Row> rows(String rfc) {
        return catalogue.rfcs().stream().filter(r -> r.name().equals(rfc)).flatMap(r -> r.rows().stream()).toList();
    }

    String text() {
        out.setLength(0);
        out.append("""
                # RFCs: requirements and the tests that show them

                Made by `RfcDocumentTest` of module `packetdrill`, which fails if this page is not what it makes; do not edit. Its sources are
                the catalogue (`modules/packetdrill/src/test/resources/requirements.txt`, in words of our own), the first lines of the scripts
                (`modules/packetdrill/src/test/scripts`), `@Requirement` of the Java tests, and the comments of the code that begin with
                "Differs:". Every test that is named runs in every build, so what it shows is so. A requirement that no test shows is **not
                met**, whatever the code does.

                """);
        counts();
        catalogue.rfcs().forEach(this::rfc);
        differences();
        others();
        return out.toString();
    }

    private Set<String> shown(Catalogue.Rfc rfc, Catalogue.Row row) {
        Set<String> names = new TreeSet<>();
        tests.forEach((cited, by) -> {
            if (cited.startsWith(rfc.name() + ':') && row.isShownBy(cited.substring(rfc.name().length() + 1))) {
                names.addAll(by);
            }
        });
        return names;
    }

    // ---- how many

    private void counts() {
        out.append("| | rows | met | declined | not met |\n|---|---|---|---|---|\n");
        for (Catalogue.Rfc rfc : catalogue.rfcs()) {
            if (rfc.name().equals("RFC9293")) {
                count(rfc, "RFC 9293 MUST", "MUST");
                count(rfc, "RFC 9293 SHOULD", "SHLD");
            } else {
                count(rfc, spaced(rfc.name()), "");
            }
        }
        out.append('\n');
    }

    private void count(Catalogue.Rfc rfc, String title, String kind) {
        List<Catalogue.Row> rows = rfc.rows().stream().filter(r -> r.id().startsWith(kind)).toList();
        long met = rows.stream().filter(r -> r.why() == null && !shown(rfc, r).isEmpty()).count();
        long declined = rows.stream().filter(r -> r.why() != null).count();
        out.append("| ").append(title).append(" | ").append(rows.size()).append(" | ").append(met).append(" | ").append(declined).append(" | ")
                .append(rows.size() - met - declined).append(" |\n");
    }

    private static String spaced(String rfc) {
        return rfc.replaceFirst("^RFC", "RFC ");
    }

    // ---- tables

    private void rfc(Catalogue.Rfc rfc) {
        out.append("## ").append(spaced(rfc.name())).append(": ").append(rfc.title()).append("\n\n");
        out.append("| requirement | § | what | tests | result |\n|---|---|---|---|---|\n");
        for (Catalogue.Row row : rfc.rows()) {
            Set<String> by = shown(rfc, row);
            String result = row.why() != null ? "declined: " + row.why() : by.isEmpty() ? "**not met**" : "met";
            out.append("| ").append(row.id()).append(" | ").append(row.section()).append(" | ").append(escaped(row.what())).append(" | ").append(named(by))
                    .append(" | ").append(escaped(result + differing(rfc, row))).append(" |\n");
        }
        out.append('\n');
    }

    private static String named(Set<String> by) {
        String names = String.join(", ", by.stream().limit(NAMED).map(n -> '`' + n + '`').toList());
        return by.size() > NAMED ? names + " and " + (by.size() - NAMED) + " more" : names;
    }

    /// Which of the deviations name this requirement or this section of the RFC.
    private String differing(Catalogue.Rfc rfc, Catalogue.Row row) {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < deviations.size(); i++) {
            String text = deviations.get(i).text();
            boolean section = row.id().equals(row.section()) && text.matches(".*" + spaced(rfc.name()) + " §" + row.section().replace(".", "\\.")
                    + "(?![0-9]|\\.[0-9]).*");
            if (section || rfc.name().equals("RFC9293") && text.matches(".*\\b" + row.id() + "\\b.*")) {
                numbers.add("D" + (i + 1));
            }
        }
        return numbers.isEmpty() ? "" : "; see " + String.join(", ", numbers);
    }

    private static String escaped(String text) {
        return text.replace("|", "\\|");
    }

    private void differences() {
        out.append("## Where the code differs on purpose\n\nWhat its comments say, from \"Differs:\" on.\n\n| | where | how and why |\n|---|---|---|\n");
        for (int i = 0; i < deviations.size(); i++) {
            Deviation d = deviations.get(i);
            out.append("| D").append(i + 1).append(" | `").append(d.place()).append("` | ").append(escaped(d.text())).append(" |\n");
        }
        out.append('\n');
    }

    /// What tests say they show beside the catalogue.
    private void others() {
        Map<String, Set<String>> rest = new TreeMap<>(tests);
        for (Catalogue.Rfc rfc : catalogue.rfcs()) {
            rest.keySet().removeIf(cited -> cited.startsWith(rfc.name() + ':')
                    && rfc.rows().stream().anyMatch(r -> r.isShownBy(cited.substring(rfc.name().length() + 1))));
        }
        out.append("## What tests show beside that\n\n| what | tests |\n|---|---|\n");
        rest.forEach((cited, by) -> out.append("| ").append(cited).append(" | ").append(named(by)).append(" |\n"));
    }
}
