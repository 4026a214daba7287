package dev.millrace.cli.explore;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// Where the classes of tests are.
///
/// @param path as java takes it
record TestClasses(String path, URLClassLoader loader) implements AutoCloseable {
    /// Where builds put test classes and classes.
    static final List<String> USUAL = List.of("target/test-classes", "target/classes", "build/classes/java/test",
            "build/classes/java/main", "build/classes/kotlin/test", "build/classes/kotlin/main", "build/resources/test",
            "build/resources/main");

    static TestClasses of(String path) throws MalformedURLException {
        var urls = new ArrayList<URL>();
        for (String e : path.split(File.pathSeparator)) {
            urls.add(Path.of(e).toUri().toURL());
        }
        var loader = new URLClassLoader("tests", urls.toArray(URL[]::new), TestClasses.class.getClassLoader());
        // As Maven and Gradle run tests: what a test asserts with the keyword counts.
        loader.setDefaultAssertionStatus(true);
        return new TestClasses(path, loader);
    }

    /// The usual folders that there are, as a path; empty if there are none.
    static String usual() {
        return String.join(File.pathSeparator, USUAL.stream().filter(p -> Files.isDirectory(Path.of(p))).toList());
    }

    /// What all of it is now, so that a search that goes on later knows whether it is still the same program.
    String digest() throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String entry : path.split(File.pathSeparator)) {
                add(digest, Path.of(entry));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        }
    }

    private static void add(MessageDigest digest, Path entry) throws IOException {
        if (!Files.isDirectory(entry)) {
            if (Files.exists(entry)) {
                // Jars may be large and many, and builds do not change those of others.
                BasicFileAttributes a = Files.readAttributes(entry, BasicFileAttributes.class);
                digest.update((entry.getFileName() + " " + a.size() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return;
        }
        try (Stream<Path> files = Files.walk(entry)) {
            for (Path f : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = entry.relativize(f).toString().replace(File.separatorChar, '/');
                digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(f));
            }
        }
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }

    @Override
    public String toString() {
        return Arrays.toString(path.split(File.pathSeparator));
    }
}
