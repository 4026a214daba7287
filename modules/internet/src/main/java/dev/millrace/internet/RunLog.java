package dev.millrace.internet;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What happened in one run, to be compared with another run of the same seed ([SeedDifference]). Keeps the first million
/// events.
public final class RunLog {
    private static final int MOST = 1 << 20;
    private static final Pattern IDENTITY = Pattern.compile("@[0-9a-f]{1,16}\\b");

    private final List<String> lines = new ArrayList<>();

    /// Begins.
    public RunLog() {
    }

    /// Something happened: a line of [Internet#logContents].
    public void add(String line) {
        if (lines.size() < MOST) {
            lines.add(line);
        }
    }

    /// The run is over.
    ///
    /// @param happened what chance did
    /// @param failure how the run failed, or `null`
    public void end(Script happened, Throwable failure) {
        happened.toString().lines().forEach(l -> add("by chance: " + l));
        // That objects have other identities in each run says nothing of what the run did.
        add(failure == null ? "passes" : "fails: " + IDENTITY.matcher(failure.toString()).replaceAll("@"));
    }

    /// What happened.
    public List<String> lines() {
        return List.copyOf(lines);
    }
}
