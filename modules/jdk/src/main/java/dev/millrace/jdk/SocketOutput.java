package dev.millrace.jdk;

import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.Objects;

/// What a socket's program writes to. Nothing is kept: what was written is the stack's.
final class SocketOutput extends ArrayOutput {
    private final Socket owner;
    private final TcpSocket socket;

    SocketOutput(Socket owner, TcpSocket socket) {
        this.owner = owner;
        this.socket = socket;
    }

    @Override
    public void write(byte[] b, int off, int len) throws IOException {
        Objects.checkFromIndexSize(off, len, b.length);
        try {
            socket.write(b, off, len);
        } catch (IOException e) {
            if (owner.isOutputShutdown() && !owner.isClosed()) {
                // What EPIPE is called.
                throw new SocketException("Broken pipe");
            }
            throw SocketExceptions.ofWriter(e);
        }
    }

    @Override
    public void close() throws IOException {
        owner.close();
    }
}
