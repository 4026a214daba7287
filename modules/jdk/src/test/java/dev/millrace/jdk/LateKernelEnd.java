package dev.millrace.jdk;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.spi.SelectorProvider;
import javax.net.SocketFactory;

/// The kernel, whose sockets and channels choose it late, because no stack has the address and no program runs.
final class LateKernelEnd extends End.Kernel {
    LateKernelEnd(String v4, String v6) throws Exception {
        super(maker(), "lo", v4, v6);
    }

    @Override
    boolean isKernel() {
        return false;
    }

    @Override
    SelectorProvider provider() {
        return JvmSelectorProvider.ANY;
    }

    @Override
    SocketFactory clients() {
        return new StackSocketFactory();
    }

    @Override
    Socket socket() throws IOException {
        return LateEnd.jvmSocket();
    }

    @Override
    ServerSocket server() throws IOException {
        return LateEnd.jvmServer();
    }
}
