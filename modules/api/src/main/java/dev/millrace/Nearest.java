package dev.millrace;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/// Finds the valid word that a mistyped one was probably meant to be.
public final class Nearest {
    private Nearest() {
    }

    /// A clause for an error message: the nearest valid word and all of them.
    public static String advice(String given, Collection<String> valid) {
        if (valid.isEmpty()) {
            return "no key is valid here";
        }
        String all = String.join(", ", valid.stream().sorted().toList());
        String nearest = valid.stream().min(Comparator.comparingInt((String v) -> distance(given, v))).orElseThrow();
        boolean near = distance(given, nearest) <= Math.max(2, given.length() / 3);
        return near ? "did you mean " + nearest + "? Valid are: " + all : "valid are: " + all;
    }

    /// The number of single-letter changes (insert, delete, replace, swap neighbours) between two words, ignoring case.
    static int distance(String a, String b) {
        String s = a.toLowerCase(Locale.ROOT);
        String t = b.toLowerCase(Locale.ROOT);
        int[][] d = new int[s.length() + 1][t.length() + 1];
        for (int i = 0; i <= s.length(); i++) {
            for (int j = 0; j <= t.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replace = d[i - 1][j - 1] + (s.charAt(i - 1) == t.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && s.charAt(i - 1) == t.charAt(j - 2) && s.charAt(i - 2) == t.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[s.length()][t.length()];
    }
}
