package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateDatagramChannelParityTest extends DatagramChannelParityTest {
    @Override
    World stack() throws IOException {
        return DatagramWorld.late();
    }
}
