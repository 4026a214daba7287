package dev.millrace.packetdrill;

import dev.millrace.packetdrill.run.ScriptRunner;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Finds scripts, and what they are meant for.
public final class ScriptFiles {
    private static final String SUFFIX = ".pkt";
    private static final String WILDCARDS = "*?[{";

    private ScriptFiles() {
    }

    /// The scripts that a path means, in order: a file is one, and in a folder, and those below it, all files whose names end in
    /// `.pkt` are.
    ///
    /// @throws NoSuchFileException if there is no such file or folder
    /// @throws IOException if a folder cannot be read
    public static List<Path> in(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(f -> f.toString().endsWith(SUFFIX) && Files.isRegularFile(f)).sorted().toList();
        }
    }

    /// The scripts below a folder whose paths in it match a pattern such as `scripts/*.pkt` or `scripts/**.pkt`, in order.
    ///
    /// @param pattern as for [java.nio.file.FileSystem#getPathMatcher], `glob:`; a folder is all scripts in it
    /// @return an empty list if there are none, or no such folder
    /// @throws IOException if a folder cannot be read
    public static List<Path> matching(Path folder, String pattern) throws IOException {
        Path root = folder;
        String rest = pattern;
        // What has no wildcards is a path, so that nothing else is searched.
        for (int slash = rest.indexOf('/'); slash >= 0 && rest.substring(0, slash).chars().noneMatch(c -> WILDCARDS.indexOf(c) >= 0);
                slash = rest.indexOf('/')) {
            root = root.resolve(slash == 0 ? "/" : rest.substring(0, slash));
            rest = rest.substring(slash + 1);
        }
        if (rest.chars().noneMatch(c -> WILDCARDS.indexOf(c) >= 0)) {
            Path only = root.resolve(rest);
            return Files.exists(only) ? in(only) : List.of();
        }
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        Path base = root;
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + rest);
        try (Stream<Path> files = Files.walk(base)) {
            return files.filter(f -> Files.isRegularFile(f) && matcher.matches(base.relativize(f))).sorted().toList();
        }
    }

    /// The variants of IP that a script is meant for: the one that it or its name says, else all.
    ///
    /// @param name of the script
    /// @param text the script; if it is not of the language, running it will tell
    public static List<IpVariant> variants(String name, String text) {
        try {
            return ScriptRunner.variants(name, text, Map.of());
        } catch (ScriptSyntaxException e) {
            return List.of(IpVariant.IPV4);
        }
    }
}
