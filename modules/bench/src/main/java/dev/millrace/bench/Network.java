package dev.millrace.bench;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Sockets as the works use them: the same work runs over any of these.
interface Network extends AutoCloseable {
    /// A TCP listener on the server's side.
    Server listen() throws IOException;

    /// A UDP socket on the server's side.
    Datagrams bind() throws IOException;

    /// Packets sent so far, or 0 if they cannot be counted.
    long packets();

    /// The MTU in bytes.
    int mtu() throws IOException;

    /// A buffer of the kind that these sockets read into and write from without a copy more than needed.
    default ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size);
    }

    /// Which sockets these are, for the result.
    String variant();

    @Override
    void close() throws IOException;

    /// A listener.
    interface Server extends AutoCloseable {
        Connection accept() throws IOException;

        /// A connection to this listener.
        Connection connect() throws IOException;

        @Override
        void close() throws IOException;
    }

    /// A connection; reads return -1 at the end, writes write all.
    interface Connection extends AutoCloseable {
        int read(ByteBuffer dst) throws IOException;

        void write(ByteBuffer src) throws IOException;

        @Override
        void close() throws IOException;
    }

    /// A UDP socket; a server answers whom it received from last.
    interface Datagrams extends AutoCloseable {
        void send(ByteBuffer src) throws IOException;

        void receive(ByteBuffer dst) throws IOException;

        /// A socket connected to this one.
        Datagrams peer() throws IOException;

        @Override
        void close() throws IOException;
    }
}
