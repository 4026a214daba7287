package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Strangers who send fragments without end: memory stays under its cap, and others are served.
class FragmentFloodTest {
    private static final int LIMIT = 1 << 20;

    private final LeakCheck leaks = new LeakCheck();
    private final Random random = new Random(5);

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static IpBench bench(int version) {
        return new IpBench(version, new FakeNic(1500), Map.of("reassembly-memory", "1MiB"));
    }

    private String source(IpBench bench, int n) {
        return bench.v4 ? "10." + (20 + n / 65536) + "." + (n / 256 % 256) + "." + n % 256
                : "2001:db8:" + Integer.toHexString(n) + "::" + Integer.toHexString(1 + random.nextInt(65535));
    }

    private void flood(IpBench bench, String source, int size) {
        int from = 8 * random.nextInt(100);
        bench.receive(Cuts.piece(PacketBuilder.between(source, bench.own), bench.v4, random.nextInt(1 << 16), 17,
                new byte[from + size], from, from + size, true));
        assertTrue(bench.network.memory().reserved() <= LIMIT);
    }

    /// Sends datagrams in fragments amid a flood, and says how many were made whole.
    private int honest(IpBench bench, int datagrams, Runnable flood) {
        int before = bench.network.deliveries().size();
        for (int i = 0; i < datagrams; i++) {
            byte[] packet = bench.fromPeer().udp(1, 2, Cuts.noise(random, 20_000));
            List<byte[]> pieces = Cuts.every(1400, bench, 70_000 + i, packet);
            for (byte[] piece : pieces) {
                bench.receive(piece);
                flood.run();
            }
        }
        return bench.network.deliveries().size() - before;
    }

    private void end(IpBench bench) {
        bench.ip.close();
        assertEquals(0, bench.network.memory().reserved());
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @CsvSource({"4,1,8", "4,3,1400", "4,6,1400", "4,30,1400", "6,1,8", "6,3,1400", "6,8,1400", "6,30,1400"})
    void aFewFloodersLoseTheirOwn(int version, int flooders, int size) {
        IpBench bench = bench(version);
        for (int i = 0; i < 20_000; i++) {
            flood(bench, source(bench, i % flooders), size);
        }
        assertTrue(bench.network.memory().reserved() > LIMIT / 8);
        int[] turn = {0};
        assertEquals(20, honest(bench, 20, () -> {
            for (int i = 0; i < (flooders < 16 ? 40 : 20); i++) {
                flood(bench, source(bench, turn[0]++ % flooders), size);
            }
        }));
        assertTrue(bench.count("reassembly-full") > 0);
        end(bench);
    }

    /// With a forged source in each fragment nobody has much. The honest one has his datagrams whole if he sends them at once:
    /// here 15 fragments within 300 of others.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aFloodOfForgedSourcesDoesNotKeepOutWhoSendsAllAtOnce(int version) {
        IpBench bench = bench(version);
        int[] turn = {0};
        for (int i = 0; i < 20_000; i++) {
            flood(bench, source(bench, turn[0]++ % 60_000), 8);
        }
        assertEquals(20, honest(bench, 20, () -> {
            for (int i = 0; i < 20; i++) {
                flood(bench, source(bench, turn[0]++ % 60_000), 8);
            }
        }));
        end(bench);
    }

    /// RFC 8200 §4.5 as a weapon: fragments that have to be remembered as overlapping.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void overlapsAreRememberedWithinTheCapToo(int version) {
        IpBench bench = bench(version);
        for (int id = 0; id < 20_000; id++) {
            for (int from : new int[] {0, 32}) {
                bench.receive(Cuts.piece(bench.fromPeer(), bench.v4, id, 17, new byte[200], from, from + 64, true));
            }
            assertTrue(bench.network.memory().reserved() <= LIMIT / 4);
        }
        end(bench);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void withoutMemoryOfTheStackNothingIsKept(int version) {
        IpBench bench = bench(version);
        byte[] packet = bench.fromPeer().udp(1, 2, new byte[4000]);
        for (int bytes = 0; bytes <= 12_000; bytes += 300) {
            bench.network.setMemory(bytes);
            for (byte[] piece : Cuts.every(1400, bench, bytes + 1, packet)) {
                bench.receive(piece);
                assertTrue(bench.network.memory().reserved() <= bytes);
            }
            bench.time.runUntil(bench.time.nanoTime() + 60_000_000_000L);
        }
        assertTrue(bench.network.deliveries().size() > 0);
        assertTrue(bench.count("reassembly-full") > 0);
        for (var d : bench.network.deliveries()) {
            assertTrue(Arrays.equals(Cuts.transport(packet), d.bytes()));
        }
        end(bench);
    }
}
