package dev.millrace.cli.explore;

import java.io.IOException;
import java.nio.file.Path;

/// The file of a search that was interrupted cannot be gone on with: it is damaged, or of another search.
final class StateException extends IOException {
    private static final long serialVersionUID = 1;

    StateException(Path file, String why, Throwable cause) {
        super(file + ": " + why, cause);
    }
}
