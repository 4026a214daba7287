package dev.millrace.bench.jmh;

import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Two TCP engines over a wire, both ends on this one thread: two stepped stacks whose virtual NICs are joined, so that
/// nothing waits for a thread and what is left is the work. Checksums are computed and verified.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class EnginePairBenchmark {
    private static final long STEP_NS = 1000;

    /// The wire's MTU in bytes.
    @Param({"1500", "65535"})
    public int mtu;

    /// The bytes of one message.
    @Param({"1", "1448", "65536"})
    public int message;

    private ManualStack clients;
    private ManualStack servers;
    private TcpSocket client;
    private TcpSocket server;
    private ByteBuffer out;
    private ByteBuffer in;
    private long nowNs;

    /// Connects.
    @Setup
    public void connect() throws IOException {
        var a = new Vnic(mtu);
        var b = new Vnic(mtu);
        Vnic.connect(a, b);
        clients = Stack.builder().nic("nic", a, nic -> nic.address("10.7.0.1/24")).manual(1);
        servers = Stack.builder().nic("nic", b, nic -> nic.address("10.7.0.2/24")).manual(2);
        TcpListener listener = servers.tcp().listen(8080);
        client = clients.tcp().open();
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        client.startConnect(new InetSocketAddress("10.7.0.2", 8080));
        for (int i = 0; i < 1000 && (server == null || !client.finishConnect()); i++) {
            step();
            server = server == null ? listener.tryAccept() : server;
        }
        server.setOption(StandardSocketOptions.TCP_NODELAY, true);
        out = ByteBuffer.allocateDirect(message);
        in = ByteBuffer.allocateDirect(message);
    }

    /// Closes.
    @TearDown
    public void close() {
        clients.close();
        servers.close();
    }

    /// One message from the client's program to the server's.
    @Benchmark
    public int oneWay() throws IOException {
        return send(client, server);
    }

    /// One message to and fro.
    @Benchmark
    public int roundTrip() throws IOException {
        return send(client, server) + send(server, client);
    }

    private int send(TcpSocket from, TcpSocket to) throws IOException {
        out.clear();
        in.clear();
        for (int i = 0; in.hasRemaining(); i++) {
            if (i == 100_000) {
                throw new IOException(in.remaining() + " of " + message + " bytes do not arrive");
            }
            if (out.hasRemaining()) {
                from.tryWrite(out);
            }
            to.tryRead(in);
            if (in.hasRemaining()) {
                step();
            }
        }
        step();
        return in.position();
    }

    private void step() {
        nowNs += STEP_NS;
        clients.step(nowNs);
        servers.step(nowNs);
    }
}
