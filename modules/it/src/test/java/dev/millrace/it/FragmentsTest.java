package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.Ipv4Header;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Fragments between stacks, and fragments from several threads while the stack ends.
@Timeout(120)
class FragmentsTest {
    @ParameterizedTest
    @CsvSource({"10.9.0.2,65507,1500", "fd09::2,65527,1500", "fd09::2,65527,1280", "fd09::2,65527,65535"})
    void datagramsOfAllSizesPassBetweenStacks(String address, int largest, int mtu) throws Exception {
        var leaks = new LeakCheck();
        try (Lab.Pair pair = Lab.Pair.open(mtu);
                UdpSocket server = pair.b().udp().bind(7);
                UdpSocket client = pair.a().udp().connect(new InetSocketAddress(address, 7))) {
            server.setReadTimeout(Duration.ofSeconds(10));
            var random = new Random(1);
            int[] sizes = random.ints(60, 1, largest).toArray();
            sizes[0] = largest;
            sizes[1] = largest - 1;
            sizes[2] = 1473;
            ByteBuffer b = ByteBuffer.allocate(65536);
            for (int size : sizes) {
                byte[] data = new byte[size];
                random.nextBytes(data);
                client.send(ByteBuffer.wrap(data), null);
                server.receive(b.clear());
                assertArrayEquals(data, Arrays.copyOf(b.array(), b.position()));
            }
        }
        leaks.close();
    }

    private static byte[] fragment(Random random, int id) {
        int from = 8 * random.nextInt(4);
        boolean more = from < 24;
        // The header of a datagram of 29 bytes without a checksum, or of its payload.
        byte[] payload = !more ? new byte[5] : from == 0 ? PacketBuilder.bytes(0, 1, 0, 7, 0, 29, 0, 0) : new byte[8];
        return PacketBuilder.between("10.9.0." + (10 + id % 7), "10.9.0.2")
                .fragment(id, from / 8 | (more ? Ipv4Header.MORE_FRAGMENTS : 0)).raw(17, payload);
    }

    /// Four threads bring fragments, some of which make datagrams, others run out of time or overlap; then the stack ends.
    @Test
    void threadsTimersAndTheEndMeet() throws Exception {
        var leaks = new LeakCheck();
        for (int round = 0; round < 10; round++) {
            var wires = new Vnic[] {new Vnic(1500), new Vnic(1500)};
            Stack stack = Stack.builder().option("ipv4", "reassembly-timeout", "2ms").option("ipv4", "reassembly-memory", "256KiB")
                    .nic("one", wires[0], n -> n.address("10.9.0.2/24")).nic("two", wires[1], n -> n.address("10.8.0.2/24")).open();
            UdpSocket socket = stack.udp().bind(7);
            var ending = new AtomicBoolean();
            var threads = new Thread[4];
            for (int t = 0; t < threads.length; t++) {
                int seed = 100 * round + t;
                threads[t] = Thread.ofPlatform().start(() -> {
                    var random = new Random(seed);
                    // On a stack that has ended nothing harms any more.
                    while (!ending.get()) {
                        for (int i = 0; i < 100; i++) {
                            wires[seed % 2].inject(fragment(random, random.nextInt(300)));
                        }
                    }
                });
            }
            Await.until(() -> reassembled(stack) >= 500 && count(stack, "reassembly-timeout") > 0, () -> stack.counters().toString());
            stack.close();
            ending.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            socket.close();
            assertEquals(0, stack.counters().getOrDefault("failures", java.util.Map.of()).values().stream().mapToLong(n -> n).sum());
        }
        leaks.close();
    }

    private static long reassembled(Stack stack) {
        return count(stack, "reassembled");
    }

    private static long count(Stack stack, String name) {
        return stack.counters().get("ipv4").getOrDefault(name, 0L);
    }
}
