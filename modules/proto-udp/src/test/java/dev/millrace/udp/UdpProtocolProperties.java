package dev.millrace.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.TransportContext;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// What UDP does with datagrams for which there is no socket, whatever they look like.
class UdpProtocolProperties {
    private final List<DropReason> drops = new ArrayList<>();
    private int rejected;

    /// A stack without sockets: only what a datagram on its way to nobody meets.
    private UdpProtocol protocol() {
        EndpointTable<?> empty = (EndpointTable<?>) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {EndpointTable.class}, (_, _, _) -> null);
        Counters counters = _ -> new Counters.Counter() {
            @Override
            public void add(long n) {
            }

            @Override
            public long value() {
                return 0;
            }
        };
        var ctx = (TransportContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {TransportContext.class}, (_, method, args) -> switch (method.getName()) {
                    case "newEndpointTable" -> empty;
                    case "counters" -> counters;
                    case "reject" -> {
                        rejected++;
                        yield null;
                    }
                    case "drop" -> {
                        drops.add((DropReason) args[1]);
                        ((Packet) args[0]).release();
                        yield null;
                    }
                    default -> throw new AssertionError("not expected: " + method);
                });
        return new UdpProtocol(ctx, 10_000);
    }

    private static Packet packet(byte[] bytes, boolean v4) {
        Packet p = Packet.copyOf(bytes);
        long hi = v4 ? 0 : 0xfd00L << 48;
        p.setAddresses(hi, v4 ? IpAddress.lowBitsOfV4(0x0a000001) : 1, hi, v4 ? IpAddress.lowBitsOfV4(0x0a000002) : 2);
        return p;
    }

    @Property(tries = 1000)
    void anyBytesEndInOneDrop(@ForAll @Size(max = 60) byte[] bytes, @ForAll boolean v4) {
        long before = Leaks.packets();
        protocol().receive(packet(bytes, v4));
        assertEquals(1, drops.size());
        assertEquals(before, Leaks.packets());
        drops.clear();
    }

    private static byte[] datagram(int length, boolean v4, boolean checksum) {
        byte[] b = new byte[length];
        MemorySegment m = MemorySegment.ofArray(b);
        UdpHeader.write(m, 0, 5, 6, length);
        if (checksum) {
            Packet p = packet(b, v4);
            UdpHeader.setChecksum(m, 0, Checksum.finish(Checksum.sum(m, 0, length) + Checksum.pseudoHeader(
                    p.sourceHi(), p.sourceLo(), p.destinationHi(), p.destinationLo(), 17, length)));
            p.release();
        }
        return b;
    }

    @Requirement("RFC8200:8.1")
    @Requirement("RFC1122:4.1.3.4")
    @Property(tries = 50)
    void withoutAChecksumOnlyOverIpv4(@ForAll @IntRange(min = 8, max = 64) int length, @ForAll boolean v4) {
        protocol().receive(packet(datagram(length, v4, false), v4));
        assertEquals(List.of(v4 ? DropReason.NO_SOCKET : DropReason.BAD_CHECKSUM), drops);
        drops.clear();
    }

    @Requirement("RFC768:checksum")
    @Requirement("RFC1122:4.1.3.4")
    @Property(tries = 200)
    void checksumsAreVerifiedInEveryBit(@ForAll @IntRange(min = 8, max = 64) int length, @ForAll boolean v4,
            @ForAll @IntRange(max = 511) int bit) {
        byte[] b = datagram(length, v4, true);
        protocol().receive(packet(b, v4));
        assertEquals(List.of(DropReason.NO_SOCKET), drops);
        b[bit / 8 % length] ^= (byte) (1 << bit % 8);
        protocol().receive(packet(b, v4));
        assertTrue(drops.getLast() == DropReason.BAD_CHECKSUM || drops.getLast() == DropReason.BAD_TRANSPORT_HEADER
                || UdpHeader.checksum(MemorySegment.ofArray(b), 0) == 0, drops.toString());
        drops.clear();
    }

    @Example
    void noChecksumIsForIpv4Only() {
        protocol().receive(packet(datagram(20, true, false), true));
        protocol().receive(packet(datagram(20, false, false), false));
        assertEquals(List.of(DropReason.NO_SOCKET, DropReason.BAD_CHECKSUM), drops);
        assertEquals(1, rejected, "only a good datagram is answered");
    }

    @Example
    void errorsAboutNobodyAreIgnored() {
        for (int n = 0; n < 12; n++) {
            protocol().onError(new IcmpError(IcmpError.Kind.PORT_UNREACHABLE, 17, IpAddress.ANY_V4, IpAddress.BROADCAST, new byte[n], 0,
                    IpAddress.BROADCAST));
        }
        assertTrue(drops.isEmpty());
    }
}
