package dev.millrace.jdk;

/// The same for channels that choose late.
class LateDatagramChannelParityTest extends DatagramChannelParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
