package dev.millrace.jdk;

/// The same for channels that choose late.
class LateSocketChannelStreamParityTest extends SocketChannelStreamParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
