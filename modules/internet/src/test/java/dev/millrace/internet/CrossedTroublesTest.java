package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Troubles that overlap, and troubles that could have no effect.
@Timeout(60)
class CrossedTroublesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(9);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    @Test
    void aHostStandsStillUntilTheLastPauseEnds() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        int[] ticks = new int[1];
        a.run(() -> {
            while (true) {
                a.sleep(SECOND);
                ticks[0]++;
            }
        });
        Fault first = a.pause();
        Fault second = a.pause();
        first.close();
        net.runFor(Duration.ofSeconds(5));
        assertEquals(0, ticks[0]);
        second.close();
        net.runFor(Duration.ofSeconds(5));
        assertTrue(ticks[0] > 0);
        first.close();
    }

    @Test
    void whoWaitsForAHostThatStandsStillIsToldSo() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Program<Void> p = a.run(() -> a.sleep(SECOND));
        try (Fault _ = a.pause()) {
            var e = assertThrows(SimulationException.class, p::get);
            assertTrue(e.getMessage().contains("paused"), e.getMessage());
        }
    }

    @Test
    void aCrashThatIsOverDoesNotRestartTheNextLife() throws Exception {
        var lives = new ArrayList<Duration>();
        Host a = net.host("a", "10.0.0.1");
        a.boot(_ -> lives.add(net.now()));
        net.at(SECOND).crash("a", Duration.ofSeconds(4));
        net.at(Duration.ofSeconds(2)).restart("a");
        net.runFor(Duration.ofSeconds(10));
        assertEquals(List.of(Duration.ZERO, Duration.ofSeconds(2)), lives);
        Host b = net.host("b", "10.0.0.2");
        net.at(Duration.ofSeconds(12)).crash("b", SECOND);
        b.close();
        net.runFor(Duration.ofSeconds(5));
        assertFalse(b.isOpen());
        Host c = net.host("c", "10.0.0.3");
        net.at(Duration.ofSeconds(16)).crash("c", SECOND);
        net.runFor(Duration.ofMillis(1500));
        Host other = net.host("c", "10.0.0.3");
        net.runFor(Duration.ofSeconds(5));
        assertTrue(other.isOpen());
        assertFalse(c.isOpen());
    }

    @Test
    void aNameServerFailsUntilTheLastFaultEnds() throws Exception {
        NameServer names = net.nameServer("10.0.0.53");
        names.ttl(Duration.ZERO);
        Host a = net.host("a", "10.0.0.1");
        Fault first = names.fail(NameServer.Failing.SERVER_FAILURE, Duration.ZERO);
        Fault second = names.fail(NameServer.Failing.NO_SUCH_NAME, Duration.ZERO);
        first.close();
        assertThrows(UnknownHostException.class, () -> a.resolve("a"));
        second.close();
        net.runFor(Duration.ofMinutes(10));
        assertEquals(List.of(a.address()), a.resolve("a"));
    }

    @Test
    void aNameServerThatCrashedOftenServesByTcp() throws Exception {
        NameServer names = net.nameServer("10.0.0.53");
        Host a = net.host("a", "10.0.0.1");
        for (int life = 0; life < 3; life++) {
            var open = new ArrayList<AutoCloseable>();
            for (int i = 0; i < 50; i++) {
                open.add(a.stack().tcp().connect(names.address(), SECOND));
            }
            net.runFor(Duration.ofMillis(10));
            names.host().restart();
            for (AutoCloseable c : open) {
                c.close();
            }
            net.runFor(SECOND);
        }
        try (var s = a.stack().tcp().connect(names.address(), SECOND)) {
            s.setReadTimeout(Duration.ofSeconds(2));
            assertThrows(java.net.SocketTimeoutException.class, () -> s.inputStream().read());
        }
    }

    @Test
    void troublesWithoutTheirVictimsAreTold() throws Exception {
        net.host("a", "10.0.0.1");
        net.chaos(Chaos.within(SECOND).nameFailures(1));
        net.runFor(Duration.ofSeconds(3));
        assertEquals(1, net.warnings().size(), net.warnings()::toString);
        assertTrue(net.warnings().getFirst().contains("name server"), net.warnings()::toString);
    }

    @Test
    void chaosThatMakesNoSenseIsRefusedAtOnce() {
        Chaos c = Chaos.within(SECOND);
        assertThrows(IllegalArgumentException.class, () -> c.clockJumps(1, Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> c.clockJumps(1, Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> c.slowLinks(1, Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> c.clockDrifts(1, 0));
    }

    @Test
    void pausesInRealTimeAreRefusedWhenTheyAreAskedFor() throws Exception {
        try (Internet real = Internet.realTime()) {
            real.host("a", "10.0.0.1");
            assertThrows(UnsupportedOperationException.class, () -> real.chaos(Chaos.within(SECOND).pauses(1)));
            assertThrows(UnsupportedOperationException.class, () -> real.at(SECOND).pause("a", SECOND));
        }
    }

    @Test
    void aNicIsNoHost() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        net.host("gate", NicPlan.of("out", "10.0.0.1"), NicPlan.on(lan, "in", "10.1.0.1/24"));
        net.host("b", "10.0.0.2");
        assertThrows(IllegalArgumentException.class, () -> net.isolate("gate/in"));
        assertThrows(IllegalArgumentException.class, () -> net.partition(List.of("gate/in"), List.of("b")));
        net.cut("gate/in", "b");
        net.heal("gate/in", "b");
        assertEquals(List.of(), net.faults());
    }

    @Test
    void linesOfScriptsThatMakeNoSenseAreRefusedAndOthersWork() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> Script.parse("slow a b 5s 2s -300ms"));
        assertThrows(IllegalArgumentException.class, () -> Script.parse("dns-slow a 5s 2s -1s"));
        InternetBuilder real = Internet.builder().realTime().script(Script.parse("pause a 1s 1s"));
        assertThrows(UnsupportedOperationException.class, real::open);
        for (String line : List.of("reset a * 1s 9s", "reset b,a x,b 1s 9s")) {
            try (Internet scripted = Internet.builder().virtualTime(1).script(Script.parse(line)).open()) {
                Host a = scripted.host("a", "10.0.0.1");
                Host b = scripted.host("b", "10.0.0.2");
                scripted.host("x", "10.0.0.3");
                try (var l = b.stack().tcp().listen(80);
                        var s = a.stack().tcp().connect(new java.net.InetSocketAddress("10.0.0.2", 80), SECOND)) {
                    scripted.runFor(Duration.ofSeconds(2));
                    s.outputStream().write(1);
                    s.setReadTimeout(SECOND);
                    var e = assertThrows(IOException.class, () -> s.inputStream().read());
                    assertTrue(e.getMessage().contains("reset"), line + ": " + e);
                    assertTrue(l.isOpen());
                }
            }
        }
    }

    @Test
    void whoRunsInTheSimulationCannotCloseIt() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Program<Void> p = a.run(net::close);
        var e = assertThrows(java.util.concurrent.ExecutionException.class, p::get);
        assertTrue(e.getMessage().contains("cannot close it"), e.getMessage());
        assertTrue(a.isOpen());
        net.at(SECOND).run(net::close);
        var f = assertThrows(SimulationException.class, () -> net.runFor(Duration.ofSeconds(2)));
        assertTrue(f.getMessage().contains("cannot close it"), f.getMessage());
        assertTrue(a.isOpen());
    }

    @Test
    void allAreToldOfTheEnd() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        var told = new ArrayList<Integer>();
        a.onClose(() -> told.add(1));
        a.onClose(() -> told.add(2));
        a.close();
        assertEquals(List.of(1, 2), told);
    }

    @Test
    void plansThatLeadNowhereAreRefused() {
        EthernetSwitch lan = net.ethernet("lan");
        var e = assertThrows(IllegalArgumentException.class, () -> NicPlan.on(lan, "nic", "10.1.0.1"));
        assertTrue(e.getMessage().contains("10.1.0.1/24"), e.getMessage());
        var f = assertThrows(IllegalArgumentException.class, 
                () -> NicPlan.on(lan, "nic", "10.1.0.1/24").withGateway("10.9.0.254"));
        assertTrue(f.getMessage().contains("10.9.0.254"), f.getMessage());
        NicPlan.on(lan, "nic", "fd00:1::1/64").withGateway("fe80::1").withGateway("10.1.0.254");
    }

    @Test
    void aClockIsWrongUntilTheLastTroubleEnds() throws Exception {
        String script = "clock a 1s 4s 300ms\nclock a 2s 1s -5s\ncrash lan 1s 1s\n";
        try (Internet scripted = Internet.builder().virtualTime(1).script(Script.parse(script)).open()) {
            scripted.ethernet("lan");
            Host a = scripted.host("a", "10.0.0.1");
            var wrong = new ArrayList<Long>();
            for (int i = 0; i < 6; i++) {
                scripted.runFor(Duration.ofMillis(i == 0 ? 500 : 1000));
                wrong.add(Duration.ofNanos(scripted.epochNanos()).toMillis() - a.clock().millis());
            }
            assertEquals(List.of(0L, -300L, 5000L, -300L, -300L, 0L), wrong);
            assertTrue(scripted.warnings().toString().contains("crash lan"), scripted.warnings()::toString);
        }
    }

    @Test
    void crashesAreTold() throws Exception {
        var lines = new ArrayList<String>();
        net.log(lines::add);
        Host a = net.host("a", "10.0.0.1");
        a.crash();
        a.restart();
        a.disappear();
        assertEquals(List.of("0.000000000 a has [10.0.0.1/32]", "0.000000000 crash: a", "0.000000000 restart: a, life 2",
                "0.000000000 disappeared: a"), lines);
    }

    /// Of names that come and go, the links are remembered, and not the hosts with all that they had.
    @Test
    void manyHostsThatComeAndGoAreNotKept() throws Exception {
        NatBox nat = net.nat("nat", "198.18.0.2", NatOptions.DEFAULT);
        var ref = new java.lang.ref.WeakReference<>(nat.host("h", "192.168.0.2"));
        ref.get().close();
        net.runFor(SECOND);
        for (int i = 0; i < 50 && ref.get() != null; i++) {
            System.gc();
            net.runFor(SECOND);
        }
        assertEquals(null, ref.get());
    }

    private static void close(NetworkRecording log) {
        try {
            log.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whoIsToldMayStopListening() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        var lines = new ArrayList<String>();
        var log = new NetworkRecording[1];
        log[0] = net.log(line -> {
            lines.add(line);
            if (log[0] != null) {
                close(log[0]);
            }
        });
        net.log(lines::add);
        net.host("b", "10.0.0.2");
        net.drop("x", _ -> false).close();
        assertEquals(List.of(), net.faults());
        assertNotNull(a);
        assertTrue(lines.size() >= 3, lines::toString);
    }

    @Test
    void whatIsToldOfTheEndMayBeginAgain() throws Exception {
        EthernetSwitch lan = net.ethernet("lan");
        Host gate = net.host("gate", NicPlan.of("out", "10.0.0.1"), NicPlan.on(lan, "in", "10.1.0.1/24"));
        gate.onClose(() -> {
            try {
                gate.restart();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        gate.crash();
        assertTrue(gate.isOpen());
        assertEquals(gate, net.host("gate").orElse(null));
        Host b = net.host("b", "10.0.0.2");
        b.run(() -> gate.connector().toString()).get();
        try (var l = gate.stack().tcp().listen(80);
                var s = b.stack().tcp().connect(new java.net.InetSocketAddress("10.0.0.1", 80), SECOND)) {
            assertTrue(s.isOpen() && l.isOpen());
        }
    }
}
