package dev.millrace.jdk;

/// The same for channels that choose late.
class LateSelectorParityTest extends SelectorParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
