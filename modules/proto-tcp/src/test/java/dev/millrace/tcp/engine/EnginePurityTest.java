package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The engine does no I/O, waits for nobody and asks no clock: what its class files refer to says so.
class EnginePurityTest {
    /// Packages whose classes an engine may name.
    private static final List<String> ALLOWED = List.of(
            "java/lang/", "java/util/", "java/time/Duration", "dev/millrace/tcp/engine/", "dev/millrace/wire/",
            "dev/millrace/spi/CongestionControl", "dev/millrace/spi/MemoryBudget", "dev/millrace/spi/IcmpError",
            "dev/millrace/DropReason", "dev/millrace/ErrorCode", "dev/millrace/TcpInfo", "dev/millrace/Option");
    /// Of the allowed packages those that are threads, locks or chance after all.
    private static final List<String> FORBIDDEN = List.of(
            "java/lang/Thread", "java/lang/Process", "java/lang/Runtime", "java/util/concurrent/", "java/util/Random",
            "java/util/random/", "java/util/Timer", "java/lang/ref/", "java/lang/reflect/");

    @Test
    void engineNamesNothingThatWaitsOrTellsTime() throws IOException {
        Path classes = Path.of("target/classes/dev/millrace/tcp/engine");
        var found = new TreeSet<String>();
        int read = 0;
        try (var files = Files.list(classes)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                read++;
                for (var entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof ClassEntry c) {
                        String name = c.asInternalName().replaceAll("^\\[+L?|;$", "");
                        boolean known = name.length() < 2 || ALLOWED.stream().anyMatch(name::startsWith);
                        if (!known || FORBIDDEN.stream().anyMatch(name::startsWith)) {
                            found.add(file.getFileName() + " names " + name);
                        }
                    }
                }
                String text = new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1);
                if (text.contains("nanoTime") && text.contains("java/lang/System")) {
                    found.add(file.getFileName() + " asks System for the time");
                }
            }
        }
        assertTrue(read > 20, "only " + read + " class files in " + classes.toAbsolutePath());
        assertEquals(new TreeSet<String>(), found);
    }
}
