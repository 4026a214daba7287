package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a seed or a script can let befall hosts, each alone and all together.
@Timeout(120)
class NemesisTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();
    private Internet net = Internet.virtualTime(2);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    private Duration ask(Host host, String whom) throws IOException {
        return Echo.ask(net, host, whom, SECOND.multipliedBy(3));
    }

    @Test
    void oneWayCutsAndSlowPackets() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        Host c = net.host("c", "10.0.0.3");
        b.boot(Echo::serve);
        c.boot(Echo::serve);
        var heard = new ArrayList<Integer>();
        b.run(() -> {
            try (UdpSocket s = b.stack().udp().bind(new InetSocketAddress(9))) {
                while (true) {
                    s.receive(ByteBuffer.allocate(10));
                    heard.add(1);
                }
            }
        });
        try (Fault cut = net.cutOneWay("b", "a")) {
            assertEquals(null, ask(a, "10.0.0.2"));
            try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.2", 9));
            }
            net.runFor(SECOND);
            assertEquals(1, heard.size());
            assertTrue(cut.packets() > 0);
        }
        try (Fault slow = net.slow(List.of("a"), List.of("b"), Duration.ofMillis(300))) {
            assertEquals(Duration.ofMillis(600), ask(a, "10.0.0.2"));
            assertEquals(Duration.ZERO, ask(a, "10.0.0.3"));
            assertTrue(slow.packets() > 0);
        }
        assertEquals(Duration.ZERO, ask(a, "10.0.0.2"));
    }

    @Test
    void aPauseStopsProgramsAndNotTheStack() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        var ticks = new ArrayList<Long>();
        b.run(() -> {
            while (true) {
                b.sleep(Duration.ofMillis(100));
                ticks.add(net.now().toMillis());
            }
        });
        b.run(() -> {
            try (TcpListener l = b.stack().tcp().listen(7)) {
                while (true) {
                    try (TcpSocket s = l.accept()) {
                        s.inputStream().transferTo(s.outputStream());
                    }
                }
            }
        });
        net.runFor(Duration.ofMillis(1050));
        assertEquals(10, ticks.size());
        try (Fault pause = b.pause()) {
            // The stack, like a kernel's, takes the connection.
            try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 7), SECOND)) {
                s.write(ByteBuffer.wrap(new byte[3]));
                s.setReadTimeout(SECOND.multipliedBy(5));
                assertThrows(SocketTimeoutException.class, () -> s.read(ByteBuffer.allocate(3)));
                assertEquals(10, ticks.size());
                pause.close();
                assertEquals(3, s.read(ByteBuffer.allocate(3)));
            }
        }
        net.runFor(SECOND);
        assertTrue(ticks.size() > 15, ticks.toString());
        net.at(net.now().plus(SECOND)).pause("b", SECOND.multipliedBy(2));
        // Who pauses itself comes back.
        Program<Long> self = a.call(() -> {
            net.at(net.now().plus(SECOND)).run(() -> net.faults().stream().filter(f -> f.name().equals("pause a")).forEach(Fault::close));
            a.pause();
            return net.now().toMillis();
        });
        long begun = net.now().toMillis();
        assertEquals(begun + 1000, self.get());
    }

    @Test
    void aResetEndsAConnectionForBoth() throws Exception {
        for (String version : new String[] {"10.0.0.", "fd00::"}) {
            Host a = net.host("a", version + "1");
            Host b = net.host("b", version + "2");
            net.link("a", "b", LinkConditions.perfect().delay(Duration.ofMillis(5)));
            Program<String> server = b.call(() -> {
                try (TcpListener l = b.stack().tcp().listen(7); TcpSocket s = l.accept()) {
                    s.inputStream().transferTo(s.outputStream());
                    return "end";
                } catch (SocketException e) {
                    return e.getMessage();
                }
            });
            Program<String> client = a.call(() -> {
                try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress(version + "2", 7), SECOND)) {
                    while (true) {
                        s.write(ByteBuffer.wrap(new byte[100]));
                        s.read(ByteBuffer.allocate(100));
                        a.sleep(Duration.ofMillis(100));
                    }
                } catch (SocketException e) {
                    return e.getMessage();
                }
            });
            net.at(net.now().plus(SECOND)).reset("a", "b");
            assertEquals("Connection reset", server.get());
            assertTrue(client.get().matches("Connection reset|Broken pipe"), client.get());
            assertTrue(net.now().toSeconds() < 5);
            a.close();
            b.close();
            net.close();
            net = Internet.virtualTime(3);
        }
    }

    @Test
    void namesFailAndLie() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        net.host("b.example", "10.0.0.2");
        NameServer names = net.nameServer("10.0.0.53");
        names.ttl(Duration.ZERO);
        InetAddress b = InetAddress.getByName("10.0.0.2");
        assertEquals(List.of(b), a.call(() -> a.resolve("b.example")).get());
        try (Fault down = names.fail(NameServer.Failing.SERVER_FAILURE, Duration.ZERO)) {
            a.call(() -> assertThrows(UnknownHostException.class, () -> a.resolve("b.example"))).get();
        }
        try (Fault denied = names.fail(NameServer.Failing.NO_SUCH_NAME, Duration.ZERO)) {
            a.call(() -> assertThrows(UnknownHostException.class, () -> a.resolve("B.example"))).get();
        }
        try (Fault lies = names.fail(NameServer.Failing.WRONG_ADDRESS, Duration.ZERO)) {
            assertFalse(a.call(() -> a.resolve("b.Example")).get().contains(b));
        }
        Duration before = net.now();
        try (Fault slow = names.fail(NameServer.Failing.SLOW, Duration.ofMillis(700))) {
            assertEquals(List.of(b), a.call(() -> a.resolve("b.exAmple")).get());
        }
        assertTrue(net.now().minus(before).toMillis() >= 700);
        // It comes back as a name server.
        names.host().restart();
        assertEquals(List.of(b), a.call(() -> a.resolve("b.exaMple")).get());
    }

    @Test
    void aDiskKeepsWhatWasSynced() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Disk disk = a.disk();
        disk.write("kept", new byte[] {1});
        disk.write("deleted later", new byte[] {2});
        disk.sync();
        disk.write("kept", new byte[] {3});
        disk.write("lost", new byte[] {4});
        disk.delete("deleted later");
        assertEquals(List.of("kept", "lost"), disk.names());
        assertArrayEquals(new byte[] {3}, disk.read("kept").orElseThrow());
        a.crash();
        a.restart();
        assertEquals(List.of("deleted later", "kept"), disk.names());
        assertArrayEquals(new byte[] {1}, disk.read("kept").orElseThrow());
        disk.keepUnsynced(true);
        disk.write("kept", new byte[] {5});
        a.restart();
        assertArrayEquals(new byte[] {5}, disk.read("kept").orElseThrow());
        disk.wipe();
        assertEquals(Optional.empty(), disk.read("kept"));
    }

    /// Everything at once: each kind befalls, the timeline says so, and the script replays it to the letter.
    @Test
    void aSeedChoosesAndAScriptReplays() throws Exception {
        Chaos all = Chaos.within(Duration.ofSeconds(60)).lasting(SECOND, SECOND.multipliedBy(3)).cuts(2).cutsOneWay(2).isolations(2)
                .crashes(3).pauses(2).clockJumps(2, SECOND.multipliedBy(9)).clockDrifts(1, 1e-3).slowLinks(2, SECOND).resets(3)
                .nameFailures(2).slowNames(1, SECOND).wrongNames(1);
        Script script;
        List<String> first;
        try (Internet one = Internet.builder().virtualTime(21).record(true).goOnAfterFailures(true).open()) {
            first = run(one, all);
            script = one.script();
            assertEquals(23, one.timeline().size(), one.timeline().toString());
            assertEquals(List.of(), one.warnings());
            var kinds = new TreeSet<String>();
            one.timeline().forEach(t -> kinds.add(t.split(": ")[1].split(" ")[0]));
            assertEquals("[clock, crash, cut, cut-one-way, dns-lies, dns-nxdomain, dns-servfail, dns-slow, drift, pause, reset, slow]",
                    kinds.toString());
        }
        assertEquals(script, Script.parse(script.toString()));
        try (Internet two = Internet.builder().virtualTime(21).script(Script.parse(script.toString())).goOnAfterFailures(true).open()) {
            assertEquals(first, run(two, all));
        }
    }

    private static List<String> run(Internet net, Chaos chaos) throws Exception {
        var lines = new ArrayList<String>();
        net.log(lines::add);
        net.chaos(chaos);
        net.nameServer("10.0.0.53");
        for (int i = 1; i <= 4; i++) {
            Host h = net.host("h" + i, "10.0.0." + i);
            h.boot(me -> {
                lines.add(me.name() + " starts at " + me.clock().instant() + " with " + me.disk().names());
                me.disk().write("life" + net.now().toMillis(), new byte[1]);
                me.disk().sync();
                me.run(() -> serve(me));
                while (true) {
                    me.sleep(Duration.ofMillis(200 + me.random().nextInt(300)));
                    String other = "h" + (1 + me.random().nextInt(4));
                    try (TcpSocket s = me.stack().tcp().connect(new InetSocketAddress(me.resolve(other).getFirst(), 7), SECOND)) {
                        s.setReadTimeout(SECOND);
                        for (int k = 0; k < 5; k++) {
                            s.write(ByteBuffer.wrap(new byte[100]));
                            s.inputStream().readNBytes(100);
                            me.sleep(Duration.ofMillis(20));
                        }
                        lines.add(me.name() + " asked " + other + " at " + me.clock().instant());
                    } catch (IOException e) {
                        lines.add(me.name() + " failed to ask " + other + ": " + e.getMessage());
                    }
                }
            });
        }
        net.runFor(Duration.ofSeconds(70));
        return lines;
    }

    private static void serve(Host me) throws IOException {
        try (TcpListener l = me.stack().tcp().listen(7)) {
            while (true) {
                TcpSocket s = l.accept();
                me.run(() -> {
                    try (s) {
                        s.inputStream().transferTo(s.outputStream());
                    } catch (IOException e) {
                        // Whoever asked sees it.
                        return;
                    }
                });
            }
        }
    }
}
