package dev.millrace.cli.services;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/// A port of TCP with what is done to each connection. One thread accepts, and each connection has one of its own; when
/// there are as many as allowed, nothing is accepted and the listener's backlog decides.
final class TcpService {
    /// What is done to a connection; [TcpService] closes it afterwards.
    enum Work {
        /// Reads and throws away.
        SINK(262_144),
        /// Writes until the peer goes.
        SOURCE(262_144),
        /// Writes what it reads.
        ECHO(262_144),
        /// Reads once, whatever comes, and closes.
        ACCEPT_READ_CLOSE(16_384);

        /// The size of a connection's buffer. With 256 KiB a call of the socket costs little beside its copying.
        private final int bufferBytes;

        Work(int bufferBytes) {
            this.bufferBytes = bufferBytes;
        }
    }

    private final String name;
    private final Work work;
    private final TcpListener listener;
    private final ThreadKind threads;
    private final Semaphore free;
    /// Buffers that no connection uses; never more than connections there may be.
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();
    private final Figures figures = new Figures();

    /// Listens and begins to accept.
    ///
    /// @param connections how many there may be at once
    TcpService(Stack stack, int port, Work work, int connections, ThreadKind threads) throws IOException {
        name = work.name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.work = work;
        this.threads = threads;
        free = new Semaphore(connections);
        listener = stack.tcp().listen(new InetSocketAddress(port), Math.max(1024, connections));
        threads.start(name, this::accept);
    }

    String name() {
        return name;
    }

    int port() {
        return listener.localAddress().getPort();
    }

    Figures figures() {
        return figures;
    }

    private void accept() {
        try {
            while (true) {
                free.acquire();
                TcpSocket socket = listener.accept();
                figures.connections.increment();
                threads.start(name + "-connection", () -> serve(socket));
            }
        } catch (ClosedChannelException e) {
            // The services are over.
        } catch (IOException e) {
            // As above: a listener fails only when its stack goes.
            figures.failed.increment();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(TcpSocket socket) {
        ByteBuffer buffer = buffers.poll();
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(work.bufferBytes);
        }
        try (socket) {
            switch (work) {
                case SINK -> sink(socket, buffer);
                case SOURCE -> source(socket, buffer);
                case ECHO -> echo(socket, buffer);
                case ACCEPT_READ_CLOSE -> readOnce(socket, buffer);
            }
        } catch (IOException e) {
            // The source's peers always go like this; of the others it is worth a number.
            if (work != Work.SOURCE) {
                figures.failed.increment();
            }
        } finally {
            buffers.add(buffer);
            free.release();
        }
    }

    private void sink(TcpSocket socket, ByteBuffer buffer) throws IOException {
        while (read(socket, buffer) >= 0) {
            // Thrown away.
        }
    }

    private void source(TcpSocket socket, ByteBuffer buffer) throws IOException {
        while (true) {
            figures.sent.add(socket.write(buffer.clear()));
        }
    }

    private void echo(TcpSocket socket, ByteBuffer buffer) throws IOException {
        while (read(socket, buffer) >= 0) {
            figures.sent.add(socket.write(buffer.flip()));
        }
    }

    private void readOnce(TcpSocket socket, ByteBuffer buffer) throws IOException {
        read(socket, buffer);
    }

    private int read(TcpSocket socket, ByteBuffer buffer) throws IOException {
        int n = socket.read(buffer.clear());
        if (n > 0) {
            figures.received.add(n);
        }
        return n;
    }
}
