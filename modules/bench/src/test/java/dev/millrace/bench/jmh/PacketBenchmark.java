package dev.millrace.bench.jmh;

import dev.millrace.wire.buffer.Packet;
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
import org.openjdk.jmh.annotations.Warmup;

/// Packets taken from their pool and given back, one at a time and in bursts longer than a stripe's batch.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PacketBenchmark {
    /// Room for payload in bytes: one of each size of buffer.
    @Param({"100", "1500", "65000"})
    public int capacity;

    /// Packets held at once.
    @Param({"1", "64"})
    public int burst;

    private Packet[] held;

    /// Has a place for a burst.
    @Setup
    public void make() {
        held = new Packet[burst];
    }

    /// A burst taken and given back; the time is that of the whole burst.
    @Benchmark
    public void takeAndGive() {
        for (int i = 0; i < held.length; i++) {
            held[i] = Packet.allocate(Packet.HEADROOM, capacity);
        }
        for (Packet p : held) {
            p.release();
        }
    }
}
