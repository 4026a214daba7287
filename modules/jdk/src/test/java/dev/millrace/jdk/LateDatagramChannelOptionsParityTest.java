package dev.millrace.jdk;

/// The same for channels that choose late.
class LateDatagramChannelOptionsParityTest extends DatagramChannelOptionsParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
