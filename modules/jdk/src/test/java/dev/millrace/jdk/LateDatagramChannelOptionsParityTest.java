package dev.millrace.jdk;

import java.io.IOException;

/// The same for channels that choose late.
class LateDatagramChannelOptionsParityTest extends DatagramChannelOptionsParityTest {
    @Override
    World stack() throws IOException {
        return DatagramWorld.late();
    }
}
