package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Hosts that crash, disappear, and start again.
@Timeout(60)
class LivesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(5);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("a/")));
    }

    private static Duration ask(Internet net, Host host, String whom) throws IOException {
        return Echo.ask(net, host, whom, SECOND);
    }

    @Test
    void eachLifeHasChanceOfItsOwn() throws Exception {
        var drawn = new ArrayList<Long>();
        var ports = new ArrayList<Integer>();
        Host a = net.host("a", "10.0.0.1");
        a.boot(h -> {
            drawn.add(h.random().nextLong());
            try (UdpSocket s = h.stack().udp().bind(new InetSocketAddress(0))) {
                ports.add(s.localAddress().getPort());
            }
        }).get();
        for (int i = 0; i < 3; i++) {
            net.runFor(SECOND);
            a.restart();
        }
        net.runFor(SECOND);
        assertEquals(4, drawn.size());
        assertEquals(4, drawn.stream().distinct().count(), drawn.toString());
        assertTrue(ports.stream().distinct().count() > 1, ports.toString());
        // The same of one that takes its name.
        a.close();
        Host again = net.host("a", "10.0.0.1");
        assertFalse(drawn.contains(again.random().nextLong()));
    }

    @Test
    void aScriptTellsLivesApart() throws Exception {
        for (boolean restart : new boolean[] {true, false}) {
            Script script;
            List<String> first;
            try (Internet one = Internet.builder().virtualTime(3).record(true).conditions(LinkConditions.perfect().loss(0.3)).open()) {
                first = lives(one, restart);
                script = one.script();
            }
            assertTrue(first.contains("lost") && first.contains("answered"), first.toString());
            try (Internet two = Internet.builder().virtualTime(3).script(script).conditions(LinkConditions.perfect().loss(0.3)).open()) {
                assertEquals(first, lives(two, restart));
            }
            assertEquals(script, Script.parse(script.toString()));
        }
    }

    /// Three lives of a host, and what becomes of twenty questions to each.
    private static List<String> lives(Internet net, boolean restart) throws Exception {
        var all = new ArrayList<String>();
        Host asker = net.host("asker", "10.0.0.9");
        Host a = net.host("a", "10.0.0.1");
        a.boot(Echo::serve);
        for (int life = 0; life < 3; life++) {
            for (int i = 0; i < 20; i++) {
                all.add(ask(net, asker, "10.0.0.1") == null ? "lost" : "answered");
            }
            if (restart) {
                a.restart();
            } else {
                a.close();
                a = net.host("a", "10.0.0.1");
                a.boot(Echo::serve);
            }
        }
        return all;
    }

    @Test
    void whatWasSaidOfItsLinksHoldsWhenItIsBack() throws Exception {
        Host far = net.host("far", "10.0.0.9");
        Host a = net.host("a", "10.0.0.1");
        net.router("r", "10.9.0.254");
        Host wired = net.host("wired", "10.9.0.1");
        net.link("wired", "r", LinkConditions.perfect().delay(Duration.ofMillis(7)));
        net.link("r", "internet", LinkConditions.perfect());
        net.link("a", "far", LinkConditions.perfect().delay(Duration.ofMillis(20)));
        a.boot(Echo::serve);
        wired.boot(Echo::serve);
        for (int way = 0; way < 4; way++) {
            assertEquals(Duration.ofMillis(40), ask(net, far, "10.0.0.1"), "way " + way);
            assertEquals(Duration.ofMillis(14), ask(net, far, "10.9.0.1"), "way " + way);
            switch (way) {
                case 0 -> {
                    a.restart();
                    wired.restart();
                }
                case 1 -> {
                    a.crash();
                    wired.crash();
                    net.runFor(SECOND);
                    a.restart();
                    wired.restart();
                }
                case 2 -> {
                    a.close();
                    wired.close();
                    a.restart();
                    wired.restart();
                }
                default -> {
                    a.crash();
                    wired.disappear();
                    net.host("a", "10.0.0.1").boot(Echo::serve);
                    net.host("wired", "10.9.0.1").boot(Echo::serve);
                    assertEquals(Duration.ofMillis(40), ask(net, far, "10.0.0.1"));
                    assertEquals(Duration.ofMillis(14), ask(net, far, "10.9.0.1"));
                }
            }
        }
    }

    @Test
    void aCutHoldsOverARestart() throws Exception {
        Host far = net.host("far", "10.0.0.9");
        net.router("r", "10.9.0.254");
        Host wired = net.host("wired", "10.9.0.1");
        net.link("wired", "r", LinkConditions.perfect());
        net.link("r", "internet", LinkConditions.perfect());
        wired.boot(Echo::serve);
        try (Fault cut = net.cut("wired", "r")) {
            wired.close();
            wired.restart();
            assertEquals(null, ask(net, far, "10.9.0.1"));
        }
        assertEquals(Duration.ZERO, ask(net, far, "10.9.0.1"));
    }

    @Test
    void aCrashIsSilentAndADisappearanceIsNot() throws Exception {
        Host far = net.host("far", "10.0.0.9");
        Host a = net.host("a", "10.0.0.1");
        a.boot(h -> {
            try (TcpListener l = h.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                s.read(ByteBuffer.allocate(10));
            }
        });
        TcpSocket s = far.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), SECOND);
        a.crash();
        s.setReadTimeout(Duration.ofSeconds(5));
        s.write(ByteBuffer.wrap(new byte[10]));
        assertThrows(SocketTimeoutException.class, () -> s.read(ByteBuffer.allocate(1)));
        assertThrows(SocketTimeoutException.class, () -> far.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), SECOND));
        assertEquals(null, ask(net, far, "10.0.0.1"));
        assertTrue(net.counters().get("host-crashed") > 0);
        assertFalse(net.hosts().containsKey("a"));
        a.disappear();
        assertThrows(NoRouteToHostException.class, () -> far.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), SECOND));
        s.abort();
    }

    @Test
    void theDeadDoNothing() throws Exception {
        var steps = new AtomicInteger();
        Host a = net.host("a", "10.0.0.1");
        Program<Void> stubborn = a.run(() -> {
            a.threads().newThread(() -> {
                while (true) {
                    try {
                        a.sleep(Duration.ofMillis(10));
                        steps.incrementAndGet();
                    } catch (InterruptedException e) {
                        // Goes on, as no program should.
                        steps.addAndGet(1000);
                    }
                }
            }).start();
            while (true) {
                try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(7))) {
                    s.receive(ByteBuffer.allocate(10));
                } catch (Exception e) {
                    steps.addAndGet(1000);
                }
            }
        });
        net.runFor(SECOND);
        int before = steps.get();
        assertTrue(before > 90 && before < 110, "" + before);
        a.crash();
        net.runFor(Duration.ofSeconds(10));
        assertEquals(before, steps.get());
        var ended = assertThrows(ExecutionException.class, stubborn::get);
        assertTrue(ended.getMessage().contains("has crashed"), ended.getMessage());
        assertTrue(assertThrows(SimulationException.class, () -> a.run(() -> {
        })).getMessage().contains("restart"));
        assertThrows(SimulationException.class, a::threads);
        assertTrue(net.failures().isEmpty());
    }

    @Test
    void whoCrashesItselfDoesNotComeBack() throws Exception {
        var after = new AtomicInteger();
        Host a = net.host("a", "10.0.0.1");
        var lives = new AtomicInteger();
        a.boot(h -> {
            if (lives.incrementAndGet() < 3) {
                try {
                    h.sleep(SECOND);
                    h.restart();
                } finally {
                    after.incrementAndGet();
                }
            }
            try {
                h.sleep(SECOND);
                h.crash();
            } finally {
                after.incrementAndGet();
            }
        });
        net.runFor(Duration.ofSeconds(20));
        assertEquals(3, lives.get());
        assertEquals(0, after.get());
        assertFalse(a.isOpen());
    }

    @Test
    void momentsCrashAndRestart() throws Exception {
        Host far = net.host("far", "10.0.0.9");
        Host a = net.host("a", "10.0.0.1");
        a.boot(Echo::serve);
        net.at(Duration.ofSeconds(5)).crash("a", Duration.ofSeconds(3));
        net.at(Duration.ofSeconds(20)).crash("a");
        net.at(Duration.ofSeconds(30)).restart("a");
        var answered = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            net.runUntil(() -> false, Duration.ofSeconds(i).plusMillis(500).minus(net.now()));
            answered.append(ask(net, far, "10.0.0.1") == null ? '-' : '+');
            net.runUntil(() -> false, Duration.ofSeconds(i + 1).minus(net.now()));
        }
        String all = answered.toString();
        assertTrue(all.contains("-") && all.startsWith("+++") && all.endsWith("+++"), all);
        assertEquals(2, all.split("-+", -1).length - 1, all);
    }

    @Test
    void aHostThatIsClosedIsNotWaitedFor() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        net.host("b", "10.0.0.2");
        a.run(() -> {
            while (true) {
                try {
                    a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 80), SECOND).close();
                } catch (IOException e) {
                    // Tries again at once.
                    assertNotEquals("", e.getMessage());
                }
            }
        });
        net.runFor(Duration.ofMillis(0));
        long before = System.nanoTime();
        a.close();
        var stuck = assertThrows(SimulationException.class, () -> net.runFor(SECOND));
        assertTrue(stuck.getMessage().contains("its host is closed"), stuck.getMessage());
        assertTrue(System.nanoTime() - before < 30_000_000_000L);
    }

    @Test
    void oneWayTrafficIsNoLink() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        net.host("b", "10.0.0.2");
        net.host("c", "10.0.0.3");
        try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
            s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.2", 9));
            s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.3", 9));
        }
        net.link("a", "b").change(c -> c.delay(SECOND));
        assertTrue(net.link("b", "a").isUp());
        net.heal("a", "c");
        net.at(SECOND).change("c", "a", c -> c.delay(SECOND));
        net.link("a", "c", LinkConditions.perfect());
        net.runFor(Duration.ofSeconds(2));
    }
}
