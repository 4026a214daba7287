package dev.millrace.jdk;

/// The same for channels that choose late.
class LateChannelServerSocketParityTest extends ChannelServerSocketParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
