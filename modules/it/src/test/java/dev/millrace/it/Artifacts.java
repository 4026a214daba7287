package dev.millrace.it;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Where the modules under test are: what Maven put on this JVM's class path, jars or folders of classes.
final class Artifacts {
    private Artifacts() {
    }

    /// The whole class path, test classes left out.
    static List<Path> all() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(p -> !p.toString().contains("test-classes") && !p.toString().endsWith("-tests.jar")).toList();
    }

    /// The artifacts of our modules with these folder names, and SLF4J, which `stack` needs.
    static List<Path> of(String... folders) {
        List<Path> found = new ArrayList<>();
        for (String folder : folders) {
            found.add(all().stream().filter(p -> p.toString().replace('\\', '/').contains("/modules/" + folder + "/target/"))
                    .findFirst().orElseThrow(() -> new AssertionError("no artifact of modules/" + folder + " in " + all())));
        }
        found.add(all().stream().filter(p -> p.getFileName().toString().startsWith("slf4j-api")).findFirst().orElseThrow());
        return found;
    }

    /// What is missing for tests that run the command as it is installed, in words for a report, or empty. It is made when
    /// the modules are packaged, which `mvn test` does not do.
    static Optional<String> commandMissing() {
        return Files.isDirectory(Path.of("../cli/target/lib")) ? Optional.empty()
                : Optional.of("needs the program millrace: mvn package");
    }

    static String path(List<Path> paths) {
        return String.join(File.pathSeparator, paths.stream().map(Path::toString).toList());
    }
}
