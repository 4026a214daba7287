package dev.millrace.internet;

import dev.millrace.wire.pcap.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Consumer;

/// A running capture or log of an [Internet]; it ends when this is closed, or the Internet is.
public final class NetworkRecording implements Closeable {
    private final Fabric fabric;
    private final NetworkObserver observer;
    private final NetworkCapture capture;
    private IOException failure;
    private boolean closed;

    private NetworkRecording(Fabric fabric, NetworkObserver observer, NetworkCapture capture, Collection<Host> hosts) {
        this.fabric = fabric;
        this.observer = observer;
        this.capture = capture;
        fabric.clockwork().now(() -> {
            hosts.forEach(observer::host);
            fabric.observe(observer);
        });
        fabric.onClose(this::end);
    }

    static NetworkRecording toFile(Fabric fabric, Path file, Collection<Host> hosts) throws IOException {
        var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
        var capture = new NetworkCapture(fabric.clockwork(), new PcapngWriter(out, "Millrace, a simulated Internet"));
        return new NetworkRecording(fabric, capture, capture, hosts);
    }

    static NetworkRecording toLines(Fabric fabric, Consumer<String> lines, boolean contents, Collection<Host> hosts) {
        return new NetworkRecording(fabric, new NetworkLog(fabric.clockwork(), lines, contents), null, hosts);
    }

    private void end() {
        fabric.clockwork().now(() -> {
            if (!closed) {
                closed = true;
                fabric.unobserve(observer);
                try {
                    if (capture != null) {
                        capture.close();
                    }
                } catch (IOException e) {
                    failure = e;
                }
            }
        });
    }

    /// Makes sure that all that was recorded is in the file.
    ///
    /// @throws IOException if the file fails
    public void flush() throws IOException {
        var failed = new IOException[1];
        fabric.clockwork().now(() -> {
            try {
                if (capture != null && !closed) {
                    capture.flush();
                }
            } catch (IOException e) {
                failed[0] = e;
            }
        });
        if (failed[0] != null) {
            throw failed[0];
        }
    }

    /// Ends it. Further calls do nothing.
    ///
    /// @throws IOException if the file failed, now or earlier
    @Override
    public void close() throws IOException {
        end();
        if (failure != null) {
            throw failure;
        }
    }
}
