package dev.millrace.jdk;

/// The same for what `new Socket()` and `new ServerSocket()` are where [JvmSockets] are installed.
class JvmServerSocketParityTest extends ServerSocketParityTest {
    @Override
    World ours() throws Exception {
        return World.late();
    }
}
