package dev.millrace.jdk;

import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.Socket;
import java.util.Objects;

/// What a socket's program reads from. It has no lock that the output has, too: reading and writing never wait for each other.
final class SocketInput extends ArrayInput {
    private final Socket owner;
    private final TcpSocket socket;

    SocketInput(Socket owner, TcpSocket socket) {
        this.owner = owner;
        this.socket = socket;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
        Objects.checkFromIndexSize(off, len, b.length);
        if (len == 0) {
            return 0;
        }
        try {
            return socket.read(b, off, len);
        } catch (IOException e) {
            throw SocketExceptions.ofReader(e);
        }
    }

    @Override
    public int available() throws IOException {
        try {
            return socket.available();
        } catch (IOException e) {
            throw SocketExceptions.ofReader(e);
        }
    }

    @Override
    public void close() throws IOException {
        owner.close();
    }
}
