package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateChannelSocketParityTest extends ChannelSocketParityTest {
    @Override
    World stack() throws IOException {
        return new LateWorld();
    }
}
