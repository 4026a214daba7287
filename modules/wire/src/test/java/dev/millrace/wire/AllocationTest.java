package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/// Parsing allocates nothing, least of all when the bytes are wrong: who sends rubbish makes no work for the collector.
class AllocationTest {
    private static final int PACKETS = 64;
    private static final int LENGTH = 120;
    private static final int PASSES = 2000;
    private static final long LINK_LOCAL = 0xfe80L << 48;

    private final TcpOptionReader options = new TcpOptionReader();
    private final NdpOptions ndpOptions = new NdpOptions();
    private final GroupRecords records = new GroupRecords();
    private final OptionCursor cursor = new OptionCursor();
    private final MemorySegment m = Arena.ofAuto().allocate(PACKETS * LENGTH);

    private int parseAll() {
        int errors = 0;
        for (int i = 0; i < PACKETS; i++) {
            long at = (long) i * LENGTH;
            WireError v4 = Ipv4Header.check(m, at, LENGTH);
            if (v4 == WireError.NONE) {
                errors += Ipv4Header.checksumIsRight(m, at) ? 0 : 1;
                for (cursor.overIpv4(m, at); cursor.next(); ) {
                    errors += cursor.kind() == 131 ? 1 : 0;
                }
            }
            WireError v6 = Ipv6Header.check(m, at, LENGTH);
            cursor.overIpv6(m, at, LENGTH);
            while (cursor.next()) {
                errors += cursor.ipv6ActionIfUnknown();
            }
            WireError tcp = TcpHeader.check(m, at, LENGTH);
            WireError read = tcp == WireError.NONE ? options.read(m, at) : tcp;
            errors += v4.ordinal() + v6.ordinal() + read.ordinal() + UdpHeader.check(m, at, LENGTH).ordinal();
        }
        return errors;
    }

    /// The same bytes as frames and as the messages in them.
    private int parseNetwork() {
        int errors = 0;
        for (int i = 0; i < PACKETS; i++) {
            long at = (long) i * LENGTH;
            long found = VlanTag.walk(m, at, LENGTH);
            errors += VlanTag.error(found).ordinal() + EthernetHeader.check(m, at, LENGTH).ordinal();
            errors += ArpPacket.check(m, at + 14, LENGTH - 14).ordinal() + VxlanHeader.check(m, at, LENGTH).ordinal();
            errors += IgmpMessage.check(m, at, LENGTH).ordinal();
            errors += MldMessage.check(m, at, LENGTH, 1, LINK_LOCAL, 1).ordinal();
            errors += NdpMessage.check(m, at, LENGTH, 255, LINK_LOCAL, 1, LINK_LOCAL, 2).ordinal();
            if (NdpMessage.isNdp(IcmpHeader.type(m, at))) {
                for (ndpOptions.over(m, at, LENGTH); ndpOptions.next(); ) {
                    errors += ndpOptions.length();
                }
            }
            for (records.overIgmp(m, at, LENGTH); records.next(); ) {
                errors += records.sourceCount();
            }
            for (records.overMld(m, at, LENGTH); records.next(); ) {
                errors += (int) records.groupLo();
            }
            errors += (int) MacAddress.ofGroup(0, at) + (int) MacAddress.interfaceIdentifier(at);
        }
        return errors;
    }

    @Test
    void parsingAllocatesNothing() {
        fillWithRandomBytes();
        for (int i = 0; i < PACKETS; i++) {
            BigEndian.put8(m, (long) i * LENGTH, i % 2 == 0 ? 0x40 | 5 + i % 11 : 0x60);
            BigEndian.put16(m, (long) i * LENGTH + 2, 100);
        }
        allocatesNothing(this::parseAll);
    }

    @Test
    void parsingFramesAllocatesNothing() {
        fillWithRandomBytes();
        List<NetworkSamples.Sample> samples = NetworkSamples.all();
        for (int i = 0; i < PACKETS / 2; i++) {
            byte[] message = samples.get(i % samples.size()).message();
            MemorySegment.copy(MemorySegment.ofArray(message), 0, m, (long) i * LENGTH, Math.min(LENGTH, message.length));
        }
        allocatesNothing(this::parseNetwork);
    }

    private void fillWithRandomBytes() {
        var random = new Random(11);
        for (int i = 0; i < PACKETS * LENGTH; i++) {
            BigEndian.put8(m, i, random.nextInt());
        }
    }

    private static void allocatesNothing(IntSupplier parser) {
        long best = Long.MAX_VALUE;
        int errors = 0;
        // The compiler works beside us and the first passes allocate in the interpreter: the best of several counts.
        for (int round = 0; round < 20 && best > 0; round++) {
            long before = allocated();
            for (int i = 0; i < PASSES; i++) {
                errors |= parser.getAsInt();
            }
            best = Math.min(best, allocated() - before);
        }
        assertTrue(errors != 0);
        assertTrue(best < PASSES, best + " bytes in " + PASSES * PACKETS + " packets");
    }

    private static long allocated() {
        return ALLOCATED.getAsLong();
    }

    /// By reflection, since this module requires `java.base` alone and its tests run inside it.
    private static final java.util.function.LongSupplier ALLOCATED = allocatedBytes();

    private static java.util.function.LongSupplier allocatedBytes() {
        try {
            Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
            Object bean = factory.getMethod("getThreadMXBean").invoke(null);
            var method = Class.forName("com.sun.management.ThreadMXBean").getMethod("getThreadAllocatedBytes", long.class);
            long thread = Thread.currentThread().threadId();
            return () -> {
                try {
                    return (long) method.invoke(bean, thread);
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            };
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
