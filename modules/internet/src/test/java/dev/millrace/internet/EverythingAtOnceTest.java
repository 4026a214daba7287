package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// All kinds of hosts, troubles and waits in one run: it is a function of its seed, a script replays it, and it leaves nothing.
@Timeout(240)
class EverythingAtOnceTest {
    /// What a run has left.
    record Run(String log, byte[] capture, String programs, Script script, List<String> timeline) {
    }

    private static void serve(Host h) throws IOException {
        try (TcpListener l = h.stack().tcp().listen(80); var executor = h.executor(3)) {
            while (true) {
                TcpSocket s = l.accept();
                executor.execute(() -> {
                    try (s) {
                        s.setReadTimeout(Duration.ofSeconds(3));
                        s.inputStream().transferTo(s.outputStream());
                        h.disk().write("n" + h.random().nextInt(3), new byte[h.random().nextInt(10)]);
                        h.disk().sync();
                    } catch (IOException e) {
                        // The client, or this life, is gone.
                        return;
                    }
                });
            }
        }
    }

    private static String ask(Host h, String whom) throws InterruptedException {
        try {
            InetAddress to = h.resolve(whom).getFirst();
            try (TcpSocket s = h.stack().tcp().connect(new InetSocketAddress(to, 80), Duration.ofSeconds(1))) {
                s.setReadTimeout(Duration.ofSeconds(2));
                byte[] sent = new byte[5000];
                h.random().nextBytes(sent);
                s.outputStream().write(sent);
                s.shutdownOutput();
                return "" + s.inputStream().readAllBytes().length;
            }
        } catch (IOException e) {
            h.sleep(Duration.ofMillis(100));
            return e.getClass().getSimpleName();
        }
    }

    static Run run(long seed, Script script, Path file) throws Exception {
        var log = new StringBuilder();
        var told = new StringBuilder();
        InternetBuilder builder = Internet.builder().virtualTime(seed).record(true).goOnAfterFailures(true);
        if (script != null) {
            builder.script(script);
        }
        try (Internet net = builder.open()) {
            NetworkRecording capture = net.capture(file);
            net.log(line -> log.append(line).append('\n'));
            NameServer names = net.nameServer("198.18.0.53", "fd00:9::53");
            // So that what it lied is forgotten.
            names.ttl(Duration.ZERO);
            EthernetSwitch lan = net.ethernet("lan", "10.1.0.0/24", "fd00:1::/64");
            Router edge = net.router("edge", "198.18.0.254", "fd00:9::fe");
            net.link("edge", "internet", LinkConditions.perfect().delay(Duration.ofMillis(10)).jitter(Duration.ofMillis(5)));
            lan.gateway(edge, "10.1.0.254/24", "fd00:1::fe/64").advertise(Duration.ofMinutes(30));
            NatBox nat = net.nat("nat", "198.18.0.2", NatOptions.DEFAULT);
            var hosts = List.of(net.host("server", "198.18.0.1", "fd00:9::1"),
                    net.host("desk", NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.1.0.254")),
                    net.host("guest", NicPlan.on(lan, "nic").withOption("slaac", "true")),
                    net.host("gate", NicPlan.of("out", "198.18.0.7"), NicPlan.on(lan, "in", "10.1.0.7/24")),
                    nat.host("phone", "192.168.0.2"));
            net.link("nat", "internet", LinkConditions.perfect().delay(Duration.ofMillis(20)).loss(0.02)
                    .reordering(0.02, Duration.ofMillis(3)));
            net.link("desk", "lan").setConditions(LinkConditions.perfect().corruption(0.02).duplication(0.02));
            Host server = hosts.getFirst();
            server.boot(EverythingAtOnceTest::serve);
            BlockingQueue<String> answers = server.queue();
            Lock lock = server.lock();
            Condition changed = lock.newCondition();
            for (Host h : hosts.subList(1, hosts.size())) {
                h.boot(me -> {
                    // Until it has found its addresses.
                    me.sleep(Duration.ofSeconds(3));
                    for (int i = 0; i < 20; i++) {
                        String answer = ask(me, "server");
                        answers.put(me.name() + me.life() + " " + i + " " + answer + " " + me.clock().instant());
                        if (lock.tryLock(50, TimeUnit.MILLISECONDS)) {
                            try {
                                changed.signalAll();
                                changed.await(me.random().nextInt(50), TimeUnit.MILLISECONDS);
                            } finally {
                                lock.unlock();
                            }
                        }
                    }
                });
            }
            net.chaos(Chaos.within(Duration.ofSeconds(20)).cuts(3).cutsOneWay(2).isolations(2).crashes(6).pauses(3)
                    .clockJumps(2, Duration.ofSeconds(5)).clockDrifts(2, 1e-3).slowLinks(2, Duration.ofMillis(300)).resets(6)
                    .nameFailures(2).slowNames(1, Duration.ofMillis(500)).wrongNames(1)
                    .lasting(Duration.ofMillis(100), Duration.ofSeconds(4)));
            net.runFor(Duration.ofSeconds(40));
            var all = new ArrayList<String>();
            answers.drainTo(all);
            told.append(all).append(net.counters()).append(net.warnings()).append(net.recentPackets(List.of(), 50))
                    .append(net.failures()).append(server.disk().names()).append(names.counters());
            Script recorded = net.script();
            List<String> timeline = net.timeline();
            net.close();
            capture.close();
            return new Run(log.toString(), Files.readAllBytes(file), told.toString(), recorded, timeline);
        }
    }

    @Test
    void itIsAFunctionOfTheSeedAndAScriptReplaysIt(@TempDir Path folder) throws Exception {
        var programs = new StringBuilder();
        for (long seed = 1; seed <= 5; seed++) {
            try (var _ = new LeakCheck()) {
                Run one = run(seed, null, folder.resolve("1"));
                Run two = run(seed, null, folder.resolve("2"));
                programs.append(one.programs);
                assertEquals(one.log, two.log);
                assertEquals(one.programs, two.programs);
                assertArrayEquals(one.capture, two.capture);
                assertTrue(one.timeline.size() == 32, one.timeline::toString);
                Run replayed = run(seed, Script.parse(one.script.toString()), folder.resolve("3"));
                assertEquals(one.log, replayed.log);
                assertEquals(one.programs, replayed.programs);
                assertArrayEquals(one.capture, replayed.capture);
                assertEquals(one.timeline, replayed.timeline);
            }
        }
        for (String who : List.of("desk", "guest", "gate", "phone")) {
            assertTrue(programs.toString().matches("(?s).*" + who + "\\d \\d+ 5000 .*"), () -> who + ": " + programs);
        }
    }

    /// For runs in fresh JVMs, with other options of theirs.
    public static void main(String[] args) throws Exception {
        for (long seed = 1; seed <= Long.parseLong(args[0]); seed++) {
            Run r = run(seed, null, Files.createTempFile("millrace", ".pcapng"));
            System.out.println(seed + " " + r.log.hashCode() + " " + r.programs.hashCode() + " "
                    + java.util.Arrays.hashCode(r.capture)
                    + " " + r.log.length() + " " + r.script.size());
        }
    }
}
