package dev.millrace.jdk;

import java.io.IOException;

/// The same for what `new Socket()` and `new ServerSocket()` are where [JvmSockets] are installed.
class JvmSocketParityTest extends SocketParityTest {
    @Override
    World stack() throws IOException {
        return new LateWorld();
    }
}
