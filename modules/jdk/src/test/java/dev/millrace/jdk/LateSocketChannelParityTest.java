package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateSocketChannelParityTest extends SocketChannelParityTest {
    @Override
    World stack() throws IOException {
        return new LateWorld();
    }
}
