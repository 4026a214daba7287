package dev.millrace.cli.explore;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.junit.Link;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/// Tests that `explore` runs in JVMs of its own, and what it must bear with. Its name ends otherwise than those that the build
/// runs.
@VirtualInternet
class Samples {
    @Test
    void passes(Internet net) throws Exception {
        net.runFor(Duration.ofSeconds(1));
    }

    @Test
    void random(@SimHost(name = "a") Host a) {
        assertTrue(a.random().nextInt(100) < 90);
    }

    /// Fails if one of ten datagrams is lost.
    @Test
    @Link(from = "a", to = "b", loss = "1%")
    void lossy(@SimHost(name = "a") Host a, @SimHost(name = "b") Host b) throws Exception {
        var got = new int[1];
        b.run(() -> {
            try (var s = b.stack().udp().bind(new InetSocketAddress(7))) {
                while (true) {
                    s.receive(ByteBuffer.allocate(9));
                    got[0]++;
                }
            }
        });
        a.run(() -> {
            try (var s = a.stack().udp().connect(new InetSocketAddress(b.address(), 7))) {
                for (int i = 0; i < 10; i++) {
                    s.send(ByteBuffer.allocate(1), null);
                    a.sleep(Duration.ofMillis(1));
                }
            }
        }).get();
        a.sleep(Duration.ofSeconds(1));
        assertTrue(got[0] == 10, "some were lost");
    }

    @Test
    void twoCauses(Internet net) {
        assertTrue(net.seed() % 50 != 17, "seed " + net.seed() + " ends in 17");
        assertNotEquals(0, net.seed() % 70);
    }

    @Test
    void usesTheKeyword(Internet net) {
        assert net.seed() != 3 : "three";
    }

    @Test
    void exits(Internet net) {
        if (net.seed() == 37) {
            System.exit(7);
        }
    }

    @Test
    void exitsInAProgram(Internet net, @SimHost(name = "a") Host a) throws Exception {
        a.run(() -> {
            if (net.seed() == 6) {
                System.exit(0);
            }
        }).get();
    }

    @Test
    void halts(Internet net) {
        System.out.println("this is seed " + net.seed());
        if (net.seed() % 20 == 19) {
            Runtime.getRuntime().halt(3);
        }
    }

    @Test
    void hangs(Internet net) throws Exception {
        if (net.seed() == 12) {
            Thread.sleep(100_000);
        }
    }

    @Test
    void memory(Internet net) {
        if (net.seed() == 5) {
            var all = new ArrayList<byte[]>();
            while (true) {
                all.add(new byte[1 << 24]);
            }
        }
    }

    @Test
    void unlike(Internet net, @SimHost(name = "a") Host a) throws Exception {
        a.run(() -> {
            a.sleep(Duration.ofMillis(5));
            try (var s = a.stack().udp().bind(new InetSocketAddress(0))) {
                // All of the time: of a byte of it two runs have the same one in 256 times.
                long content = net.seed() == 30 ? System.nanoTime() : 1;
                s.send(ByteBuffer.allocate(Long.BYTES).putLong(0, content), new InetSocketAddress("10.1.1.1", 5));
            }
        }).get();
    }

    @Test
    void slow(Internet net) throws Exception {
        if (net.seed() > 20) {
            Thread.sleep(50);
        }
    }
}
