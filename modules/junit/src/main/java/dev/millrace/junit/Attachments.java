package dev.millrace.junit;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.ThrowingConsumer;

/// The files that are attached to a test's report.
final class Attachments {
    private final ExtensionContext context;
    private final StringBuilder lines = new StringBuilder();

    Attachments(ExtensionContext context) {
        this.context = context;
    }

    /// Attaches one. That it cannot be is no reason to hide how the test failed.
    ///
    /// @param what it is, in a word
    /// @param writer writes it, over what a run before has left there
    // JUnit 5.12 and 5.13 have this media type only, 5.14 to 6.1 have another besides.
    @SuppressWarnings("deprecation")
    void attach(String what, String name, String type, String subtype, ThrowingConsumer<Path> writer) {
        var media = type.equals("text") ? org.junit.jupiter.api.extension.MediaType.create(type, subtype, StandardCharsets.UTF_8)
                : org.junit.jupiter.api.extension.MediaType.create(type, subtype);
        try {
            context.publishFile(name, media, path -> {
                writer.accept(path);
                lines.append("\n  ").append(what).append(": ").append(path);
            });
        } catch (Exception e) {
            lines.append("\n  ").append(what).append(": cannot be kept: ").append(e.getCause() == null ? e : e.getCause());
        }
    }

    /// A line for each: where it is, or why it is nowhere.
    @Override
    public String toString() {
        return lines.toString();
    }
}
