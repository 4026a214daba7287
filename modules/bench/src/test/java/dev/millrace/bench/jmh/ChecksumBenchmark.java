package dev.millrace.bench.jmh;

import dev.millrace.wire.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

/// The Internet checksum over a small packet, an Ethernet segment and a super-segment, hot in the cache.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChecksumBenchmark {
    /// How many bytes.
    @Param({"64", "1460", "65160"})
    public int length;

    private MemorySegment memory;

    /// Fills the memory with bytes that are not all alike.
    @Setup
    public void fill() {
        memory = Arena.global().allocate(65536, 64);
        for (int i = 0; i < 65536; i++) {
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
        }
    }

    /// In full (RFC 1071).
    @Benchmark
    public int full() {
        return Checksum.finish(Checksum.sum(memory, 54, length));
    }

}
