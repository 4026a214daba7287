package dev.millrace.link.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The loopback link gives back what it gets, and after its end drops it.
class LoopbackTest {
    private int delivered;
    private DropReason dropped;

    private final Link.Sink sink = new Link.Sink() {
        @Override
        public void deliver(PacketList packets) {
            delivered += packets.size();
            packets.releaseAll();
        }

        @Override
        public void drop(Packet packet, DropReason reason) {
            dropped = reason;
            packet.release();
        }

        @Override
        public void stateChanged(boolean up, String reason) {
        }

        @Override
        public void mtuChanged(int mtu) {
        }
    };

    private static Link open(int mtu, Map<String, String> options) throws Exception {
        var driver = new LoopbackDriver();
        return driver.open(new LinkDriver.Request("lo", "", mtu, OptionValues.check("nic", driver.options(), options)));
    }

    @Test
    void comesBackUntilItIsClosed() throws Exception {
        long before = Leaks.packets();
        Link link = open(0, Map.of());
        var list = new PacketList();
        list.add(Packet.copyOf(new byte[10]));
        link.transmit(list);
        assertEquals(before, Leaks.packets(), "nobody attached: released");
        link.attach(sink);
        assertThrows(IllegalStateException.class, () -> link.attach(sink));
        list.add(Packet.copyOf(new byte[10]));
        list.add(Packet.copyOf(new byte[10]));
        link.transmit(list);
        assertEquals(2, delivered);
        link.close();
        link.close();
        list.add(Packet.copyOf(new byte[10]));
        link.transmit(list);
        assertEquals(DropReason.LINK_CLOSED, dropped);
        assertEquals(before, Leaks.packets());
    }

    @Test
    void itsMtuAndChecksumsAreOptions() throws Exception {
        assertEquals(65536, open(0, Map.of()).mtu());
        assertEquals(1500, open(1500, Map.of()).mtu());
        assertTrue(open(0, Map.of()).vouchesForChecksums() && !open(0, Map.of("checksums", "true")).vouchesForChecksums());
        assertTrue(open(0, Map.of()).isLoopback());
    }
}
