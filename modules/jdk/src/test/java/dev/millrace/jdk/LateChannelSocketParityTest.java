package dev.millrace.jdk;

/// The same for channels that choose late.
class LateChannelSocketParityTest extends ChannelSocketParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
