package dev.millrace.bench;

import java.net.InetAddress;

/// What to measure against the services of another process.
///
/// @param work `STREAM`, `RR`, `UDP_RR` or `CONNECT`
/// @param direction where the data of `STREAM` goes
/// @param peer where the services are: TCP 5001 sink, 5002 source, 5003 echo, 5004 accept-read-close, UDP 5003 echo
/// @param seconds how long to measure, above 0, at most a day
/// @param warmupSeconds how long to run before measuring, 0 to a day
/// @param chunk the bytes of one write or read of `STREAM`, above 0
/// @param drive what the end that is ours runs on
public record PeerOptions(
        Work work, Direction direction, InetAddress peer, double seconds, double warmupSeconds, int chunk, Drive drive) {
    /// The port of the service that reads and throws away.
    public static final int SINK = 5001;
    /// The port of the service that writes without end.
    public static final int SOURCE = 5002;
    /// The port of the service that sends back, of TCP and of UDP.
    public static final int ECHO = 5003;
    /// The port of the service that accepts, reads once and closes.
    public static final int ACCEPT = 5004;

    /// Where the data of a stream goes.
    public enum Direction {
        /// From the peer to us.
        IN,
        /// From us to the peer.
        OUT
    }

    /// What our end runs on.
    public enum Drive {
        /// A platform thread that blocks.
        PLATFORM,
        /// A virtual thread that blocks.
        VIRTUAL,
        /// Readiness callbacks on the link's own thread; `RR` over a stack of ours only.
        CALLBACK,
        /// All that there are, one after the other, and the best counts.
        BEST
    }

    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if one is left; the message says which
    public PeerOptions {
        asBenchOptions(work, seconds, warmupSeconds, chunk, Drive.PLATFORM);
        if (work == Work.IDLE || work == Work.UDP_FLOOD) {
            throw new IllegalArgumentException(work.label() + " has no use for a peer");
        }
    }

    /// The same for [Ends], with a thread for each end.
    BenchOptions asBenchOptions() {
        return asBenchOptions(work, seconds, warmupSeconds, chunk, drive);
    }

    private static BenchOptions asBenchOptions(Work work, double seconds, double warmup, int chunk, Drive drive) {
        return new BenchOptions(work, "peer", 0, seconds, warmup, chunk, 1,
                drive == Drive.VIRTUAL ? BenchOptions.Threads.VIRTUAL : BenchOptions.Threads.PLATFORM);
    }
}
