package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Lives, executors and troubles by the wall clock, from several threads.
@Timeout(120)
class RealTimeLivesTest {
    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.realTime();

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    @Test
    void anExecutorThatNobodyClosedEndsWithItsHost() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        assertEquals(1, a.executor(2).submit(() -> 1).get());
        a.crash();
        Host b = net.host("b", "10.0.0.2");
        assertEquals(1, b.executor(2).submit(() -> 1).get());
    }

    @Test
    void anActionThatFailsDoesNotStopTheClock() throws Exception {
        net.host("a", "10.0.0.1");
        net.at(Duration.ZERO).run(() -> {
            throw new AssertionError("of an action");
        });
        var n = new AtomicInteger();
        net.at(Duration.ofMillis(1)).run(n::incrementAndGet);
        assertTrue(net.runUntil(() -> n.get() == 1, Duration.ofSeconds(30)));
    }

    @Test
    void stagesOfProgramsThatEndMeanwhileEnd() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        for (int i = 0; i < 3000; i++) {
            int n = i;
            Program<Integer> p = a.call(() -> n);
            Program<Integer> asker = a.call(() -> p.toCompletableFuture().get(30, TimeUnit.SECONDS));
            assertEquals(n, p.toCompletableFuture().get(30, TimeUnit.SECONDS));
            assertEquals(n, asker.get());
        }
    }

    @Test
    void failuresMayBeAskedForAtAnyTime() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Program<Void> asking = a.run(() -> {
            while (true) {
                net.failures();
                Thread.sleep(0, 1000);
            }
        });
        for (int i = 0; i < 3000; i++) {
            a.run(() -> {
                throw new IOException("meant");
            });
        }
        assertTrue(net.runUntil(() -> net.failures().size() == 3000, Duration.ofSeconds(30)));
        assertTrue(!asking.isDone(), asking::toString);
    }

    private static void serve(Host h) throws IOException {
        try (TcpListener l = h.stack().tcp().listen(80)) {
            while (true) {
                TcpSocket s = l.accept();
                h.threads().newThread(() -> {
                    try (s) {
                        s.inputStream().transferTo(s.outputStream());
                    } catch (IOException e) {
                        // The client is gone, or this host.
                        return;
                    }
                }).start();
            }
        } catch (java.net.SocketException e) {
            // This life is over.
            return;
        }
    }

    /// Several threads crash, restart, cut and talk.
    @Test
    void threadsMayDoAnythingAtOnce() throws Exception {
        Host server = net.host("server", "10.0.0.1");
        server.boot(RealTimeLivesTest::serve);
        EthernetSwitch lan = net.ethernet("lan");
        Router edge = net.router("edge", "198.18.0.254");
        net.link("edge", "internet", LinkConditions.perfect());
        lan.gateway(edge, "10.1.0.254/24");
        Host desk = net.host("desk", NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.1.0.254"));
        var talks = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        var thrown = new java.util.concurrent.ConcurrentLinkedQueue<Throwable>();
        java.util.List<Host.Body> all = java.util.List.of(() -> server.restart(), () -> {
            try (TcpSocket s = desk.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofMillis(200))) {
                s.setReadTimeout(Duration.ofMillis(200));
                s.outputStream().write(1);
                s.inputStream().read();
                talks.incrementAndGet();
            } catch (IOException e) {
                // That may be.
                return;
            }
        }, () -> desk.restart(), () -> {
            try (Fault _ = net.cut("desk", "server"); Fault _ = net.reset("desk", "server")) {
                Thread.sleep(1);
            }
        }, () -> net.recentPackets(java.util.List.of(), 10), () -> desk.disk().write("x", new byte[10]), () -> {
            try {
                server.executor(1).schedule(() -> 1, 1, TimeUnit.MILLISECONDS).get(5, TimeUnit.SECONDS);
            } catch (SimulationException | ExecutionException | java.util.concurrent.CancellationException
                    | java.util.concurrent.RejectedExecutionException | java.util.concurrent.TimeoutException e) {
                return;
            }
        });
        for (int t = 0; t < all.size(); t++) {
            Host.Body body = all.get(t);
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 100; i++) {
                        body.run();
                        Thread.sleep(2);
                    }
                } catch (Throwable e) {
                    thrown.add(e);
                }
            }));
        }
        for (Thread t : threads) {
            t.join(Duration.ofSeconds(60));
            assertTrue(!t.isAlive(), () -> java.util.Arrays.toString(t.getStackTrace()));
        }
        assertTrue(thrown.isEmpty(), () -> {
            var w = new java.io.StringWriter();
            thrown.peek().printStackTrace(new java.io.PrintWriter(w));
            return w.toString();
        });
        assertThrows(IllegalArgumentException.class, () -> net.host("desk", "10.9.9.9"));
    }
}
