package dev.millrace.link.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.linux.Errno;
import dev.millrace.spi.Link;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What opening does, and the errors where it cannot; nothing stays open then (as [VethPair#close] sees).
@Timeout(60)
class OpeningTest {
    private VethPair pair;

    @BeforeEach
    void open() throws Exception {
        pair = new VethPair();
    }

    @AfterEach
    void close() throws Exception {
        if (pair != null) {
            pair.close();
        }
    }

    @Test
    void interfaceThatIsNotThereIsATypedErrorWithTheNearestName() {
        PacketException e = assertThrows(PacketException.class, () -> pair.link("w0", Map.of()));
        assertEquals(Errno.ENODEV, e.errno());
        assertEquals("w0", e.device());
        assertTrue(e.getMessage().contains("did you mean v0? Valid are: lo, v0"), e.getMessage());
    }

    @Test
    void interfaceThatIsNoEthernetIsATypedError() throws Exception {
        pair.here.addDevice("t0", "tun");
        PacketException e = assertThrows(PacketException.class, () -> pair.link("t0", Map.of()));
        assertEquals(0, e.errno());
        assertTrue(e.getMessage().contains("t0: is no Ethernet interface (its hardware type is 65534)"), e.getMessage());
    }

    @Test
    void interfaceThatIsDownIsSetUp() throws Exception {
        pair.here.run("ip", "link", "set", "v0", "down").orFail();
        pair.link("v0", Map.of()).close();
        assertTrue(pair.here.run("ip", "link", "show", "v0").orFail().contains("UP"));
    }

    @Test
    void mtuMayBeLessThanTheInterfacesAndIsNotSet() throws Exception {
        Link link = pair.link(pair.here, "v0", Map.of(), 1280);
        assertEquals(1280, link.mtu());
        assertTrue(pair.here.run("ip", "link", "show", "v0").orFail().contains("mtu 1500"));
        PacketException e = assertThrows(PacketException.class, () -> pair.link(pair.here, "v0", Map.of(), 9000));
        assertTrue(e.getMessage().contains("has an MTU of 1500, and mtu = 9000 is wanted: sudo ip link set v0 mtu 9000"),
                e.getMessage());
    }

    @Test
    void ringThatIsTooLargeIsDoneWithout() throws Exception {
        // 4 GiB: more than the kernel finds, or than a ring may have.
        PacketLink link = (PacketLink) pair.link("v0",
                Map.of("ring-block-size", "4MiB", "ring-blocks", "1024", "buffer", "64KiB"));
        assertTrue(Way.SOCKET.isTakenBy(link) || Way.SLOTS.isTakenBy(link), "as the kernel has memory");
    }

    @Test
    void loopbackInterfaceIsTaken() throws Exception {
        assertEquals(65536, pair.link("lo", Map.of()).mtu());
    }
}
