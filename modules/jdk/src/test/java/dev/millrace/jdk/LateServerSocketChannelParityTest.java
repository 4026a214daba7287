package dev.millrace.jdk;

/// The same for channels that choose late.
class LateServerSocketChannelParityTest extends ServerSocketChannelParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
