package dev.millrace.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/// One run of the command inside this JVM: what it printed and how it ended.
public record Run(int code, String out, String err) {
    public static Run of(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Run(code, out.toString(), err.toString());
    }

    public List<String> lines() {
        return out.lines().toList();
    }
}
