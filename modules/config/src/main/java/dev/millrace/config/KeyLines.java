package dev.millrace.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds the line on which each key of a TOML text stands. Jackson reads the values, but its TOML parser keeps no
/// positions; this looks at table headers and at the keys in front of `=`, no further.
final class KeyLines {
    private final Map<String, Integer> lines = new HashMap<>();
    private final Map<String, Integer> arrays = new HashMap<>();
    private String table = "";

    KeyLines(String text) {
        String[] all = text.split("\n", -1);
        int depth = 0;
        String openString = null;
        for (int i = 0; i < all.length; i++) {
            String line = all[i];
            if (openString == null && depth == 0) {
                key(line, i + 1);
            }
            var scan = new Scan(line, depth, openString);
            depth = scan.depth;
            openString = scan.openString;
        }
    }

    /// What is open at the end of a line: brackets of values, and a string of three quotes.
    private static final class Scan {
        int depth;
        String openString;

        Scan(String line, int depthBefore, String openBefore) {
            depth = depthBefore;
            openString = openBefore;
            boolean header = depth == 0 && openString == null && line.stripLeading().startsWith("[");
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (openString != null) {
                    if (openString.charAt(0) == '"' && c == '\\') {
                        i++;
                    } else if (line.startsWith(openString, i)) {
                        i += openString.length() - 1;
                        openString = null;
                    }
                } else if (c == '#') {
                    break;
                } else if (c == '"' || c == '\'') {
                    String three = String.valueOf(c).repeat(3);
                    openString = line.startsWith(three, i) ? three : String.valueOf(c);
                    i += openString.length() - 1;
                } else if (!header && (c == '[' || c == '{')) {
                    depth++;
                } else if (!header && (c == ']' || c == '}')) {
                    depth = Math.max(0, depth - 1);
                }
            }
            if (openString != null && openString.length() == 1) {
                openString = null;
            }
        }
    }

    private void key(String raw, int number) {
        String line = raw.strip();
        if (line.startsWith("[[")) {
            int end = line.indexOf("]]");
            if (end > 0) {
                String name = path(line.substring(2, end));
                int index = arrays.merge(name, 1, Integer::sum) - 1;
                table = name + "[" + index + "]";
                lines.putIfAbsent(table, number);
                lines.putIfAbsent(name, number);
            }
        } else if (line.startsWith("[")) {
            int end = line.lastIndexOf(']');
            if (end > 0) {
                table = path(line.substring(1, end));
                lines.putIfAbsent(table, number);
            }
        } else if (!line.startsWith("#")) {
            int equals = equalsSign(line);
            if (equals > 0) {
                String key = path(line.substring(0, equals));
                lines.putIfAbsent(table.isEmpty() ? key : table + "." + key, number);
            }
        }
    }

    private static int equalsSign(String line) {
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '=') {
                return i;
            } else if (c == '#') {
                return -1;
            }
        }
        return -1;
    }

    /// A dotted key with its quotes and spaces taken off.
    private static String path(String text) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split("\\.")) {
            String p = part.strip();
            boolean quoted = p.length() >= 2 && (p.charAt(0) == '"' || p.charAt(0) == '\'')
                    && p.charAt(p.length() - 1) == p.charAt(0);
            parts.add(quoted ? p.substring(1, p.length() - 1) : p);
        }
        return String.join(".", parts);
    }

    /// The line of a key such as `nic[0].addresses[1]`, or of the nearest thing around it; 0 if there is none.
    int of(String key) {
        String k = key;
        while (!k.isEmpty()) {
            Integer line = lines.get(k);
            if (line != null) {
                return line;
            }
            int cut = Math.max(k.lastIndexOf('.'), k.endsWith("]") ? k.lastIndexOf('[') : -1);
            k = cut < 0 ? "" : k.substring(0, cut);
        }
        return 0;
    }
}
