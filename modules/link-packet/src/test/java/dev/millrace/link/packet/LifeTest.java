package dev.millrace.link.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.testkit.RecordingSink;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What befalls a link and its interface while it is open.
@Timeout(60)
class LifeTest {
    private final RecordingSink sink = new RecordingSink();
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

    private Link attached(Map<String, String> options) throws Exception {
        Link link = pair.link("v0", options);
        link.attach(sink);
        return link;
    }

    private void ping() throws Exception {
        pair.there.run("ping", "-c", "1", "-W", "1", "10.0.0.2");
    }

    /// A NIC that does something with each delivery before it takes it.
    private Link.Sink doing(Consumer<PacketList> first) {
        return new Link.Sink() {
            @Override
            public void deliver(PacketList packets) {
                first.accept(packets);
                sink.deliver(packets);
            }

            @Override
            public void drop(Packet packet, DropReason reason) {
                sink.drop(packet, reason);
            }

            @Override
            public void stateChanged(boolean up, String reason) {
                sink.stateChanged(up, reason);
            }

            @Override
            public void mtuChanged(int mtu) {
                sink.mtuChanged(mtu);
            }
        };
    }

    /// Whether the reader is once seen to use less than a tenth of a second of processor time in half a second: one that spins
    /// is not, where it gets a processor.
    private static boolean readerRests() throws Exception {
        for (int i = 0; i < 20; i++) {
            long before = readerTicks();
            Thread.sleep(500);
            if (readerTicks() - before < 10) {
                return true;
            }
        }
        return false;
    }

    /// The processor time that the reader has used, in hundredths of a second (proc(5): `utime` and `stime`).
    private static long readerTicks() throws Exception {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                String stat = Files.readString(task.resolve("stat"));
                if (stat.contains("(millrace-v0)")) {
                    String[] fields = stat.substring(stat.indexOf(')') + 2).split(" ");
                    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                }
            }
        }
        throw new AssertionError("there is no reader");
    }

    private String state() throws InterruptedException {
        return sink.states.poll(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void changesOfTheInterfaceAreTold(Way way) throws Exception {
        Link link = attached(way.with());
        pair.here.run("ip", "link", "set", "v0", "mtu", "1400").orFail();
        assertEquals(1400, sink.mtus.poll(10, TimeUnit.SECONDS));
        assertEquals(1400, link.mtu());
        pair.here.run("ip", "link", "set", "v0", "down").orFail();
        assertEquals("down: v0 was set down", state());
        VethPair.send(link, VethPair.udp(9));
        assertEquals(List.of(DropReason.LINK_CLOSED), sink.drops);
        assertTrue(readerRests(), "the reader spins while the interface is down");
        pair.here.run("ip", "link", "set", "v0", "address", "02:00:00:00:00:0a").orFail();
        pair.here.run("ip", "link", "set", "v0", "up").orFail();
        assertEquals("up: v0 was set up", state());
        sink.got.clear();
        ping();
        sink.await(g -> VethPair.isIcmp(g.bytes()));
        assertNull(sink.states.poll());
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void interfaceThatIsMadeAgainGoesOn(Way way) throws Exception {
        Link link = attached(way.with());
        for (int i = 0; i < 3; i++) {
            pair.here.run("ip", "link", "del", "v0").orFail();
            assertEquals("down: v0 was set down", state());
            assertEquals("down: v0 was removed", state());
            VethPair.send(link, VethPair.udp(9));
            assertEquals(DropReason.LINK_CLOSED, sink.drops.getLast());
            sink.got.clear();
            pair.connect();
            assertEquals("up: v0 was set up", state());
            ping();
            sink.await(g -> VethPair.isIcmp(g.bytes()));
            sink.awaitAnswer(g -> VethPair.isIcmp(g.bytes()) && g.bytes()[34] == 3, () -> VethPair.send(link, VethPair.udp(9)));
            assertTrue(pair.here.run("ip", "-d", "link", "show", "v0").orFail().contains("allmulti 1"));
        }
        assertEquals(3, sink.drops.size());
    }

    @Test
    void anotherInterfaceOfThatNameThatIsNoEthernetIsLeftAlone() throws Exception {
        Link link = attached(Map.of());
        pair.here.run("ip", "link", "del", "v0").orFail();
        assertEquals("down: v0 was set down", state());
        assertEquals("down: v0 was removed", state());
        pair.here.addDevice("v0", "tun", "10.0.0.9/24");
        pair.here.run("ip", "link", "del", "v0").orFail();
        pair.connect();
        assertEquals("up: v0 was set up", state());
        assertEquals(VethPair.OURS, ((PacketLink) link).hardwareAddress());
        ping();
        sink.await(g -> VethPair.isIcmp(g.bytes()));
        assertNull(sink.states.poll(), "nothing was told of the one between");
    }

    @Test
    void interfaceThatLeavesTheNamespaceIsGoneUntilItComesBack() throws Exception {
        attached(Map.of());
        try (var other = new NetworkNamespace()) {
            pair.here.run("ip", "link", "set", "v0", "netns", other.name()).orFail();
            assertEquals("down: v0 was set down", state());
            assertEquals("down: v0 was removed", state());
            other.run("ip", "link", "set", "v0", "netns", pair.here.name()).orFail();
            pair.here.run("ip", "link", "set", "v0", "up").orFail();
            assertEquals("up: v0 was set up", state());
            ping();
            sink.await(g -> VethPair.isIcmp(g.bytes()));
        }
    }

    @Test
    void bridgePortThatIsLetGoIsNoEnd() throws Exception {
        attached(Map.of());
        var bridge = pair.here.run("ip", "link", "add", "b0", "type", "bridge");
        org.junit.jupiter.api.Assumptions.assumeTrue(bridge.code() == 0, () -> "needs bridges: " + bridge.out());
        pair.here.run("ip", "link", "set", "v0", "master", "b0").orFail();
        pair.here.run("ip", "link", "set", "v0", "nomaster").orFail();
        pair.here.run("ip", "link", "set", "v0", "mtu", "1400").orFail();
        assertEquals(1400, sink.mtus.poll(10, TimeUnit.SECONDS));
        assertNull(sink.states.poll());
    }

    @Test
    void hardwareAddressIsTheInterfacesPresentOne() throws Exception {
        Link link = attached(Map.of());
        pair.here.run("ip", "link", "set", "v0", "address", "02:00:00:00:00:77").orFail();
        // The order of messages: what is told behind it has come, so it has.
        pair.here.run("ip", "link", "set", "v0", "mtu", "1400").orFail();
        assertEquals(1400, sink.mtus.poll(10, TimeUnit.SECONDS));
        assertEquals(0x0200_0000_0077L, ((PacketLink) link).hardwareAddress());
    }

    @Test
    void interfaceMayBeDownAtFirst() throws Exception {
        pair.here.run("ip", "link", "set", "v0", "down").orFail();
        Link link = attached(Map.of("up", "false"));
        assertEquals("down: v0 is down", state());
        VethPair.send(link, VethPair.udp(9));
        assertEquals(List.of(DropReason.LINK_CLOSED), sink.drops);
        pair.here.run("ip", "link", "set", "v0", "up").orFail();
        assertEquals("up: v0 was set up", state());
        ping();
        sink.await(g -> VethPair.isIcmp(g.bytes()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0us", "1s"})
    void closingEndsAReaderThatSleepsOrIsBusyAndIsDoneOnce(String busyPoll) throws Exception {
        Link link = attached(Map.of("busy-poll", busyPoll));
        ping();
        sink.await(g -> VethPair.isIcmp(g.bytes()));
        link.close();
        link.close();
        int before = sink.got.size();
        VethPair.send(link, VethPair.udp(9));
        assertEquals(DropReason.LINK_CLOSED, sink.drops.getLast());
        assertEquals(before, sink.got.size());
        assertFalse(pair.here.run("ip", "-d", "link", "show", "v0").orFail().contains("allmulti 1"));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void closingFromTheReaderItselfDoesNotHang(Way way) throws Exception {
        Link link = pair.link("v0", way.with());
        link.attach(doing(packets -> link.close()));
        ping();
        sink.await(g -> true);
        sink.threads.getFirst().join(5000);
        assertFalse(sink.threads.getFirst().isAlive());
    }

    /// A NIC that throws before it has taken anything.
    @ParameterizedTest
    @EnumSource(Way.class)
    void readerThatFailsGoesOnAndLosesNoBatch(Way way) throws Exception {
        var failing = new AtomicInteger();
        Link link = pair.link("v0", way.with());
        link.attach(doing(packets -> {
            if (failing.incrementAndGet() <= 3) {
                throw new OutOfMemoryError("a test's");
            }
        }));
        ping();
        sink.await(g -> VethPair.isIcmp(g.bytes()));
        assertTrue(failing.get() > 3);
        assertNull(sink.states.poll(), "the interface is what it was");
    }

    /// A NIC that throws when a packet is dropped: of a batch, nothing leaks.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void senderWhoseNicFailsLeaksNothing(int times) throws Exception {
        Link link = pair.link("v0", Map.of());
        var drops = new AtomicInteger();
        link.attach(new Link.Sink() {
            @Override
            public void deliver(PacketList packets) {
                packets.releaseAll();
            }

            @Override
            public void drop(Packet packet, DropReason reason) {
                packet.release();
                if (drops.incrementAndGet() <= times) {
                    throw new IllegalStateException("a test's");
                }
            }

            @Override
            public void stateChanged(boolean up, String reason) {
            }

            @Override
            public void mtuChanged(int mtu) {
            }
        });
        var list = new PacketList();
        list.add(VethPair.frame(100, 1));
        list.add(VethPair.frame(2000, 2));
        list.add(VethPair.frame(100, 3));
        org.junit.jupiter.api.Assertions.assertThrows(IllegalStateException.class, () -> link.transmit(list));
        list.releaseAll();
        assertNotEquals(0, drops.get());
        VethPair.send(link, VethPair.frame(100, 1));
        assertEquals(2, drops.get(), "the frame that is too long, and the one behind it");
    }

    @Test
    void linkThatNobodyAttachedIsClosed() throws Exception {
        Link link = pair.link("v0", Map.of());
        VethPair.send(link, VethPair.frame(100, 1));
        link.close();
    }

    @Test
    void manyThreadsMayTransmitWhileTheLinkIsClosed() throws Exception {
        Link link = attached(Map.of());
        var threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 2000; n++) {
                    VethPair.send(link, VethPair.frame(100, n), VethPair.frame(200, n));
                }
            });
        }
        link.close();
        for (Thread t : threads) {
            t.join();
        }
        assertTrue(sink.drops.stream().allMatch(r -> r == DropReason.LINK_CLOSED));
    }
}
