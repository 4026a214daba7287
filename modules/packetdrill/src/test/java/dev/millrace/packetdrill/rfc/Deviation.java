package dev.millrace.packetdrill.rfc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where the code departs from an RFC and says why: its comments that begin with "Differs:".
///
/// @param place module and class
/// @param text the comment up to its next paragraph
record Deviation(String place, String text) {
    private static final String MARK = "Differs:";
    private static final Pattern COMMENT = Pattern.compile("^\\s*///?\\s?(.*)$");

    static List<Deviation> read(Path modules) throws IOException {
        List<Deviation> all = new ArrayList<>();
        for (Path file : Citations.files(modules, "src/main/java", ".java")) {
            String place = modules.relativize(file).getName(0) + "/" + file.getFileName().toString().replace(".java", "");
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                Matcher m = COMMENT.matcher(lines.get(i));
                if (m.matches() && m.group(1).contains(MARK)) {
                    all.add(new Deviation(place, paragraph(lines, i, m.group(1))));
                } else if (lines.get(i).contains(MARK)) {
                    throw new IllegalStateException(file + ":" + (i + 1) + ": \"" + MARK + "\" in no comment of its own line");
                }
            }
        }
        return all;
    }

    private static String paragraph(List<String> lines, int from, String first) {
        var text = new StringBuilder(first.substring(first.indexOf(MARK) + MARK.length()).strip());
        for (int i = from + 1; i < lines.size(); i++) {
            Matcher m = COMMENT.matcher(lines.get(i));
            if (!m.matches() || m.group(1).isBlank() || m.group(1).startsWith("@") || m.group(1).contains(MARK)) {
                break;
            }
            text.append(' ').append(m.group(1).strip());
        }
        return text.toString();
    }
}
