package dev.millrace;

import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// What to capture, and to where.
///
/// @param target where to
/// @param nics the NICs' names; empty means all
/// @param snapLength the bytes to keep of each packet; 0 means all
/// @param bufferPackets how many packets may wait to be written, at least 1
public record CaptureRequest(Target target, List<String> nics, int snapLength, int bufferPackets) {
    /// Copies the list.
    public CaptureRequest {
        nics = List.copyOf(nics);
        if (snapLength < 0 || bufferPackets < 1) {
            throw new IllegalArgumentException("snapLength " + snapLength + ", bufferPackets " + bufferPackets);
        }
    }

    /// Everything on all NICs into a pcapng file.
    public static CaptureRequest file(Path path) {
        return new CaptureRequest(new File(path), List.of(), 0, 4096);
    }

    /// Everything on all NICs as pcapng to whoever connects, as `wireshark -k -i TCP@127.0.0.1:19000` does.
    public static CaptureRequest listen(InetSocketAddress address) {
        return new CaptureRequest(new Listen(address), List.of(), 0, 4096);
    }

    /// Everything on all NICs, one line of text a packet.
    public static CaptureRequest lines(Consumer<String> lines) {
        return new CaptureRequest(new Lines(lines), List.of(), 0, 4096);
    }

    /// Where a capture goes.
    public sealed interface Target {
    }

    /// A pcapng file, replaced if it exists.
    ///
    /// @param path the file
    public record File(Path path) implements Target {
    }

    /// A pcapng stream; the capture closes it.
    ///
    /// @param stream the stream
    public record Stream(OutputStream stream) implements Target {
    }

    /// A port of the host's kernel on which each client that connects gets a pcapng stream from then on.
    ///
    /// @param address where to listen
    public record Listen(InetSocketAddress address) implements Target {
    }

    /// A consumer of text lines, called on the capture's own thread.
    ///
    /// @param lines the consumer
    /// @param timestamps whether each line begins with the time (UTC, ISO 8601, nanoseconds)
    public record Lines(Consumer<String> lines, boolean timestamps) implements Target {
        /// Lines without time stamps.
        public Lines(Consumer<String> lines) {
            this(lines, false);
        }
    }
}
