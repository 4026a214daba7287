package dev.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/// Sockets towards another process.
interface Dialer {
    /// A connection without Nagle's algorithm.
    Network.Connection connect(InetSocketAddress remote) throws IOException;

    /// A UDP socket that is connected.
    Network.Datagrams datagrams(InetSocketAddress remote) throws IOException;

    /// Sends one byte whenever one has come, on whatever thread finds out, after `onByte` has run; `null` where there are
    /// no callbacks. The first byte is sent by this call.
    AutoCloseable pingPong(InetSocketAddress remote, Runnable onByte) throws IOException;

    /// Whether [#pingPong] works.
    boolean hasCallbacks();

    /// Packets sent so far, or 0 if they cannot be counted.
    long packets();

    /// Which sockets these are, for the result.
    String variant();

    /// A buffer of the kind that these sockets use without a copy more than needed.
    default ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size);
    }
}
