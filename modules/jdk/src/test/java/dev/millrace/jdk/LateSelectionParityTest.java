package dev.millrace.jdk;

/// The same for channels that choose late.
class LateSelectionParityTest extends SelectionParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
