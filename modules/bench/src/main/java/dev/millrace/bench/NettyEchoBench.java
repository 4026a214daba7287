package dev.millrace.bench;

import dev.millrace.Stack;
import dev.millrace.jdk.StackSockets;
import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.util.LinkedHashMap;
import java.util.Map;

/// Netty's NIO transport, an echo server and clients that ask again when they have their answer, over the loopback of a stack of ours and
/// over the kernel's, by turns in one process. One thread each for server and clients. One thread may use it.
public final class NettyEchoBench implements AutoCloseable {
    private final int connections;
    private final int bytes;
    private final double seconds;
    private final double warmupSeconds;
    private final Stack stack;
    private final NettyEcho ours;
    private final NettyEcho kernels;
    private int pairs;

    /// Opens both, with all connections.
    ///
    /// @param connections with one message under way on each
    /// @param bytes of a message
    /// @param seconds that each of both is measured for in a pair
    /// @param warmupSeconds that each of both runs before the first
    /// @throws IOException if a connection fails
    public NettyEchoBench(int connections, int bytes, double seconds, double warmupSeconds) throws IOException, InterruptedException {
        if (connections < 1 || bytes < 1 || !(seconds > 0) || !(warmupSeconds >= 0)) {
            throw new IllegalArgumentException("connections, bytes and seconds must be more than 0, the warm-up 0 or more");
        }
        this.connections = connections;
        this.bytes = bytes;
        this.seconds = seconds;
        this.warmupSeconds = warmupSeconds;
        stack = Stack.builder().name("bench").nic("nic", "loopback:", "10.7.0.2/24").option("stack", "memory", "2GiB").open();
        NettyEcho opened = null;
        try {
            opened = new NettyEcho(StackSockets.of(stack).selectorProvider(), "10.7.0.2", connections, bytes);
            kernels = new NettyEcho(SelectorProvider.provider(), "127.0.0.1", connections, bytes);
            ours = opened;
        } catch (Throwable t) {
            try (stack) {
                if (opened != null) {
                    opened.close();
                }
            }
            throw t;
        }
    }

    /// Measures both, one after the other; who comes first changes from pair to pair.
    ///
    /// @throws IOException if a connection fails
    public BenchResult pair() throws IOException, InterruptedException {
        if (pairs == 0) {
            ours.run(warmupSeconds);
            kernels.run(warmupSeconds);
        }
        boolean oursFirst = pairs++ % 2 == 0;
        Latencies first = (oursFirst ? ours : kernels).run(seconds);
        Latencies second = (oursFirst ? kernels : ours).run(seconds);
        Latencies own = oursFirst ? first : second;
        Latencies other = oursFirst ? second : first;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("work", "netty-echo");
        figures.put("connections", connections);
        figures.put("bytes", bytes);
        figures.put("seconds", seconds);
        figures.put("ratio", (double) own.count() / Math.max(1, other.count()));
        figures.put("millrace_per_s", own.count() / seconds);
        figures.put("kernel_per_s", other.count() / seconds);
        figures.put("millrace_p50_us", own.percentile(0.5) / 1000);
        figures.put("kernel_p50_us", other.percentile(0.5) / 1000);
        figures.put("millrace_p99_us", own.percentile(0.99) / 1000);
        figures.put("kernel_p99_us", other.percentile(0.99) / 1000);
        return new BenchResult(figures);
    }

    @Override
    public void close() {
        try (stack) {
            ours.close();
            kernels.close();
        }
    }
}
