package dev.millrace.jdk;

/// The same for channels that choose late.
class LateDatagramChannelWaitsParityTest extends DatagramChannelWaitsParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
