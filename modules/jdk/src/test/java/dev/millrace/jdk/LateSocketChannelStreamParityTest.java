package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateSocketChannelStreamParityTest extends SocketChannelStreamParityTest {
    @Override
    World stack() throws IOException {
        return new LateWorld();
    }
}
