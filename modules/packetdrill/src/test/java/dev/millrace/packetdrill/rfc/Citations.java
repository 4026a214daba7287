package dev.millrace.packetdrill.rfc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which tests say that they show which requirement: `@Requirement` of the Java tests, `// Requirement:` of the scripts and of tests of
/// modules below the test kit. Sources are read, not classes, so that all modules count whatever was built.
final class Citations {
    private static final Pattern CITED = Pattern.compile("^\\s*(?:@Requirement\\(\"|// Requirement: )([A-Za-z0-9]+:\\S*?[^\\s\")])(?:\"\\))?\\s*$");
    private static final Pattern TEST = Pattern.compile("^\\s*@(Test|Example|TestFactory|ParameterizedTest|Property|RepeatedTest|TestTemplate)\\b.*");
    private static final Pattern METHOD = Pattern.compile("^    (?!return|throw|new )[\\w<>,.? ]*?\\b(\\w+)\\(.*[{,(]\\s*$");
    private static final Pattern TYPE = Pattern.compile("^(?:public |final |abstract )*class (\\w+).*");

    /// Names of tests by requirement, such as `RFC9293:MUST-13`.
    private final TreeMap<String, Set<String>> tests = new TreeMap<>();

    private Citations() {
    }

    /// Reads all modules below a folder.
    static Citations read(Path modules) throws IOException {
        var all = new Citations();
        for (Path file : files(modules, "src/test", ".java")) {
            all.java(file);
        }
        for (Path file : files(modules, "src/test/scripts", ".pkt")) {
            all.script(file, modules.resolve("packetdrill/src/test/scripts"));
        }
        return all;
    }

    static List<Path> files(Path modules, String below, String ending) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(modules)) {
            for (Path module : all.sorted().toList()) {
                found.addAll(filesOf(module.resolve(below), ending));
            }
        }
        return found;
    }

    private static List<Path> filesOf(Path folder, String ending) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
        }
    }

    TreeMap<String, Set<String>> tests() {
        return tests;
    }

    private void script(Path file, Path folder) throws IOException {
        String name = folder.relativize(file).toString().replace('\\', '/');
        for (String line : Files.readAllLines(file)) {
            Matcher m = CITED.matcher(line);
            if (m.matches()) {
                add(m.group(1), name);
            }
        }
    }

    /// What is cited belongs to the class or method that comes next, which must be a test that runs.
    private void java(Path file) throws IOException {
        String type = file.getFileName().toString().replace(".java", "");
        Set<String> cited = new TreeSet<>();
        boolean test = false;
        for (String line : Files.readAllLines(file)) {
            Matcher m = CITED.matcher(line);
            if (m.matches()) {
                cited.add(m.group(1));
                continue;
            }
            test |= TEST.matcher(line).matches();
            if (!cited.isEmpty() && line.contains("@Disabled")) {
                throw new IllegalStateException(file + ": a test that is disabled shows nothing");
            }
            Matcher method = METHOD.matcher(line);
            boolean isType = TYPE.matcher(line).matches();
            if (isType || method.matches() && !line.contains("@")) {
                if (!cited.isEmpty() && !isType && !test) {
                    throw new IllegalStateException(file + ": " + method.group(1) + " says what it shows and is no test");
                }
                for (String requirement : cited) {
                    add(requirement, isType ? type : type + '.' + method.group(1));
                }
                cited.clear();
                test = false;
            }
        }
        if (!cited.isEmpty()) {
            throw new IllegalStateException(file + ": nothing follows @Requirement " + cited);
        }
    }

    private void add(String requirement, String test) {
        tests.computeIfAbsent(requirement, _ -> new TreeSet<>()).add(test);
    }
}
