package dev.millrace.jdk;

/// The same for channels that choose late.
class LateSocketChannelParityTest extends SocketChannelParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
