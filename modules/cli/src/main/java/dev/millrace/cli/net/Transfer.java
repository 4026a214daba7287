package dev.millrace.cli.net;

import dev.millrace.TcpSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.StandardSocketOptions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// What happens on one TCP connection: an echo, or something sent while something is received, until both ends have ended and
/// all is acknowledged. Both directions are counted.
final class Transfer {
    private static final int CHUNK = 128 * 1024;
    private static final int LINGER_SECONDS = 30;

    private final TcpSocket socket;
    private final Tally sent = new Tally();
    private final Tally received = new Tally();
    private final Progress progress;
    private final long begunNs = System.nanoTime();
    private long elapsedNs;

    Transfer(TcpSocket socket, Progress progress) {
        this.socket = socket;
        this.progress = progress;
    }

    /// Sends back what comes until it ends.
    ///
    /// @param sink also gets it; `null` for nobody
    void echo(OutputStream sink) throws IOException {
        byte[] buffer = new byte[CHUNK];
        int n;
        while ((n = socket.read(buffer, 0, buffer.length)) >= 0) {
            received.add(buffer, 0, n);
            if (sink != null) {
                sink.write(buffer, 0, n);
            }
            socket.write(buffer, 0, n);
            sent.add(buffer, 0, n);
            progress.show(sent.bytes(), received.bytes());
        }
        socket.shutdownOutput();
        closeWhenAcknowledged();
        end();
    }

    /// The stack is closed soon, and with it whatever still waits to be sent.
    private void closeWhenAcknowledged() throws IOException {
        socket.setOption(StandardSocketOptions.SO_LINGER, LINGER_SECONDS);
        socket.close();
    }

    /// Sends all of `source` and says that this is all, while everything is received until the peer says so.
    ///
    /// @param source `null` to send nothing
    /// @param sink where to what is received goes; `null` for nowhere
    void exchange(InputStream source, OutputStream sink) throws IOException {
        var sending = new CompletableFuture<Void>();
        Thread sender = Thread.ofVirtual().name("millrace-send").start(() -> {
            try {
                send(source);
                sending.complete(null);
            } catch (Throwable t) {
                sending.completeExceptionally(t);
            }
        });
        try {
            receive(sink);
            if (source == System.in) {
                // Nobody can be woken who waits for a person; the peer has ended, and so does this.
                sending.complete(null);
            }
            sending.get();
            closeWhenAcknowledged();
        } catch (InterruptedException e) {
            sender.interrupt();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            end();
        }
    }

    private void send(InputStream source) throws IOException {
        if (source != null) {
            byte[] buffer = new byte[CHUNK];
            int n;
            while ((n = source.read(buffer)) >= 0) {
                socket.write(buffer, 0, n);
                sent.add(buffer, 0, n);
                progress.show(sent.bytes(), received.bytes());
            }
        }
        socket.shutdownOutput();
    }

    private void receive(OutputStream sink) throws IOException {
        byte[] buffer = new byte[CHUNK];
        int n;
        while ((n = socket.read(buffer, 0, buffer.length)) >= 0) {
            received.add(buffer, 0, n);
            if (sink != null) {
                sink.write(buffer, 0, n);
                // A print stream says nothing by itself.
                if (sink instanceof PrintStream shown && shown.checkError()) {
                    throw new IOException("nobody reads what comes any more");
                }
            }
            progress.show(sent.bytes(), received.bytes());
        }
        if (sink != null) {
            sink.flush();
        }
    }

    private void end() {
        elapsedNs = System.nanoTime() - begunNs;
        progress.end();
    }

    Tally sent() {
        return sent;
    }

    Tally received() {
        return received;
    }

    /// How long it took, in nanoseconds.
    long elapsedNs() {
        return elapsedNs;
    }
}
