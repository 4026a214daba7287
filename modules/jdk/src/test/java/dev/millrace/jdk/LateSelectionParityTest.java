package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateSelectionParityTest extends SelectionParityTest {
    @Override
    World stack() throws IOException {
        return new LateWorld();
    }
}
