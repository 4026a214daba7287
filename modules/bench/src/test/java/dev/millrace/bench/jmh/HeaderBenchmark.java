package dev.millrace.bench.jmh;

import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.WireError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// IPv4 and TCP headers, written and read in place.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeaderBenchmark {
    private static final int IP = 64;
    private static final int TCP = IP + Ipv4Header.MIN_LENGTH;

    private MemorySegment memory;
    private int next;

    /// Has headers to read.
    @Setup
    public void fill() {
        memory = Arena.global().allocate(2048, 64);
        writeIpv4();
        writeTcp();
    }

    /// Checks, verifies the checksum and reads seven fields.
    @Benchmark
    public int readIpv4() {
        MemorySegment m = memory;
        if (Ipv4Header.check(m, IP, 1500) != WireError.NONE || !Ipv4Header.checksumIsRight(m, IP)) {
            throw new IllegalStateException("the header is wrong");
        }
        return Ipv4Header.headerLength(m, IP) ^ Ipv4Header.totalLength(m, IP) ^ Ipv4Header.trafficClass(m, IP)
                ^ Ipv4Header.ttl(m, IP) ^ Ipv4Header.protocol(m, IP) ^ Ipv4Header.source(m, IP)
                ^ Ipv4Header.destination(m, IP);
    }

    /// Writes a header with its checksum.
    @Benchmark
    public MemorySegment writeIpv4() {
        Ipv4Header.write(memory, IP, 0, 1500, ++next, Ipv4Header.DONT_FRAGMENT, 64, 6, 0x0a070001, 0x0a070002);
        return memory;
    }

    /// Lowers the time to live as a router does, and repairs the checksum (RFC 1624).
    @Benchmark
    public MemorySegment setTtl() {
        Ipv4Header.setTtl(memory, IP, ++next & 0xff);
        return memory;
    }

    /// Checks and reads seven fields.
    @Benchmark
    public int readTcp() {
        MemorySegment m = memory;
        if (TcpHeader.check(m, TCP, 1480) != WireError.NONE) {
            throw new IllegalStateException("the header is wrong");
        }
        return TcpHeader.sourcePort(m, TCP) ^ TcpHeader.destinationPort(m, TCP) ^ TcpHeader.sequence(m, TCP)
                ^ TcpHeader.acknowledgment(m, TCP) ^ TcpHeader.headerLength(m, TCP) ^ TcpHeader.flags(m, TCP)
                ^ TcpHeader.window(m, TCP);
    }

    /// Writes a header, its checksum still to come.
    @Benchmark
    public MemorySegment writeTcp() {
        TcpHeader.write(memory, TCP, 49152, 8080, ++next, next, 20, TcpHeader.ACK, 0xffff, 0);
        return memory;
    }
}
