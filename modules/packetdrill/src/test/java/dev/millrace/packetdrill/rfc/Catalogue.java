package dev.millrace.packetdrill.rfc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What the RFCs require: `src/test/resources/requirements.txt`.
record Catalogue(List<Rfc> rfcs) {
    /// @param name such as `RFC9293`
    record Rfc(String name, String title, List<Row> rows) {
    }

    /// @param id such as `MUST-13` or `4.5-overlap`
    /// @param why why the stack declines, or `null` if it does not
    record Row(String id, String section, String what, String why) {
        /// Whether a test of this requirement shows the row: of the same, or of a section of the row's.
        boolean isShownBy(String requirement) {
            return requirement.equals(id) || id.matches("[0-9.]+") && requirement.matches("[0-9.]+") && requirement.startsWith(id + '.');
        }
    }

    static Catalogue read(Path file) throws IOException {
        List<Rfc> rfcs = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("= ")) {
                String[] parts = line.substring(2).split(" ", 2);
                rfcs.add(new Rfc(parts[0], parts[1], new ArrayList<>()));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" \\| ");
                rfcs.getLast().rows().add(new Row(parts[0], parts[1], parts[2], parts.length > 3 ? parts[3] : null));
            }
        }
        return new Catalogue(rfcs);
    }
}
