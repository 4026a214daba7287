package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Path;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// In the steady state a packet allocates nothing, neither on its way out nor on its way in.
///
/// Where a checksum is summed, one slice of memory is let pass: without assertions the compiler makes no object of it
/// (0 bytes measured), with them, as tests run, it does.
class AllocationTest {
    private static final int SLICE = 40;
    private static final long PATIENCE_NS = 5_000_000_000L;
    private static final int MEASURED = 20_000;

    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    /// By reflection, since the module under test does not read `jdk.management`.
    private static long allocatedBytes() {
        try {
            Object bean = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
            return (long) Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes")
                    .invoke(bean);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private void requireAllocationOf(int allowed, Runnable step) {
        long perPacket = Long.MAX_VALUE;
        // Until the compiler has done its work, slices of memory are objects.
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (perPacket > allowed && System.nanoTime() - deadline < 0) {
            long before = allocatedBytes();
            for (int i = 0; i < MEASURED; i++) {
                step.run();
            }
            perPacket = (allocatedBytes() - before) / MEASURED;
        }
        assertTrue(perPacket <= allowed, perPacket + " bytes a packet");
    }

    @ParameterizedTest
    @CsvSource({"4,true", "4,false", "6,true", "6,false"})
    void sendingAllocatesNothing(int version, boolean checksum) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of());
        bench.nic.setRecording(false);
        Path path = bench.path(17);
        var list = new PacketList();
        requireAllocationOf(checksum ? SLICE : 0, () -> {
            Packet p = Packet.allocate(Packet.HEADROOM, 1000);
            p.append(1000);
            if (checksum) {
                p.wantChecksum(0, 6);
            }
            list.add(p);
            path.send(list, 0, 0);
        });
    }

    @ParameterizedTest
    @CsvSource({"4,ON_WIRE", "4,VOUCHED", "6,ON_WIRE"})
    void receivingAllocatesNothing(int version, Packet.Checksumming state) {
        var bench = new IpBench(version, new FakeNic(1500), Map.of());
        bench.network.setRecording(false);
        byte[] bytes = bench.fromPeer().udp(1, 2, new byte[1000]);
        MemorySegment frame = MemorySegment.ofArray(bytes);
        requireAllocationOf(version == 4 && state == Packet.Checksumming.ON_WIRE ? SLICE : 0, () -> {
            Packet p = Packet.allocate(Packet.HEADROOM, bytes.length);
            MemorySegment.copy(frame, 0, p.memory(), p.append(bytes.length), bytes.length);
            p.setChecksumming(state);
            bench.ip.receive(bench.nic, p);
        });
    }
}
